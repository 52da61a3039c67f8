"""What a book refuses in screening: which kinds of fault, under which clause, from whom."""

from __future__ import annotations

from dataclasses import dataclass

from samkeeper.rules.rulebook import Book
from samkeeper.rules.words import Effect, UnitKind
from samkeeper.verdicts import Kind


@dataclass(frozen=True, slots=True)
class Refusals:
    """`clause`: as printed, with the book's title; `article`: the article alone (「第十五条」). No kinds: both are "".

    `binds`: the kinds of sender that are bound; empty: every sender.
    """

    kinds: frozenset[Kind] = frozenset()
    clause: str = ""
    article: str = ""
    binds: frozenset[UnitKind] = frozenset()


def refusals(book: Book) -> Refusals:
    """The book's own refusals: a lower book that says nothing refuses nothing, whatever a book above it says."""
    for article in book.articles:
        if article.effect is Effect.SCREENING:
            return Refusals(article.refuses, f"{book.title} {article.no}", article.bare_no, article.binds)
    return Refusals()
