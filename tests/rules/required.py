"""What must be shown, as somebody meets it: the refusals of every procedure.

First to empty hands, then, for acts that need different persons, to the same two persons doing everything.
`required.md` says what they must be, checked line by line against the regulations: a need that is lost or weakened in
a book changes what is refused, and differs from that page.
"""

from __future__ import annotations

from pathlib import Path

from samkeeper.rules.book import Procedure
from samkeeper.rules.facts import Facts
from samkeeper.rules.needs import PersonNeed
from samkeeper.rules.warrant import outstanding
from samkeeper.rules.words import Role, When

PAGE = Path(__file__).with_name("required.md")

# Every house switch on, every circumstance given: all that can be asked for is asked for.
SWITCHES = {"second_officer_issue": True, "second_officer_cancel": True, "two_witnesses": True}
EMPTY_HANDS = Facts(spare=True, circumstances=frozenset(When))
ALONE = Facts(spare=True, circumstances=frozenset(When), persons={role: ("甲", "乙") for role in Role})


def refusals(procedure: Procedure) -> list[str]:
    """Every refusal in the procedure's order: 「beijing 第八条（二） 请提交…」."""
    empty = [(unmet.need, unmet.message) for unmet in outstanding(procedure, EMPTY_HANDS)]
    alone = [
        (unmet.need, unmet.message) for unmet in outstanding(procedure, ALONE) if isinstance(unmet.need, PersonNeed)
    ]
    return [f"{need.clause} {message}" for need, message in [*empty, *alone]]


def page() -> dict[str, list[str]]:
    """The page: heading 「beijing loss」 → its lines."""
    found: dict[str, list[str]] = {}
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("## "):
            found[line.removeprefix("## ")] = []
        elif line.startswith("- "):
            found[list(found)[-1]].append(line.removeprefix("- "))
    return found
