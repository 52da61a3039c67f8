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
from samkeeper.casework.actions import Request, Shown
from samkeeper.casework.models import Case, CaseStep
from samkeeper.casework.progress import SHOWN, SIGNERS, Progress, Task, progress
from samkeeper.casework.rows import wanted_papers
from samkeeper.errors import Refused
from samkeeper.lifecycle import Part
from samkeeper.parties.models import Account, Authority, Desk, Institution, Role, Tier
from samkeeper.parties.rights import AUTHORITY_ROLES, DESK_ROLES
from samkeeper.registry.models import Card
from samkeeper.registry.placement import Placement
from samkeeper.registry.queries import stock_for
from samkeeper.rules.book import Book, library
from samkeeper.rules.needs import FormNeed, Need, PersonNeed
from samkeeper.rules.words import CardRole, UnitKind
from samkeeper.rules.words import Case as CaseKind
from samkeeper.stock.opening import Inventory, Owner, register

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
    """A unit with two windows and a spare card, its desk and its authority with a card in stock, and their people."""

    def __init__(self, book: str, tell: Callable[[Line], None]) -> None:
        self.book: Book = library()[book]
        self.tell = tell
        self.now = BEGIN
        self.verdict = "faulty"
        self.told: set[tuple[int, str, int | None]] = set()
        self.case: Case | None = None
        self._people()
        self.card, self.other, self.spare = self._cards()

    def wait(self, **span: float) -> None:
        """Let time pass: `wait(days=1)`."""
        self.now += timedelta(**span)

    def open(self, kind: CaseKind, *cards: Card, by: Account | None = None, **facts: Any) -> None:
        """Someone (the custodian) opens a case; the unit's own moves follow at once."""
        by = by or self.people[Role.CUSTODIAN]
        unit = None if by.role in AUTHORITY_ROLES else self.unit
        self.case = actions.open_case(Request(kind=kind, cards=cards, **facts), by=by, at=self.now, unit=unit)
        self._observe()

    def hand_over_papers(self) -> None:
        """The unit brings every paper that is still wanted, as the article wants it."""
        papers = [_as_wanted(need) for need in wanted_papers(self._progress())]
        if papers:
            actions.take_papers(self._open_case(), papers, by=self._desk(), at=self.now)
        self._observe()

    def make(self, move: str) -> None:
        """The desk makes the move; where the book or the lifecycle says no, that is told and the story goes on."""
        task = next(task for task in self._progress().tasks if task.step.does == move)
        try:
            actions.act(self._open_case(), task.step.key, by=self._player(task), at=self.now)
        except Refused as refusal:
            self.tell(self._line(task, refused=f"{refusal.clause}：{refusal.message}"))
        self._observe()

    def work(self) -> None:
        """Everyone does what is theirs, step by step in the procedure's order, until nothing is left to do."""
        while task := self._next():
            before = actions.version(self._open_case())
            self.wait(minutes=10)
            for unmet in task.blocked:
                self._satisfy(unmet.need)
            if task.step.does and task.step.card is CardRole.NEW and not task.cards:
                self._pick_new_card()
            if self._again(task).ready:
                actions.act(self._open_case(), task.step.key, by=self._player(task), at=self.now)
            self._observe()
            if actions.version(self._open_case()) == before:
                raise Refused(f"“{task.step.text}”无法继续办理。", code="stuck", clause=str(task.step.clause))

    def call_incident(self) -> None:
        """The desk opens the cases that a step calls for (办法 第二十六条)."""
        for task in self._progress().tasks:
            if task.step.opens and not task.met:
                actions.act(self._open_case(), task.step.key, by=self._player(task), at=self.now)
        self._observe()

    def _next(self) -> Task | None:
        return self._progress().next_task if self._open_case().is_open else None

    def _again(self, task: Task) -> Task:
        return self._progress().task(task.step.key)

    def _satisfy(self, need: Need) -> None:
        """Show what a need asks for: the paper, a person's confirmation, or the word of the desk."""
        case = self._open_case()
        if isinstance(need, FormNeed):
            actions.take_papers(case, [_as_wanted(need)], by=self._desk(), at=self.now)
        elif isinstance(need, PersonNeed):
            able = [account for account in (*self.people.values(), self.second) if account.role in SIGNERS[need.person]]
            for signer in able[: need.count]:
                actions.sign(case, need.person, by=signer, at=self.now)
        elif need.key in SHOWN:
            for word in self._words(need):
                actions.show(case, need.key, word, by=self._desk(), at=self.now)

    def _words(self, need: Need) -> list[str]:
        named = getattr(need, need.key)
        if need.key == "verdict":
            return [self.verdict]
        return ["true"] if named is True else [str(word) for word in (named if isinstance(named, tuple) else (named,))]

    def _pick_new_card(self) -> None:
        card = stock_for(self.unit, self.book.card_kind).latest("pk")
        actions.choose_new_card(self._open_case(), card, by=self._desk(), at=self.now)

    def _player(self, task: Task) -> Account:
        role = {Part.INSTITUTION: Role.CUSTODIAN, Part.ISSUER: Role.ISSUER}.get(task.step.part or Part.DESK)
        return self.people[role] if role else self._desk()

    def _desk(self) -> Account:
        """Who notes things in this case: the officer, or the issuer where the case is the authority's own."""
        return self.people[Role.OFFICER if self._open_case().institution else Role.ISSUER]

    def _progress(self) -> Progress:
        return progress(self._open_case())

    def _open_case(self) -> Case:
        assert self.case is not None, "a story opens its case first"  # noqa: S101
        self.case.refresh_from_db()
        return self.case

    def _observe(self) -> None:
        """Tell every step that has been met since the last look, once for each card that it moved."""
        case = self._open_case()
        for task in progress(case).tasks:
            if not (task.applies and task.met):
                continue
            for done in task.done or (None,):
                mark = (case.pk, task.step.key, done.card_id if done else None)
                if mark not in self.told:
                    self.told.add(mark)
                    self.tell(self._line(task, done))

    def _line(self, task: Task, done: CaseStep | None = None, refused: str | None = None) -> Line:
        event = done.event if done else None
        card = event.card if event else self._open_case().card()
        return Line(
            step=task.step.text,
            actor=task.step.actor,
            action=event.move if event else None,
            state=event.to_state if event else card.state or None if card else None,
            card=card.sam_no if card else None,
            at=localtime(event.at if event else self.now).isoformat(timespec="seconds"),
            clause=str(task.step.clause),
            refused=refused,
        )

    def _people(self) -> None:
        area = (self.book.place[0] if self.book.place else "").ljust(6, "0")
        area = ELSEWHERE if area == "000000" else area
        self.authority = Authority.objects.create(
            name=self.book.issuer, tier=Tier.CITY, system=self.book.card_kind, area_code=area
        )
        desk = Desk.objects.create(name="示例服务网点", authority=self.authority, area_code=area)
        self.unit = Institution.objects.create(
            unit_no="00000001", name="示例医院", kind=UnitKind.DESIGNATED_MEDICAL, area_code=area, desk=desk, windows=2
        )
        bodies: dict[str, dict[str, Any]] = {Role.CUSTODIAN: {"institution": self.unit}}
        bodies |= {role: {"desk": desk} for role in DESK_ROLES}
        bodies |= {role: {"authority": self.authority} for role in AUTHORITY_ROLES}
        self.people = {
            role: Account.objects.create(username=role, name=f"示例{Role(role).label}", role=role, **body)
            for role, body in bodies.items()
        }
        self.second = Account.objects.create(
            username="second", name="示例另一审计员", role=Role.AUDITOR, authority=self.authority
        )
        self.custodian, self.officer = self.people[Role.CUSTODIAN], self.people[Role.OFFICER]

    def _cards(self) -> list[Card]:
        """Two cards in service and a spare, as an opening list brings them, and one in stock."""
        inventory = Inventory("示例期初清单", self.now - timedelta(days=30))
        cards = []
        for number, state in enumerate(("in_service", "in_service", "issued", "in_stock"), start=1):
            card = Card(sam_no=f"{number:012d}", kind=self.book.card_kind)
            place = f"{number}号窗口" if state == "in_service" else ""
            to = Placement(institution=self.unit, place=place)
            register(card, state, to, Owner(self.authority, self.unit), inventory)
            cards.append(card)
        return cards[:3]


def _as_wanted(need: FormNeed) -> Shown:
    """The paper exactly as the article asks for it."""
    return Shown(
        form=need.form,
        copies=need.copies,
        signed=need.signed,
        sealed=need.sealed,
        official_seal=need.official_seal,
        complete=need.complete,
    )
