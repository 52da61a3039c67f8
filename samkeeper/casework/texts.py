"""The texts a case stands on: kept whole by hash at first use, so that a case ends under the words it began with."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from samkeeper.casework.models import Case, KeptBook
from samkeeper.rules.book import Book, library
from samkeeper.rules.loading import link_all, parse


def keep(book: Book) -> list[KeptBook]:
    """Store the book and all it stands on; what is stored already stays as it is."""
    chain = {text.sha256: text for text in book.chain()}
    kept = KeptBook.objects.in_bulk(list(chain))
    new = [KeptBook(sha256=sha, name=text.name, content=text.raw) for sha, text in chain.items() if sha not in kept]
    KeptBook.objects.bulk_create(new, ignore_conflicts=True)
    return [*kept.values(), *new]


def book_of(case: Case) -> Book:
    """The book that a case was opened under, from its own copy where the library has moved on."""
    hashes = frozenset(case.texts.values_list("sha256", flat=True))
    today = library().get(case.book)
    if today and {text.sha256 for text in today.chain()} == hashes:
        return today
    return _kept_books(hashes)[case.book]


@lru_cache(maxsize=64)
def _kept_books(hashes: frozenset[str]) -> Mapping[str, Book]:
    kept = KeptBook.objects.filter(sha256__in=hashes)
    return link_all({text.name: parse(bytes(text.content), text.name) for text in kept})
