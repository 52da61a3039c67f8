"""The forms as their regulations print them: which layout, how many rows, which boxes, which list goes with them.

`LAYOUTS` is keyed by book, so that a city with a printed form of its own adds a row and a file under `layout/`. A book
that names a form and prints none (`OfficialForm.printed`) gets the house's, made of the fields its words support, and
says so in the margin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from samkeeper.lifecycle import Reason
from samkeeper.papers.facts import Application, Cancellation, InternalRules, Letter, Purchase, Undertaking
from samkeeper.rules.evidence import Form


@dataclass(frozen=True, slots=True)
class Box:
    """A reason that the form offers, as printed behind 「□」, and the reasons of the register that it says."""

    label: str
    reasons: frozenset[Reason]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the annex list: heading, what of a row it shows, share of the width."""

    head: str
    shows: str
    width: int


@dataclass(frozen=True, slots=True)
class Blank:
    """One printed form, filled from `takes`: `rows` blank lines for cards, the rest on a list called `annex`."""

    file: str
    takes: type
    rows: int = 0
    boxes: tuple[Box, ...] = ()
    annex: str = ""
    columns: tuple[Column, ...] = ()
    notes: tuple[str, ...] = ()


INFERRED = "{no}式样未随文公布，本式样系推定"
GAPS = "所存文本残缺，个别栏目系推定"
FREE = "格式未作规定，本式样为本系统所拟"

_LOST = frozenset({Reason.LOST})
_DAMAGED = frozenset({Reason.DAMAGED, Reason.FORCE_MAJEURE})
_OUTLET = frozenset({Reason.OUTLET_CLOSED})

_NUMBER = Column("PSAM卡编号（权限）", "number_and_permission", 4)
_PLACE = Column("安装应用位置", "place", 4)
_REASON = Column("注销理由", "reason", 2)
_SAM_NUMBER = Column("SAM 卡编号", "number", 3)
_PERMISSION = Column("SAM 卡权限", "permission", 3)

LAYOUTS: Mapping[tuple[str, Form], Blank] = {
    ("beijing", Form.APPLICATION): Blank(
        "beijing-application", Application, rows=7, annex="PSAM卡应用统计清单", columns=(_NUMBER, _PLACE)
    ),
    ("beijing", Form.CANCELLATION): Blank(
        "beijing-cancellation",
        Cancellation,
        rows=4,
        boxes=(Box("丢失", _LOST), Box("损坏", _DAMAGED), Box(" 业务网点取消", _OUTLET)),
        annex="PSAM卡应用统计清单",
        columns=(_NUMBER, _PLACE, _REASON),
    ),
    ("health", Form.APPLICATION): Blank(
        "health-application",
        Application,
        rows=3,
        annex="安全存取模块(SAM)卡安装应用位置清单",
        columns=(_SAM_NUMBER, _PLACE, _PERMISSION),
        notes=(GAPS,),
    ),
    ("health", Form.CANCELLATION): Blank(
        "health-cancellation",
        Cancellation,
        rows=3,
        boxes=(Box("丢失", _LOST), Box("损坏", _DAMAGED), Box("业务网点取消", _OUTLET)),
        annex="安全存取模块(SAM)卡应用统计清单",
        columns=(Column("安全存取模块(SAM)卡编号", "number", 4), Column("SAM卡权限", "permission", 3), _PLACE, _REASON),
        notes=(GAPS,),
    ),
}

HOUSE: Mapping[Form, Blank] = {
    Form.APPLICATION: Blank(
        "house-application",
        Application,
        rows=7,
        annex="{card}应用统计清单",
        columns=(Column("{card}卡号", "number", 4), Column("使用地点、终端", "place", 6)),
        notes=(INFERRED,),
    ),
    Form.CANCELLATION: Blank(
        "house-cancellation",
        Cancellation,
        rows=4,
        boxes=(
            Box("丢失（附情况说明）", _LOST),
            Box("业务调整无需再使用", frozenset({Reason.BUSINESS_CHANGE})),
            Box("不可抗拒原因损坏", frozenset({Reason.FORCE_MAJEURE})),
        ),
        annex="{card}应用统计清单",
        columns=(
            Column("{card}卡号", "number", 4),
            Column("使用地点", "place", 4),
            _REASON,
            Column("卡是否交回", "handed_in", 2),
        ),
        notes=(INFERRED,),
    ),
    Form.UNDERTAKING: Blank("undertaking", Undertaking),
    Form.PURCHASE_APPLICATION: Blank("purchase", Purchase, notes=(INFERRED,)),
    **{
        form: Blank("letter", Letter, notes=(FREE,))
        for form in (
            Form.LOSS_STATEMENT,
            Form.CHANGE_REQUEST,
            Form.CHANGE_REPORT,
            Form.CLOSURE_REQUEST,
            Form.CANCELLATION_REQUEST,
            Form.REISSUE_REQUEST,
        )
    },
    Form.INTERNAL_RULES: Blank("internal-rules", InternalRules),
}
