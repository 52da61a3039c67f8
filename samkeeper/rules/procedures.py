"""A case as it is worked: its steps in order under one book (`merging` says how they come together).

A case that is a chain (`life`) is its parts' procedures one after another, about one card.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from samkeeper.errors import BadInput
from samkeeper.rules.articles import Step
from samkeeper.rules.conditions import holds
from samkeeper.rules.facts import Facts
from samkeeper.rules.merging import articles_of, merged
from samkeeper.rules.words import CASE_REASONS, CardRole, Case

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
    if case is Case.LIFE and book.life:
        return _life(book, settings)
    if not (founds(book, case) or (book.house and founds(book.house, case))):
        raise _no_procedure(book, case)
    steps = merged(book, case, settings)
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
        return bool(book.life)
    return any(case in article.cases | article.by_reading for article in articles_of(book))


def _only_read(book: Book, case: Case) -> bool:
    """Whether the texts found the case only as they are read; a case that the house alone founds is no reading."""
    articles = tuple(articles_of(book))
    return any(case in each.by_reading for each in articles) and not any(case in each.cases for each in articles)


def _case(name: str) -> Case:
    try:
        return Case(name)
    except ValueError:
        names = "、".join(case.value for case in Case)
        raise BadInput(f"没有名为“{name}”的流程", remedy=f"可用的流程：{names}") from None


def _life(book: Book, settings: Mapping[str, bool | int]) -> Procedure:
    parts = [build(book, part, settings) for part in book.life]
    steps = tuple(
        replace(step, key=f"{part.case}:{step.key}", card=CardRole.SUBJECT) for part in parts for step in part.steps
    )
    return replace(parts[0], case=Case.LIFE, steps=steps, by_reading=any(part.by_reading for part in parts))


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
