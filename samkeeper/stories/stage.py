"""Where a story is played: a unit, its desk and its cards under one book, and a clock that only the story moves.

What is told is read from the case and the register after each act, never written by the story itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.timezone import localtime

from samkeeper.casework import actions
from samkeeper.casework.actions import Shown
from samkeeper.casework.models import Case
from samkeeper.casework.progress import Task, progress
from samkeeper.casework.rows import rows, wanted_papers
from samkeeper.errors import Refused
from samkeeper.parties.models import Account, Authority, Desk, Institution, Role, Tier
from samkeeper.registry.models import Card
from samkeeper.registry.placement import Placement
from samkeeper.rules.book import Book, library
from samkeeper.rules.needs import FormNeed
from samkeeper.rules.words import Case as CaseKind
from samkeeper.rules.words import UnitKind
from samkeeper.stock.opening import Inventory, register

BEGIN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

# A book that holds everywhere is played in a city that has none of its own.
ELSEWHERE = "210102"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One step as it was told (INTERFACES, story)."""

    step: str
    actor: str
    action: str | None
    state: str | None
    card: str | None
    at: str
    clause: str
    refused: str | None = None

    def as_json(self) -> dict[str, Any]:
        line = asdict(self)
        if self.refused is None:
            del line["refused"]
        return line


class Stage:
    """A unit with two windows and one spare card, its custodian, and the officer of its desk."""

    def __init__(self, book: str, tell: Callable[[Line], None]) -> None:
        self.book: Book = library()[book]
        self.tell = tell
        self.now = BEGIN
        self.told: set[str] = set()
        self.case: Case | None = None
        self._people()
        self.card, _, self.spare = self._cards()

    def wait(self, **span: float) -> None:
        """Let time pass: `wait(days=1)`."""
        self.now += timedelta(**span)

    def open(self, kind: CaseKind, **facts: Any) -> None:
        """The custodian reports; the unit's own moves follow at once."""
        self.case = actions.open_case(kind=kind, card=self.card, by=self.custodian, at=self.now, **facts)
        self._observe()

    def hand_over_papers(self) -> None:
        """The unit brings every paper that is still wanted, as the article wants it."""
        papers = [_as_wanted(need) for need in wanted_papers(progress(self._open_case()))]
        if papers:
            actions.take_papers(self._open_case(), papers, by=self.officer, at=self.now)
        self._observe()

    def call_incident(self) -> None:
        """The desk opens the cases that a step calls for (办法 第二十六条)."""
        for task in progress(self._open_case()).tasks:
            if task.step.opens and not task.met:
                actions.act(self._open_case(), task.step.key, by=self.officer, at=self.now)
        self._observe()

    def note_the_rest(self) -> None:
        """The desk notes every entry, check and notice that the steps still ask for."""
        for row in rows(progress(self._open_case()), self.officer):
            for offer, _ in row.offers:
                need, _, word = offer.partition(":")
                actions.show(self._open_case(), need, word, by=self.officer, at=self.now)
        self._observe()

    def make(self, move: str) -> None:
        """The desk makes the move; where the book or the lifecycle says no, that is told and the story goes on."""
        task = next(task for task in progress(self._open_case()).tasks if task.step.does == move)
        try:
            actions.act(self._open_case(), task.step.key, by=self.officer, at=self.now)
        except Refused as refusal:
            self.tell(self._line(task, refused=f"{refusal.clause}：{refusal.message}"))
        self._observe()

    def _open_case(self) -> Case:
        assert self.case is not None, "a story opens its case first"  # noqa: S101
        self.case.refresh_from_db()
        return self.case

    def _observe(self) -> None:
        """Tell every step that has been met since the last look."""
        for task in progress(self._open_case()).tasks:
            if task.applies and task.met and task.step.key not in self.told:
                self.told.add(task.step.key)
                self.tell(self._line(task))

    def _line(self, task: Task, refused: str | None = None) -> Line:
        event = task.done.event if task.done else None
        card = event.card if event else Card.objects.get(pk=self.card.pk)
        return Line(
            step=task.step.text,
            actor=task.step.actor,
            action=event.move if event else None,
            state=event.to_state if event else card.state,
            card=card.sam_no,
            at=localtime(event.at if event else self.now).isoformat(timespec="seconds"),
            clause=str(task.step.clause),
            refused=refused,
        )

    def _people(self) -> None:
        area = (self.book.place[0] if self.book.place else "").ljust(6, "0")
        area = ELSEWHERE if area == "000000" else area
        authority = Authority.objects.create(
            name=self.book.issuer, tier=Tier.CITY, system=self.book.card_kind, area_code=area
        )
        desk = Desk.objects.create(name="示例服务网点", authority=authority, area_code=area)
        self.unit = Institution.objects.create(
            unit_no="00000001",
            name="示例医院",
            kind=UnitKind.DESIGNATED_MEDICAL,
            area_code=area,
            desk=desk,
            windows=2,
        )
        self.custodian = Account.objects.create(
            username="custodian", name="示例保管人", role=Role.CUSTODIAN, institution=self.unit
        )
        self.officer = Account.objects.create(username="officer", name="示例经办人", role=Role.OFFICER, desk=desk)

    def _cards(self) -> list[Card]:
        """Two cards in service and a spare, as an opening list brings them."""
        inventory = Inventory("示例期初清单", self.now - timedelta(days=30))
        cards = []
        for number, place in enumerate(("1号窗口", "2号窗口", ""), start=1):
            card = Card(sam_no=f"{number:012d}", kind=self.book.card_kind)
            to = Placement(institution=self.unit, place=place)
            register(card, "in_service" if place else "issued", to, self.unit, inventory)
            cards.append(card)
        return cards


def _as_wanted(need: FormNeed) -> Shown:
    """The paper exactly as the article asks for it."""
    return Shown(form=need.form, copies=need.copies, signed=need.signed, sealed=need.sealed, complete=need.complete)
