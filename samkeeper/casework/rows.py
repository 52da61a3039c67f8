"""The rows of a case's task list, as a page shows them to one account."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from samkeeper.casework.models import Case
from samkeeper.casework.progress import SHOWN, SIGNERS, Progress, Task, plays
from samkeeper.lifecycle import MOVES
from samkeeper.parties.models import Account
from samkeeper.rules.needs import FormNeed, Need, PersonNeed
from samkeeper.rules.warrant import Unmet
from samkeeper.rules.words import CardRole, Role


@dataclass(frozen=True, slots=True)
class Row:
    """A step of the list. `look`: done, now (this account's to do), waits, not (does not apply).

    `reading`: how we read the article; at the first of its steps only.
    """

    place: int
    task: Task
    look: str
    reading: str

    @property
    def clause(self) -> str:
        return str(self.task.step.clause)

    @property
    def verb(self) -> str:
        """What the step's button says."""
        if self.task.step.does:
            return MOVES[self.task.step.does].label
        return f"立案：{self.task.step.opens.label}" if self.task.step.opens else "登记已办"

    @property
    def needed(self) -> tuple[Unmet, ...]:
        """What is missing and is not shown at an earlier step already."""
        return tuple(unmet for unmet in self.task.blocked if unmet.need in self.task.step.needs)

    @property
    def offers(self) -> list[tuple[str, str]]:
        """What the desk can note here with one press: (value, word)."""
        return [offer for unmet in self.needed for offer in _offers(unmet.need)]


def _offers(need: Need) -> Iterator[tuple[str, str]]:
    """A verdict or an agreement may turn out either way, so every answer is offered; else what the need names."""
    if need.key in ("verdict", "agreement"):
        words = tuple(SHOWN[need.key])
    elif need.key in SHOWN:
        named = getattr(need, need.key)
        words = named if isinstance(named, tuple) else ("true",) if named is True else (named,)
    else:
        words = ()
    for word in words:
        yield f"{need.key}:{word}", f"{VERBS.get(need.key, '')}{SHOWN[need.key][word]}"


VERBS = {
    "agreement": "协议处于",
    "certificate": "证书有效：",
    "check": "已",
    "fee": "已缴：",
    "notice": "已通知",
    "qualification": "具有",
    "record": "已完成：",
    "report": "已报告",
    "verdict": "检测结论：",
}


def rows(now: Progress, account: Account) -> list[Row]:
    """Every step with its look for this account."""
    first = {task.step.reading: place for place, task in reversed(list(enumerate(now.tasks)))}
    return [
        Row(place, task, _look(task, account), task.step.reading if first[task.step.reading] == place else "")
        for place, task in enumerate(now.tasks)
    ]


def _look(task: Task, account: Account) -> str:
    if task.met:
        return "done"
    if not task.applies:
        return "not"
    return "now" if task.ready and plays(account, task.step.part) else "waits"


def wanted_papers(now: Progress) -> list[FormNeed]:
    """The papers still wanted, each once."""
    return list({need.form: need for need in _wanted(now) if isinstance(need, FormNeed)}.values())


def wanted_roles(now: Progress, account: Account) -> list[Role]:
    """The roles that someone must still sign in and this account may."""
    roles = dict.fromkeys(need.person for need in _wanted(now) if isinstance(need, PersonNeed))
    return [role for role in roles if account.role in SIGNERS.get(role, ())]


def wants_new_card(now: Progress) -> bool:
    """Whether a card from stock must still be picked for a step that applies."""
    return any(
        task.step.card is CardRole.NEW and task.step.does and task.applies and not task.cards for task in now.tasks
    )


def _wanted(now: Progress) -> Iterator[Need]:
    for task in now.tasks:
        if task.applies:
            yield from (unmet.need for unmet in task.blocked)


def shown(case: Case) -> list[dict[str, object]]:
    """What else was noted in the case, in words."""
    return [
        {"what": VERBS.get(one.need, "") + SHOWN[one.need][one.word], "at": one.at, "by": one.by.name}
        for one in case.showings.select_related("by")
    ]
