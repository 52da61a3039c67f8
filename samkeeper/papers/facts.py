"""What a paper says, as plain values; casework makes them from a case, and `forms.render` sets them.

Whatever is empty prints empty: a form is printed at filing with the authority's fields blank, and again when filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from samkeeper.lifecycle import Reason
from samkeeper.rules.words import UnitKind


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitHead:
    """The head of every form. `area`: 所属区县; `department`: 管理部门; `code`: 单位医保编码 or 单位编码."""

    name: str = ""
    area: str = ""
    department: str = ""
    custodian: str = ""
    phone: str = ""
    address: str = ""
    code: str = ""
    kind: UnitKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many cards for a purpose of the book (`Purpose.name`); "" where the book sorts by none."""

    purpose: str = ""
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CardLine:
    """A row of a form. `reason` and `handed_in` belong to cancellations; None: not said (yet)."""

    number: str = ""
    permission: str = ""
    place: str = ""
    reason: Reason | None = None
    handed_in: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """表1 of Beijing and of the health rules, 附件2 of Jieyang. `number`: the 编号, given on acceptance."""

    unit: UnitHead
    wanted: tuple[Wanted, ...] = ()
    cards: tuple[CardLine, ...] = ()
    number: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """表2 of Beijing and of the health rules, 附件3 of Jieyang. `cancelled_at`: the desk's act, zone-aware."""

    unit: UnitHead
    cards: tuple[CardLine, ...] = ()
    number: str = ""
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Undertaking:
    """附件1 of Jieyang: seal and date are put on paper, and nothing else is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalRules:
    """The model of a unit's internal rules, with the unit's name and the day they are issued."""

    unit: str = ""
    issued_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWish:
    """What one unit of a province asks for in its own 表1."""

    unit: str
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A province's application upward (居民健康卡办法 第十三条第一款): its units' 表1 a row each, added up.

    `carrier`: the person who is sent to fetch the cards.
    """

    applicant: str
    units: tuple[UnitWish, ...]
    carrier: str = ""
    carrier_phone: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A paper that a regulation asks for in free form: a statement of loss, a report, a request. `body`: a line a
    paragraph."""

    addressee: str
    body: str
    signer: str
    signed_on: date | None = None


Facts: TypeAlias = Application | Cancellation | Undertaking | InternalRules | Purchase | Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What stands outside the official form. `verify`: the address that the code leads to, "" for none.

    `print_no` from 2 on marks a paper printed again (重打). `reference`: what the desk files it under.
    """

    verify: str = ""
    printed_at: datetime | None = None
    print_no: int = 1
    reference: str = ""
