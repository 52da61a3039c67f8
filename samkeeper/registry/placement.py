"""Where a move leaves a card: whose it is, in which terminal, at which place, with which permissions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from samkeeper.errors import BadInput
from samkeeper.lifecycle import MOVES
from samkeeper.parties.models import Institution
from samkeeper.registry.models import ALL_PERMISSIONS, Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Whose a card is, where it sits, what it may do (`permissions`: bit mask by kind of business, -1 = all)."""

    institution: Institution | None = None
    device_no: str = ""
    place: str = ""
    permissions: int = ALL_PERMISSIONS

    @classmethod
    def of(cls, card: Card) -> Placement:
        """As the card's row has it."""
        return cls(
            institution=card.institution, device_no=card.device_no, place=card.place, permissions=card.permissions
        )

    def columns(self) -> dict[str, object]:
        """As a period asserts it and a card repeats it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


# Moves after which the card is in no terminal, and those after which it is no unit's.
_OUT_OF_THE_TERMINAL = frozenset({"unbind", "resume", "hand_in", "pass_test", "take_back"})
_OUT_OF_THE_UNIT = frozenset({"take_back"})


def placed(held: Placement, code: str, to: Placement | None) -> Placement:
    """`held` after the move `code`; `to` is where `issue`, `bind` and `rebind` put the card.

    Raises `BadInput` where `to` lacks what the move needs.
    """
    if code == "issue":
        if to is None or to.institution is None:
            raise BadInput("没有写明发给哪个使用单位", where="发放", remedy="请选择使用单位")
        return to
    if code in ("bind", "rebind"):
        if to is None or not (to.place or to.device_no):
            raise BadInput("没有写明安装应用位置", where=MOVES[code].label, remedy="请填写位置或终端设备号")
        return replace(held, device_no=to.device_no, place=to.place)
    if code in _OUT_OF_THE_TERMINAL:
        held = replace(held, device_no="", place="")
    return replace(held, institution=None) if code in _OUT_OF_THE_UNIT else held
