"""Whether every procedure of a book can be walked from start to end by the lifecycle.

A case starts with its card in one of a few states. Every way through its conditions (spare or none, sound or faulty)
is walked with every start; a move that the table of moves does not have, or that another part must make, is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from samkeeper.errors import BadInput, Refused
from samkeeper.lifecycle import MOVES, UNBORN, parts, target
from samkeeper.rules.articles import Step
from samkeeper.rules.procedures import NoProcedure, Procedure
from samkeeper.rules.rulebook import Book
from samkeeper.rules.words import CardRole, Case, When

IN_USE = ("issued", "in_service")

# In which states a case may find its card; where nothing is said, it is in use.
STARTS: dict[Case, tuple[str, ...]] = {
    Case.PRODUCTION: (UNBORN,),
    Case.LIFE: (UNBORN,),
    Case.OPENING: (UNBORN,),
    Case.SPOILAGE: ("blank", "initialized", "personalized"),
    Case.FOUND: ("suspended",),
    Case.CHANGE: ("in_service",),
    Case.REMOVAL: ("in_service",),
    Case.DESTRUCTION: ("returned",),
    Case.UNIT_DESTRUCTION: ("returned",),
}

# Conditions of which only one can hold.
EXCLUSIVE = (
    frozenset({When.FAULTY, When.SOUND}),
    frozenset({When.PSYCHIATRIC_PURPOSE, When.UNLOCK_PURPOSE}),
    frozenset({When.PROVINCE_APPLIES, When.CITY_APPLIES}),
)


def check(book: Book) -> tuple[Procedure, ...]:
    """Every procedure that the book has, walked. Raises `BadInput` naming the first step that cannot be made."""
    found = tuple(procedures(book))
    for procedure in found:
        walk(procedure)
    return found


def procedures(book: Book) -> Iterator[Procedure]:
    """Every procedure that the book has, in the order of the list of cases."""
    for case in Case:
        try:
            yield book.procedure(case)
        except NoProcedure:
            continue


def walk(procedure: Procedure) -> None:
    """Raises `BadInput` naming the step that the lifecycle has no way for."""
    for holding in _ways(procedure):
        steps = [step for step in procedure.steps if step.does and (step.when is None or step.when in holding)]
        for role in CardRole:
            for start in _starts(procedure.case, role):
                _walk([step for step in steps if step.card is role], start)


def _ways(procedure: Procedure) -> Iterator[frozenset[When]]:
    """Every combination of the procedure's conditions that can hold together."""
    conditions = sorted({step.when for step in procedure.steps if step.when and step.does})
    for holds in product((False, True), repeat=len(conditions)):
        way = frozenset(condition for condition, held in zip(conditions, holds, strict=True) if held)
        if all(len(way & rivals) <= 1 for rivals in EXCLUSIVE):
            yield way


def _starts(case: Case, role: CardRole) -> tuple[str, ...]:
    if role is CardRole.SPARE:
        return ("issued",)
    if role is CardRole.NEW:
        return (UNBORN,) if case is Case.PURCHASE else ("in_stock",)
    return STARTS.get(case, IN_USE)


def _walk(steps: list[Step], state: str) -> None:
    for step in steps:
        move = step.does or ""
        try:
            after = target(state, move)
        except Refused as refused:
            raise BadInput(refused.message, where=str(step.clause), remedy="请核对步骤的次序和 does") from None
        if step.part not in parts(state, MOVES[move]):
            raise BadInput(
                f"“{MOVES[move].label}”此时不由{step.actor}办理",
                where=str(step.clause),
                remedy="请核对 who 或 received_by",
            )
        state = after
