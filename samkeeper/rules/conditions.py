"""Whether a step's condition holds: each word of `When` is a question put to the facts.

Where the answer is not known yet the step applies: what the law may ask for is asked for, never guessed away. A sound
card is not exchanged, so nothing is paid for it; a faulty one is not refunded. Only a sound verdict, the spare and the
circumstances of the case itself (what changes, who applies) must be known to count.
"""

from __future__ import annotations

from collections.abc import Callable

from samkeeper.rules.facts import Facts
from samkeeper.rules.words import UnitKind, Verdict, When


def _unit(facts: Facts, *kinds: UnitKind) -> bool:
    return facts.unit_kind is None or facts.unit_kind in kinds


_HOLDS: dict[When, Callable[[Facts], bool]] = {
    When.SPARE: lambda facts: facts.spare,
    When.DESIGNATED_MEDICAL: lambda facts: _unit(facts, UnitKind.DESIGNATED_MEDICAL),
    When.MEDICAL_OR_PHARMACY: lambda facts: _unit(facts, UnitKind.DESIGNATED_MEDICAL, UnitKind.DESIGNATED_PHARMACY),
    When.BANK_OR_EXTENSION: lambda facts: _unit(facts, UnitKind.COOPERATING_BANK, UnitKind.EXTENSION_BODY),
    When.OUT_OF_WARRANTY: lambda facts: facts.out_of_warranty is not False and facts.verdict != Verdict.SOUND,
    When.PAST_VALIDITY: lambda facts: facts.past_validity is not False and facts.verdict != Verdict.SOUND,
    When.SELF_BOUGHT: lambda facts: facts.self_bought is not False and facts.verdict != Verdict.FAULTY,
    When.FAULTY: lambda facts: facts.verdict != Verdict.SOUND,
    When.SOUND: lambda facts: facts.verdict == Verdict.SOUND,
    When.PSYCHIATRIC_PURPOSE: lambda facts: facts.purpose in (None, "psychiatric"),
    When.UNLOCK_PURPOSE: lambda facts: facts.purpose in (None, "unlock"),
}


def holds(when: When | None, facts: Facts) -> bool:
    """Whether a step with this condition applies to what is known."""
    if when is None:
        return True
    return _HOLDS[when](facts) if when in _HOLDS else when in facts.circumstances
