"""Warrants: the leave that a clause gives for one move of one card.

`registry.moves.move()` takes a `Warrant` and nothing else, and only `warrant()` makes one: after every need of the
procedure up to that step is met. A move needs everything that the steps before it ask for, in the procedure's order:
the papers of 第八条（二） before the cancellation of 第八条（三）.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from enum import StrEnum

from samkeeper.errors import BadInput, Refused
from samkeeper.lifecycle import Part, Reason
from samkeeper.rules.articles import Step
from samkeeper.rules.clause import Clause
from samkeeper.rules.conditions import holds
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.needs import Need
from samkeeper.rules.procedures import Procedure
from samkeeper.rules.words import CardRole, Case

__all__ = ["Basis", "BasisKind", "Facts", "Paper", "Unmet", "Warrant", "missing", "outstanding", "warrant"]


class BasisKind(StrEnum):
    """What a move rests on: a case, an order of the authority, or a personalisation run."""

    CASE = "case"
    ORDER = "order"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Basis:
    """`number`: the case's, order's or run's number as the office files it."""

    kind: BasisKind
    number: str


class Unmet(Refused):
    """A need that is not met: the clause that asks for it, and a Chinese sentence that says what to bring or do."""

    def __init__(self, need: Need, sentence: str) -> None:
        super().__init__(sentence, code=need.code, clause=need.clause)
        self.need = need


_SEAL = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Warrant:
    """Leave for one move. `book`, `sha256`: the rulebook it was given under; `is_house`: a rule of ours gives it.

    `part`: who may make the move. Made by `warrant()` only; made by hand it raises `TypeError`.
    """

    clause: Clause
    book: str
    sha256: str
    case: Case
    step: str
    move: str
    card: CardRole
    part: Part
    reason: Reason | None
    basis: Basis
    is_house: bool
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a Warrant comes from samkeeper.rules.warrant.warrant() only")


def missing(step: Step, facts: Facts) -> tuple[Unmet, ...]:
    """What this step itself still lacks; nothing where it does not apply."""
    if not holds(step.when, facts):
        return ()
    return tuple(Unmet(need, sentence) for need in step.needs if (sentence := need.lacks(facts)))


def outstanding(procedure: Procedure, facts: Facts, until: Step | None = None) -> tuple[Unmet, ...]:
    """What all the steps lack, or those up to and with `until`: empty, the case can be closed or the move made."""
    steps = procedure.until(until) if until else procedure.steps
    return tuple(unmet for step in steps for unmet in missing(step, facts))


def warrant(procedure: Procedure, step: Step, facts: Facts, *, basis: Basis) -> Warrant:
    """The leave to make the move of `step`.

    Raises the first `Unmet` of the steps up to it, `Refused` where the step does not apply to these facts, `BadInput`
    where it makes no move.
    """
    if step.does is None or step.part is None:
        raise BadInput("这一步不改变卡的状态，无需办理", where=str(step.clause))
    if not holds(step.when, facts):
        raise Refused(f"这一步{step.condition}。", code="not-applicable", clause=str(step.clause))
    for unmet in outstanding(procedure, facts, until=step):
        raise unmet
    return Warrant(
        clause=step.clause,
        book=procedure.book,
        sha256=procedure.sha256,
        case=procedure.case,
        step=step.key,
        move=step.does,
        card=step.card,
        part=step.part,
        reason=step.reason,
        basis=basis,
        is_house=step.is_house,
        seal=_SEAL,
    )
