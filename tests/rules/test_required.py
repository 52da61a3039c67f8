"""Every need counts: dropping or weakening any one of any book changes what somebody is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from samkeeper.rules.articles import Article, Step
from samkeeper.rules.book import Book, library
from samkeeper.rules.loading import link_all
from samkeeper.rules.needs import Need
from samkeeper.rules.walking import procedures
from samkeeper.rules.words import Case
from tests.rules.required import SWITCHES, page, refusals

PAGE = page()
WEAKER = {"copies": 1, "count": 1, "other_than": (), "any_one": False}


def differing(books: dict[str, Book], cases: frozenset[Case]) -> Iterator[str]:
    """The headings of the page, of these cases, under which the books refuse something else."""
    for heading, expected in PAGE.items():
        name, case = heading.split()
        if Case(case) in cases and refusals(books[name].procedure(case, SWITCHES)) != expected:
            yield heading


@pytest.mark.parametrize("heading", PAGE)
def test_refusals_are_those_of_the_page(heading: str) -> None:
    name, case = heading.split()
    assert refusals(library()[name].procedure(case, SWITCHES)) == PAGE[heading]


def test_page_has_every_procedure_that_a_book_founds_itself() -> None:
    founded = {
        f"{book.name} {procedure.case}"
        for book in library().values()
        if book.place
        for procedure in procedures(book)
        if any(procedure.case in article.founded for article in book.articles)
    }
    assert founded <= set(PAGE)


def mutants() -> Iterator[tuple[str, str, Book]]:
    """(what was done, the mutated book's name, the book) for every need dropped and every demand of one weakened."""
    for book in library().values():
        for article in book.articles:
            for step in article.steps:
                for index, need in enumerate(step.needs):
                    what = f"{book.name} {step.clause.short} {need.code}"
                    yield f"{what} dropped", book.name, _with(book, article, step, index, None)
                    for weaker in _weakened(need):
                        yield f"{what} weakened", book.name, _with(book, article, step, index, weaker)


def _weakened(need: Need) -> Iterator[Need]:
    for each in fields(need):
        value = getattr(need, each.name)
        if each.name in WEAKER and value != WEAKER[each.name]:
            yield replace(need, **{each.name: WEAKER[each.name]})
        elif value is True and each.name not in ("ours", "card_in_hand"):
            yield replace(need, **{each.name: False})


def _with(book: Book, article: Article, step: Step, index: int, need: Need | None) -> Book:
    needs = (*step.needs[:index], *([need] if need else []), *step.needs[index + 1 :])
    steps = tuple(replace(each, needs=needs) if each is step else each for each in article.steps)
    changed = replace(article, steps=steps)
    return replace(book, articles=tuple(changed if each is article else each for each in book.articles))


def test_every_need_dropped_or_weakened_is_found_out() -> None:
    survivors, number = [], 0
    for what, name, mutant in mutants():
        number += 1
        books = {other: replace(book, parents=(), house=None) for other, book in library().items()}
        touched = next(a for a, b in zip(mutant.articles, library()[name].articles, strict=True) if a is not b)
        linked = link_all({**books, name: replace(mutant, parents=(), house=None)})
        if next(differing(linked, touched.founded | touched.joins), None) is None:
            survivors.append(what)
    assert number > 150
    # Beijing waives the only article of the stub that asks for anything: nobody can miss it.
    assert survivors == ["beijing_2009 第六条 need-record-change-registration dropped"]
