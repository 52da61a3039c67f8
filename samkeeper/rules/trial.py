"""Trying a new or changed book: what would go differently for a case, and why.

The office runs `differences` over its open and past cases with the facts of each; `samkeeper rules differ` runs it over
every procedure with empty hands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from samkeeper.lifecycle import MOVES
from samkeeper.rules.facts import Facts
from samkeeper.rules.procedures import NoProcedure, Procedure
from samkeeper.rules.rulebook import Book
from samkeeper.rules.warrant import Unmet, outstanding
from samkeeper.rules.words import CardRole, Case

NO_STEP = "没有这一步"
MADE = "可以办理"
FINISHED = "可以办结"


@dataclass(frozen=True, slots=True)
class Difference:
    """One answer that changes. `what`: the move and card, or the end of the case; the answers name their clauses."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}：原{self.before}；新{self.after}"


def differences(
    old: Book, new: Book, case: Case, facts: Facts, settings: Mapping[str, bool | int] | None = None
) -> tuple[Difference, ...]:
    """What the two books answer differently to the same facts; empty where the case would go the same way."""
    answers = [dict(_answers(_procedure(book, case, settings), facts)) for book in (old, new)]
    asked = list(dict.fromkeys([*answers[0], *answers[1]]))
    found = ((what, *(each.get(what, NO_STEP) for each in answers)) for what in asked)
    return tuple(Difference(what, before, after) for what, before, after in found if before != after)


def _procedure(book: Book, case: Case, settings: Mapping[str, bool | int] | None) -> Procedure | None:
    try:
        return book.procedure(case, settings)
    except NoProcedure:
        return None


def _answers(procedure: Procedure | None, facts: Facts) -> Iterator[tuple[str, str]]:
    """(what is asked for, the answer) for every move that applies, and for the end of the case."""
    if procedure is None:
        return
    for step in procedure.applying(facts):
        if step.does:
            card = "" if step.card is CardRole.SUBJECT else f"（{step.card.label}）"
            yield MOVES[step.does].label + card, _answer(outstanding(procedure, facts, until=step), MADE)
    yield "办结", _answer(outstanding(procedure, facts), FINISHED)


def _answer(unmet: tuple[Unmet, ...], met: str) -> str:
    return "".join(f"〔{each.clause}〕{each.message}" for each in unmet) or met
