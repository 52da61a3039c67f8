"""What a card can do: the one table of states and moves, the same under every regulation.

A PSAM/SAM card lives through four phases (居民健康卡SAM卡生命周期管理办法 第三条): it is made, prepared,
used and ended. Within them it is always in exactly one state, and only a move of the table below takes
it to another. What must be *shown* before a move (papers, a verdict, an agreement) differs from place to
place and is no concern of this file: the rulebooks say it. A book may forbid a move or ask for more before
it; it never adds one.

The middle of the table is everyday work. A desk issues a card from stock; the institution installs it
(`bind`), moves it (`rebind`), takes it out again (`unbind`). A report of loss suspends it at once, and a card
found again is resumed. A card that fails is handed in for the bench to judge: sound, it goes back to its unit
(`pass_test`); faulty, it is cancelled. Only where the book lets it does a card return to stock (`take_back`).

The end is one-way. The law cancels a card by the desk's act, and by nothing before it: a suspended card stands
on the blacklist, but its transactions are suspicious, not void; those of a cancelled card are void from the
second of the act. From `cancelled` the only ways on are `recover` (收回) and `destroy` (销毁), so a cancelled
card never works again. A spoiled blank is scrapped and waits, as `returned`, to be destroyed with the others.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from samkeeper.errors import Refused


class Phase(StrEnum):
    """The four phases of 居民健康卡SAM卡生命周期管理办法 第三条."""

    PRODUCTION = "生产"
    PREPARATION = "应用准备"
    USE = "使用"
    END = "终止使用"


@dataclass(frozen=True, slots=True)
class State:
    """`void`: a transaction made now is judged `cancelled`. `blacklisted`: the number goes to the terminals."""

    code: str
    label: str
    phase: Phase
    void: bool = False
    blacklisted: bool = False


class Part(StrEnum):
    """The parts in the play; which body plays them is the book's word."""

    ISSUER = "issuer"
    DESK = "desk"
    INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table. `sources` empty: the card enters the register. `by`: the parts that may make it."""

    code: str
    label: str
    sources: frozenset[str]
    target: str
    by: frozenset[Part]


class Reason(StrEnum):
    """Why a move was made: it belongs to the event, not to the state."""

    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    FORCE_MAJEURE = "force_majeure"
    OUTLET_CLOSED = "outlet_closed"
    BUSINESS_CHANGE = "business_change"
    INSTITUTION_ABOLISHED = "institution_abolished"
    UNIT_REQUEST = "unit_request"
    DISQUALIFIED = "disqualified"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    MISUSED = "misused"
    KEY_COMPROMISE = "key_compromise"

    @property
    def label(self) -> str:
        return REASON_LABELS[self]


REASON_LABELS = {
    Reason.LOST: "丢失",
    Reason.STOLEN: "被盗",
    Reason.DAMAGED: "损坏",
    Reason.FORCE_MAJEURE: "不可抗拒原因损坏",
    Reason.OUTLET_CLOSED: "业务网点取消",
    Reason.BUSINESS_CHANGE: "业务调整",
    Reason.INSTITUTION_ABOLISHED: "使用机构取消",
    Reason.UNIT_REQUEST: "单位主动申请",
    Reason.DISQUALIFIED: "取消资格",
    Reason.EXPIRED: "超过使用有效期限",
    Reason.SUPERSEDED: "换发新卡",
    Reason.MISUSED: "违规使用",
    Reason.KEY_COMPROMISE: "密钥泄露",
}

STATES = {
    state.code: state
    for state in (
        State("blank", "白卡", Phase.PRODUCTION),
        State("initialized", "已初始化", Phase.PREPARATION),
        State("personalized", "已个人化", Phase.PREPARATION),
        State("in_stock", "在库", Phase.USE),
        State("issued", "已发放（未装）", Phase.USE),
        State("in_service", "在用", Phase.USE),
        State("suspended", "挂失/停用", Phase.USE, blacklisted=True),
        State("handed_in", "已交回待办", Phase.USE),
        State("cancelled", "已注销", Phase.END, void=True, blacklisted=True),
        State("returned", "已收回", Phase.END, void=True, blacklisted=True),
        State("destroyed", "已销毁", Phase.END, void=True, blacklisted=True),
    )
}


def _move(code: str, label: str, sources: str, target: str, by: str) -> Move:
    return Move(code, label, frozenset(sources.split()), target, frozenset(map(Part, by.split())))


MOVES = {
    move.code: move
    for move in (
        _move("receive", "白卡入库", "", "blank", "issuer"),
        _move("admit", "成品卡入库", "", "in_stock", "issuer"),
        _move("initialize", "初始化", "blank", "initialized", "issuer"),
        _move("personalize", "个人化", "initialized", "personalized", "issuer"),
        _move("shelve", "入库", "personalized", "in_stock", "issuer"),
        _move("issue", "发放", "in_stock", "issued", "desk"),
        _move("bind", "装机/启用", "issued", "in_service", "institution"),
        _move("rebind", "变更使用位置", "in_service", "in_service", "institution"),
        _move("unbind", "拆机", "in_service", "issued", "institution"),
        _move("suspend", "挂失/停用", "issued in_service", "suspended", "institution desk"),
        _move("resume", "解挂/恢复", "suspended", "issued", "desk"),
        _move("hand_in", "交回（送检）", "issued in_service suspended", "handed_in", "desk"),
        _move("pass_test", "检测无故障发还", "handed_in", "issued", "desk"),
        _move("take_back", "回库", "issued handed_in", "in_stock", "desk"),
        _move(
            "cancel",
            "注销",
            "initialized personalized in_stock issued in_service suspended handed_in",
            "cancelled",
            "desk issuer",
        ),
        _move("scrap", "制卡报废", "blank initialized personalized", "returned", "issuer"),
        _move("recover", "收回", "cancelled", "returned", "desk"),
        _move("destroy", "销毁", "returned", "destroyed", "issuer"),
    )
}

# A card that no terminal can hold yet is cancelled by the issuer; once issued, by the desk.
BEFORE_ISSUE = frozenset({"initialized", "personalized", "in_stock"})

# No card yet: what `receive` and `admit` start from.
UNBORN = ""


def may(state: str, move: Move) -> bool:
    """Whether `move` leads on from `state` (`UNBORN` for a card that is not in the register yet)."""
    return state in move.sources or (state == UNBORN and not move.sources)


def allowed(state: str) -> tuple[Move, ...]:
    """Every move that leads on from `state`, in the table's order."""
    return tuple(move for move in MOVES.values() if may(state, move))


def parts(state: str, move: Move) -> frozenset[Part]:
    """Who may make `move` from `state`."""
    if move.code == "cancel":
        return frozenset({Part.ISSUER if state in BEFORE_ISSUE else Part.DESK})
    return move.by


def target(state: str, code: str) -> str:
    """The state that the move `code` leads to from `state`.

    Raises `Refused` (code `illegal-move`) where the table has no such way, and says which ways there are.
    """
    move = MOVES[code]
    if may(state, move):
        return move.target
    ways = "、".join(other.label for other in allowed(state)) or "无（终态）"
    now = f"处于“{STATES[state].label}”状态" if state else "尚未入库"
    raise Refused(f"该卡{now}，不能办理“{move.label}”；此时可以办理：{ways}。", code="illegal-move")
