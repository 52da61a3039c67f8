"""Where a case stands: its steps under its book, what is done, what is missing and who is next."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from samkeeper.casework.models import Case, CaseStep, Paper
from samkeeper.casework.texts import book_of
from samkeeper.lifecycle import Part
from samkeeper.parties.models import Account
from samkeeper.parties.models import Role as AccountRole
from samkeeper.registry.models import Card
from samkeeper.rules.articles import Step
from samkeeper.rules.book import Book
from samkeeper.rules.conditions import holds
from samkeeper.rules.evidence import Body, Certificate, Check, Form, Qualification, Record
from samkeeper.rules.facts import Facts
from samkeeper.rules.facts import Paper as PaperFact
from samkeeper.rules.procedures import Procedure
from samkeeper.rules.warrant import Unmet, missing, outstanding
from samkeeper.rules.words import Agreement, CardRole, FeeKind, Role, UnitKind, Verdict, When

# Which accounts play which part in the lifecycle's play.
PLAYERS = {
    Part.INSTITUTION: {AccountRole.CUSTODIAN, AccountRole.OFFICER},
    Part.DESK: {AccountRole.OFFICER, AccountRole.KEEPER},
    Part.ISSUER: {AccountRole.ISSUER},
}

# Needs that are met by a word on record: the key of the need and its words with their names.
SHOWN: dict[str, dict[str, str]] = {
    "card_in_hand": {"true": "卡已交到经办处"},
    **{
        key: {word.value: word.label for word in words}
        for key, words in {
            "agreement": Agreement,
            "certificate": Certificate,
            "check": Check,
            "fee": FeeKind,
            "notice": Body,
            "qualification": Qualification,
            "record": Record,
            "report": Body,
            "verdict": Verdict,
        }.items()
    },
}

# Who may sign in which role of a case; one person signs in one role.
SIGNERS = {
    Role.APPROVER: {AccountRole.APPROVER},
    Role.CHECKER: {AccountRole.CHECKER},
    Role.CUSTODIAN: {AccountRole.CUSTODIAN},
    Role.KEEPER: {AccountRole.KEEPER},
    Role.SUPERVISOR: {AccountRole.SUPERVISOR},
    Role.WITNESS: {AccountRole.AUDITOR},
}


@dataclass(frozen=True, slots=True)
class Task:
    """One step as it stands. `done`: who did it and when, once a card; `blocked`: what is missing before it can be."""

    step: Step
    applies: bool
    cards: tuple[Card, ...]
    done: tuple[CaseStep, ...]
    blocked: tuple[Unmet, ...]

    @property
    def finished(self) -> bool:
        """Done, for every card it moves."""
        moved = {step.card_id for step in self.done}
        return bool(self.done) and all(card.pk in moved for card in self.cards)

    @property
    def met(self) -> bool:
        """Finished; or a step that only asks for something, all of which has been shown."""
        shown = bool(self.step.needs) and not (self.step.does or self.step.opens or self.blocked)
        return self.finished or (self.applies and shown)

    @property
    def ready(self) -> bool:
        """An act that can be done now."""
        return self.applies and not self.met and not self.blocked and bool(self.cards or not self.step.does)


@dataclass(frozen=True)
class Progress:
    """A case under its book: `tasks` in the procedure's order, `facts` as they were put to the rules."""

    case: Case
    book: Book
    procedure: Procedure
    facts: Facts
    tasks: tuple[Task, ...]

    @property
    def complete(self) -> bool:
        return all(task.met for task in self.tasks if task.applies)

    def task(self, key: str) -> Task:
        """The task of that step. Raises `BadInput` where the procedure has no such step."""
        step = self.procedure.step(key)
        return next(task for task in self.tasks if task.step == step)

    @property
    def subject(self) -> Card | None:
        """The card that the case is about."""
        return self.case.card()

    @property
    def next_task(self) -> Task | None:
        """The first step that is neither done nor set aside."""
        return next((task for task in self.tasks if task.applies and not task.met), None)


def progress(case: Case) -> Progress:
    """How far `case` is."""
    book = book_of(case)
    procedure = book.procedure(case.kind, case.house_settings)
    facts = facts_of(case)
    done: dict[str, tuple[CaseStep, ...]] = defaultdict(tuple)
    for one in case.steps.select_related("event__card", "done_by"):
        done[one.key] += (one,)
    cards = {role: tuple(case.cards_in(role)) for role in CardRole}
    tasks = tuple(
        Task(
            step,
            holds(step.when, facts),
            cards[step.card] if step.does else (),
            done[step.key],
            outstanding(procedure, facts, until=step) if step.does else missing(step, facts),
        )
        for step in procedure.steps
    )
    return Progress(case, book, procedure, facts, tasks)


def facts_of(case: Case) -> Facts:
    """What has been shown so far, for the rules to judge."""
    subject, today = case.card(), timezone.localtime(case.opened_at).date()
    return Facts(
        papers=tuple(_paper(paper) for paper in case.papers.all()),
        persons=_persons(case),
        unit_kind=UnitKind(case.institution.kind) if case.institution else None,
        spare=case.card(CardRole.SPARE) is not None,
        purpose=case.purpose or None,
        circumstances=frozenset({When.PLACE} if case.place or case.device_no else ()),
        out_of_warranty=_past(subject.warranty_until, today) if subject else None,
        past_validity=_past(subject.valid_until, today) if subject else None,
        self_bought=subject.self_bought if subject else None,
        **_shown(case),
    )


def _shown(case: Case) -> dict[str, Any]:
    """What the desk noted: a set of words for most needs, the latest answer for a verdict or an agreement."""
    words: dict[str, list[str]] = defaultdict(list)
    for showing in case.showings.all():
        words[showing.need].append(showing.word)
    return {
        "card_in_hand": bool(words["card_in_hand"]),
        "verdict": Verdict(words["verdict"][-1]) if words["verdict"] else None,
        "agreement": Agreement(words["agreement"][-1]) if words["agreement"] else None,
        "certificates": frozenset(map(Certificate, words["certificate"])),
        "checks": frozenset(map(Check, words["check"])),
        "fees": frozenset(map(FeeKind, words["fee"])),
        "notices": frozenset(map(Body, words["notice"])),
        "qualifications": frozenset(map(Qualification, words["qualification"])),
        "records": frozenset(map(Record, words["record"])),
        "reports": frozenset(map(Body, words["report"])),
    }


def _paper(paper: Paper) -> PaperFact:
    return PaperFact(
        form=Form(paper.form),
        copies=paper.copies,
        signed=paper.signed,
        sealed=paper.sealed,
        official_seal=paper.official_seal,
        complete=paper.complete,
    )


def _persons(case: Case) -> dict[Role, tuple[str, ...]]:
    persons: dict[Role, tuple[str, ...]] = defaultdict(tuple)
    for act in case.acts.all():
        persons[Role(act.role)] += (str(act.account_id),)
    return dict(persons)


def _past(day: date | None, today: date) -> bool | None:
    """Whether the day is over; not known where there is none."""
    return day < today if day else None


def plays(account: Account, part: Part | None) -> bool:
    """Whether this account may act in that part of the play; what no part does (to report, say) the desk notes."""
    return account.role in PLAYERS[part or Part.DESK]
