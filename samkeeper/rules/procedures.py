"""A case as it is worked: a book's own steps, its parents' and the house's, in one order.

The rules of putting them together:

1. The articles that found the case come first, in the regulation's order; then those that only join it. A step with
   an anchor stands where that says: 「不予申领」 is of no use after the card is issued.
2. Parents: where the lower book makes the same move with the same card, the parent's needs are added to that step;
   the parent's other steps follow. An article that the lower book `waives` falls away.
3. The house: a step whose move the texts make already gives way; the others stand where their anchor says, and fall
   away where the move they are anchored to is not made.

A case that is a chain (`life`) is its parts' procedures one after another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from samkeeper.errors import BadInput
from samkeeper.rules.articles import Article, Step
from samkeeper.rules.conditions import holds
from samkeeper.rules.facts import Facts
from samkeeper.rules.settings import chosen_settings
from samkeeper.rules.words import CASE_REASONS, CardRole, Case, When

if TYPE_CHECKING:
    from samkeeper.rules.rulebook import Book


# Moves that end or stop a card's work carry the reason of the case.
REASONED = frozenset({"suspend", "hand_in", "cancel", "recover", "destroy"})


class NoProcedure(BadInput):
    """The book has no such procedure, not even as a reading; the message names the books that do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """The steps of `case` under the book `book`, `sha256`; `by_reading`: the book does not name the case itself."""

    case: Case
    book: str
    title: str
    sha256: str
    steps: tuple[Step, ...]
    by_reading: bool = False

    def step(self, key: str) -> Step:
        """The step of that key. Raises `BadInput` naming the keys there are."""
        for step in self.steps:
            if step.key == key:
                return step
        keys = "、".join(step.key for step in self.steps)
        raise BadInput(f"没有步骤“{key}”", where=self.title, remedy=f"现有步骤：{keys}。")

    def making(self, move: str) -> Step:
        """The first step that makes this move. Raises `BadInput` where none does."""
        for step in self.steps:
            if step.does == move:
                return step
        raise BadInput(f"“{self.case.label}”流程没有动作“{move}”", where=self.title)

    def until(self, step: Step) -> tuple[Step, ...]:
        """The steps up to and with this one."""
        return self.steps[: self.steps.index(step) + 1]

    def applying(self, facts: Facts) -> tuple[Step, ...]:
        """The steps that apply to what is known."""
        return tuple(step for step in self.steps if holds(step.when, facts))


def build(book: Book, name: str, settings: Mapping[str, bool | int]) -> Procedure:
    """The procedure of that name under a book; `settings`: what the authority has set otherwise than the house."""
    case = _case(name)
    if case is Case.LIFE:
        return _life(book, settings)
    if not (founds(book, case) or (book.house and founds(book.house, case))):
        raise _no_procedure(book, case)
    steps = _with_house(list(_texts(book, case)), book, case, settings)
    return Procedure(
        case=case,
        book=book.name,
        title=book.title,
        sha256=book.sha256,
        steps=tuple(_numbered(_named(step, case) for step in steps)),
        by_reading=_only_read(book, case),
    )


def founds(book: Book, case: Case) -> bool:
    """Whether the book or one it stands under has an article that founds the case."""
    if case is Case.LIFE:
        return all(founds(book, part) or bool(book.house and founds(book.house, part)) for part in book.life)
    return any(case in article.cases | article.by_reading for article in _articles(book))


def _only_read(book: Book, case: Case) -> bool:
    """Whether the texts found the case only as they are read; a case that the house alone founds is no reading."""
    articles = tuple(_articles(book))
    return any(case in each.by_reading for each in articles) and not any(case in each.cases for each in articles)


def _case(name: str) -> Case:
    try:
        return Case(name)
    except ValueError:
        names = "、".join(case.value for case in Case)
        raise BadInput(f"没有名为“{name}”的流程", remedy=f"可用的流程：{names}") from None


def _articles(book: Book) -> Iterator[Article]:
    for each in (book, *book.ancestors()):
        yield from each.articles


