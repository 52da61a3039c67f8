"""When a step applies: the closed list of conditions that the texts make, each a question put to the facts.

Where the answer is not known yet the step applies: what the law may ask for is asked for, never guessed away.
"""

from __future__ import annotations

from collections.abc import Callable

from samkeeper.rules.facts import Facts
from samkeeper.rules.words import UnitKind, Verdict, Word


class When(Word):
    """`label` completes 「仅…时适用」 on screen."""

    SPARE = "spare", "单位有备用卡"
    DESIGNATED_MEDICAL = "designated_medical", "单位是定点医疗机构"
    MEDICAL_OR_PHARMACY = "medical_or_pharmacy", "单位是定点医药机构"
    BANK_OR_EXTENSION = "bank_or_extension", "单位是合作银行或应用拓展机构"
    OUT_OF_WARRANTY = "out_of_warranty", "卡已过质保期"
    PAST_VALIDITY = "past_validity", "卡已超过使用有效期限"
    SELF_BOUGHT = "self_bought", "卡由单位自费购买"
    FAULTY = "faulty", "检测确认损坏"
    SOUND = "sound", "检测无故障"
    PLACE = "place", "变更使用位置"
    DATA = "data", "变更基本信息"
    PSYCHIATRIC_PURPOSE = "psychiatric_purpose", "申领可读写（含精神病诊断信息写入）权限的卡"
    UNLOCK_PURPOSE = "unlock_purpose", "申领只解锁权限的卡"


def _unit(facts: Facts, *kinds: UnitKind) -> bool:
    return facts.unit_kind is None or facts.unit_kind in kinds


_HOLDS: dict[When, Callable[[Facts], bool]] = {
    When.SPARE: lambda facts: facts.spare,
    When.DESIGNATED_MEDICAL: lambda facts: _unit(facts, UnitKind.DESIGNATED_MEDICAL),
    When.MEDICAL_OR_PHARMACY: lambda facts: _unit(facts, UnitKind.DESIGNATED_MEDICAL, UnitKind.DESIGNATED_PHARMACY),
    When.BANK_OR_EXTENSION: lambda facts: _unit(facts, UnitKind.COOPERATING_BANK, UnitKind.EXTENSION_BODY),
    When.OUT_OF_WARRANTY: lambda facts: facts.out_of_warranty is not False,
    When.PAST_VALIDITY: lambda facts: facts.past_validity is not False,
    When.SELF_BOUGHT: lambda facts: facts.self_bought is not False,
    When.FAULTY: lambda facts: facts.verdict is not Verdict.SOUND,
    When.SOUND: lambda facts: facts.verdict is Verdict.SOUND,
    When.PLACE: lambda facts: "place" in facts.changes,
    When.DATA: lambda facts: "data" in facts.changes,
    When.PSYCHIATRIC_PURPOSE: lambda facts: facts.purpose in (None, "psychiatric"),
    When.UNLOCK_PURPOSE: lambda facts: facts.purpose in (None, "unlock"),
}

# Conditions of which only one can hold: the procedures branch on them.
EXCLUSIVE = (frozenset({When.FAULTY, When.SOUND}),)


def holds(when: When | None, facts: Facts) -> bool:
    """Whether a step with this condition applies to what is known."""
    return when is None or _HOLDS[when](facts)
