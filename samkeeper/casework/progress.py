"""Where a case stands: its steps under its book, what is done, what is missing and who is next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from samkeeper.casework.models import Case, CaseStep
from samkeeper.casework.texts import book_of
from samkeeper.lifecycle import Part
from samkeeper.parties.models import Account
from samkeeper.parties.models import Role as AccountRole
from samkeeper.registry.models import Card
from samkeeper.rules.articles import Step
from samkeeper.rules.book import Book
from samkeeper.rules.conditions import holds
from samkeeper.rules.evidence import Body, Check, Form, Record
from samkeeper.rules.facts import Facts
from samkeeper.rules.facts import Paper as PaperFact
from samkeeper.rules.procedures import Procedure
from samkeeper.rules.warrant import Unmet, missing, outstanding
from samkeeper.rules.words import CardRole, FeeKind, Role, UnitKind, Word

# Which accounts play which part in the lifecycle's play.
PLAYERS = {
    Part.INSTITUTION: {AccountRole.CUSTODIAN, AccountRole.OFFICER},
    Part.DESK: {AccountRole.OFFICER},
    Part.ISSUER: frozenset(),
}


# Needs that are met by a word on record: the key of the need and the list of its words.
SHOWN: dict[str, type[Word]] = {"check": Check, "fee": FeeKind, "notice": Body, "record": Record, "report": Body}


@dataclass(frozen=True, slots=True)
class Task:
    """One step as it stands. `done`: who did it and when; `blocked`: what is missing before it can be done."""

    step: Step
    applies: bool
    done: CaseStep | None
    blocked: tuple[Unmet, ...]

    @property
    def met(self) -> bool:
        """Done; or a step that only asks for something, all of which has been shown."""
        shown = bool(self.step.needs) and not (self.step.does or self.step.opens or self.blocked)
        return self.done is not None or (self.applies and shown)

    @property
    def ready(self) -> bool:
        """An act that can be done now."""
        return self.applies and not self.met and not self.blocked


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
    done = {step.key: step for step in case.steps.select_related("event", "done_by")}
    tasks = tuple(_task(procedure, step, facts, done) for step in procedure.steps)
    return Progress(case, book, procedure, facts, tasks)


def _task(procedure: Procedure, step: Step, facts: Facts, done: Mapping[str, CaseStep]) -> Task:
    blocked = outstanding(procedure, facts, until=step) if step.does else missing(step, facts)
    return Task(step, holds(step.when, facts), done.get(step.key), blocked)


def facts_of(case: Case) -> Facts:
    """What has been shown so far, for the rules to judge."""
    persons: dict[Role, tuple[str, ...]] = defaultdict(tuple)
    for act in case.acts.all():
        persons[Role(act.role)] += (str(act.account_id),)
    shown = [(showing.need, showing.word) for showing in case.showings.all()]
    return Facts(
        checks=frozenset(Check(word) for need, word in shown if need == "check"),
        fees=frozenset(FeeKind(word) for need, word in shown if need == "fee"),
        notices=frozenset(Body(word) for need, word in shown if need == "notice"),
        records=frozenset(Record(word) for need, word in shown if need == "record"),
        reports=frozenset(Body(word) for need, word in shown if need == "report"),
        papers=tuple(
            PaperFact(
                form=Form(paper.form),
                copies=paper.copies,
                signed=paper.signed,
                sealed=paper.sealed,
                complete=paper.complete,
            )
            for paper in case.papers.all()
        ),
        persons=dict(persons),
        unit_kind=UnitKind(case.institution.kind),
        spare=case.card(CardRole.SPARE) is not None,
    )


def plays(account: Account, part: Part | None) -> bool:
    """Whether this account may act in that part of the play; what no part does (to report, say) the desk notes."""
    return account.role in PLAYERS[part or Part.DESK]