def _life(book: Book, settings: Mapping[str, bool | int]) -> Procedure:
    if not book.life:
        raise _no_procedure(book, Case.LIFE)
    parts = [build(book, part, settings) for part in book.life]
    steps = tuple(
        replace(step, key=f"{part.case}:{step.key}", card=CardRole.SUBJECT) for part in parts for step in part.steps
    )
    return replace(parts[0], case=Case.LIFE, steps=steps, by_reading=any(part.by_reading for part in parts))


def _texts(book: Book, case: Case) -> list[Step]:
    """The book's own steps, and those of the books it stands under less what is waived."""
    waived = {address for article in _articles(book) for address in article.waives}
    steps: list[Step] = []
    for each in (book, *book.ancestors()):
        found = [step for step in _steps(each, case, waived) if not _added(step, steps if each is not book else [])]
        steps.extend(step for step in found if step.anchor is None)
        for step in (step for step in found if step.anchor):
            place = _place(step, steps)
            steps.insert(len(steps) if place is None else place, step)
    return steps


def _steps(book: Book, case: Case, waived: set[tuple[str, str]]) -> Iterator[Step]:
    articles = [article for article in book.articles if (book.name, article.no) not in waived]
    for article in articles:
        if case in article.founded:
            yield from _of(article, case, article.founded)
    for article in articles:
        if case in article.joins:
            yield from _of(article, case, article.joins)


def _of(article: Article, case: Case, cases: frozenset[Case]) -> Iterator[Step]:
    for step in article.steps:
        if case in (step.cases or cases):
            yield replace(step, by_reading=case in article.by_reading)


def _added(inherited: Step, steps: list[Step]) -> bool:
    """Needs add up where the lower book makes the same move with the same card: whether it does."""
    for index, step in enumerate(steps):
        if step.does and (step.does, step.card) == (inherited.does, inherited.card):
            steps[index] = replace(step, needs=step.needs + inherited.needs)
            return True
    return False


def _with_house(steps: list[Step], book: Book, case: Case, settings: Mapping[str, bool | int]) -> list[Step]:
    if book.house is None:
        return steps
    switches = chosen_settings(book.house.settings, settings)
    made = {(step.does, step.card) for step in steps if step.does}
    for step in _steps(book.house, case, set()):
        if (step.does, step.card) in made or (step.switch and not switches[step.switch]):
            continue
        place = _place(step, steps)
        if place is not None:
            when = step.when or _anchor_condition(step, steps)
            steps.insert(place, replace(step, actor=book.actor(step.who), when=when))
    return steps


def _anchor_condition(step: Step, steps: list[Step]) -> When | None:
    """A house step applies where the move it stands beside does."""
    move = step.anchor.move if step.anchor else ""
    return next((other.when for other in steps if move and other.does == move), None)


def _place(step: Step, steps: list[Step]) -> int | None:
    """Where a step goes among the others; None where the move it stands beside is not made."""
    side = step.anchor.side if step.anchor else "last"
    if side == "first":
        return sum(1 for _ in takewhile(_leads, steps))
    if side == "last" or step.anchor is None:
        return len(steps)
    for index, other in enumerate(steps):
        if other.does == step.anchor.move:
            return index if side == "before" else index + 1
    return None


def _leads(step: Step) -> bool:
    return step.anchor is not None and step.anchor.side == "first"


def _named(step: Step, case: Case) -> Step:
    """The step with the case's own reason where its article gives none."""
    reason = step.reason or (CASE_REASONS.get(case) if step.does in REASONED else None)
    return replace(step, reason=reason)


def _numbered(steps: Iterable[Step]) -> Iterator[Step]:
    """Keys made distinct: the second step of the same key is `…#2`."""
    seen: Counter[str] = Counter()
    for step in steps:
        seen[step.key] += 1
        yield replace(step, key=f"{step.key}#{seen[step.key]}") if seen[step.key] > 1 else step


def _no_procedure(book: Book, case: Case) -> NoProcedure:
    from samkeeper.rules.book import library  # noqa: PLC0415 (the library is made of procedures)

    others = [f"{other.name}（{other.title}）" for other in library().values() if other.place and founds(other, case)]
    return NoProcedure(
        f"没有“{case.label}”流程，也没有可作此理解的条文",
        where=book.title,
        remedy=f"有此流程的规则：{'、'.join(others)}。" if others else "其他规则也没有此流程。",
        code="no-procedure",
    )
