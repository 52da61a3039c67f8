"""Putting a case's steps together: the book's own, its parents', the house's, in one order.

1. The articles that found the case come first, in the regulation's order; then those that only join it.
2. Parents: where the lower book makes the same move with the same card, the parent's needs are added to that step;
   the parent's other steps follow. An article that the lower book `waives` falls away.
3. The house: a step whose move the texts make already gives way, and so does a need that they ask for already.
4. Steps with an anchor stand where that says, once the others stand, and apply when the move beside them does. Where
   that move is not made they stand at the end; a house step falls away then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from typing import TYPE_CHECKING

from samkeeper.rules.articles import Article, Step
from samkeeper.rules.settings import chosen_settings
from samkeeper.rules.words import Case

if TYPE_CHECKING:
    from samkeeper.rules.rulebook import Book


def merged(book: Book, case: Case, settings: Mapping[str, bool | int]) -> list[Step]:
    """The steps of the case under the book, in the order in which they are worked."""
    texts = _texts(book, case)
    house = _house(book, case, settings, texts)
    steps = [step for step in [*texts, *house] if step.anchor is None]
    anchored_moves = [step for step in house if step.anchor and step.does]
    anchored_texts = [step for step in texts if step.anchor]
    anchored_rest = [step for step in house if step.anchor and not step.does]
    for step in (*anchored_moves, *anchored_texts, *anchored_rest):
        _put(step, steps)
    return steps


def articles_of(book: Book) -> Iterator[Article]:
    """The articles of the book and of all it stands under."""
    for each in (book, *book.ancestors()):
        yield from each.articles


def _texts(book: Book, case: Case) -> list[Step]:
    waived = {address for article in articles_of(book) for address in article.waives}
    steps: list[Step] = []
    for each in (book, *book.ancestors()):
        above = [] if each is book else steps
        steps += [step for step in _steps(each, case, waived) if not _added(step, above)]
    return steps


def _steps(book: Book, case: Case, waived: Iterable[tuple[str, str]] = ()) -> list[Step]:
    """A book's own steps for the case, those that found it before those that join it."""
    articles = [article for article in book.articles if (book.name, article.no) not in waived]
    founding = [step for article in articles for step in _of(article, case, article.founded)]
    return founding + [step for article in articles for step in _of(article, case, article.joins)]


def _of(article: Article, case: Case, cases: frozenset[Case]) -> Iterator[Step]:
    for step in article.steps:
        if case in cases and case in (step.cases or cases):
            yield replace(step, by_reading=case in article.by_reading)


def _added(inherited: Step, steps: list[Step]) -> bool:
    """Add the needs of an inherited step to the lower book's same move: whether there is one."""
    for index, step in enumerate(steps):
        if step.does and (step.does, step.card) == (inherited.does, inherited.card):
            steps[index] = replace(step, needs=step.needs + inherited.needs)
            return True
    return False


def _house(book: Book, case: Case, settings: Mapping[str, bool | int], texts: list[Step]) -> list[Step]:
    if book.house is None:
        return []
    switches = chosen_settings(book.house.settings, settings)
    made = {(step.does, step.card) for step in texts if step.does}
    asked = {need for step in texts if step.when is None for need in step.needs}
    found = []
    for step in _steps(book.house, case):
        needs = tuple(need for need in step.needs if need not in asked)
        idle = not step.does and step.needs and not needs
        if (step.does, step.card) not in made and not idle and (step.switch is None or switches[step.switch]):
            found.append(replace(step, needs=needs, actor=book.actor(step.who)))
    return found


def _put(step: Step, steps: list[Step]) -> None:
    """Insert an anchored step; a house step whose move is not made falls away."""
    if step.anchor is None or step.anchor.side == "last":
        steps.append(step)
        return
    if step.anchor.side == "first":
        steps.insert(sum(1 for _ in takewhile(_leads, steps)), step)
        return
    beside = next((index for index, other in enumerate(steps) if other.does == step.anchor.move), None)
    if beside is not None:
        when = step.when or steps[beside].when
        steps.insert(beside if step.anchor.side == "before" else beside + 1, replace(step, when=when))
    elif not step.is_house:
        steps.append(step)


def _leads(step: Step) -> bool:
    return step.anchor is not None and step.anchor.side == "first"
