"""The list of cards as it was asked for: what to search, which chips are on, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.http import QueryDict

from samkeeper.lifecycle import STATES
from samkeeper.parties.areas import area_name
from samkeeper.registry.models import Card

# What the list can show beside the number; the usual ones until a person chooses others.
COLUMNS = {
    "state": "状态",
    "unit": "使用单位",
    "place": "位置",
    "serial": "卡面序列号",
    "device": "终端设备号",
    "kind": "卡种",
    "purpose": "用途",
    "warranty": "质保期至",
    "valid": "使用有效期至",
    "at": "最近变动",
}
USUAL_COLUMNS = ("state", "unit", "place", "at")

SORTS = {
    "no": "sam_no",
    "unit": "institution__name",
    "place": "place",
    "warranty": "warranty_until",
    "valid": "valid_until",
    "at": "last_event__at",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters of one list, each "" where it is off. `sort`: a key of SORTS, with "-" for downwards."""

    text: str = ""
    state: str = ""
    unit: str = ""
    area: str = ""
    sort: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """What the address asks for; unknown states and orders are passed over."""
        state, sort = query.get("state", ""), query.get("sort", "")
        return cls(
            text=" ".join(query.get("q", "").split()),
            state=state if state in STATES else "",
            unit=query.get("unit", ""),
            area=query.get("area", ""),
            sort=sort if sort.removeprefix("-") in SORTS else "",
        )

    @property
    def on(self) -> bool:
        """Whether any filter is on: an empty list then means that nothing fits, not that nothing is there."""
        return any((self.text, self.state, self.unit, self.area))

    def words(self) -> dict[str, str]:
        """The filters that are on, as a person would say them."""
        state = STATES[self.state].label if self.state else ""
        area = area_name(self.area) if self.area else ""
        said = {"查找": self.text, "状态": state, "单位编码": self.unit, "地区": area}
        return {label: word for label, word in said.items() if word} or {"条件": "全部"}

    def narrow(self, cards: QuerySet[Card]) -> QuerySet[Card]:
        """The cards that fit all filters but the state, whose chips show how many each would leave."""
        if self.text:
            cards = cards.filter(matching(self.text))
        if self.unit:
            cards = cards.filter(institution__unit_no=self.unit)
        if self.area:
            cards = cards.filter(institution__area_code=self.area)
        return cards

    def listed(self, cards: QuerySet[Card]) -> QuerySet[Card]:
        """The cards of the list, in its order; the number decides between equals, so that pages never overlap."""
        cards = self.narrow(cards)
        if self.state:
            cards = cards.filter(state=self.state)
        down = "-" if self.sort.startswith("-") else ""
        return cards.order_by(down + SORTS[self.sort.removeprefix("-") or "no"], "sam_no")


def matching(text: str) -> Q:
    """Cards whose number or serial contains `text`, or whose unit, place or terminal does."""
    number = "".join(text.split()).upper()
    return (
        Q(sam_no__contains=number)
        | Q(serial_no__contains=number)
        | Q(institution__name__contains=text)
        | Q(institution__unit_no=text)
        | Q(place__contains=text)
        | Q(device_no=text)
    )
