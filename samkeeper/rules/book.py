"""The rulebooks: which there are, and which is in force where.

    library()["beijing"].procedure("loss").steps
    chosen("social", "445202", date(2024, 3, 1))    # Jieyang's

A case pins `book.chain()` (the book, its parents, the house, each with its `sha256` and `raw` bytes) and walks
`book.procedure(case, settings).steps`: `warrant.missing(step, facts)` says what a step itself still lacks,
`warrant.outstanding(procedure, facts, until=step)` what everything up to it lacks, `warrant.warrant(procedure, step,
facts, basis=…)` gives the leave to move. `NoProcedure` is a `BadInput`: it names the books that have the procedure.

A book is one TOML file (`loading` reads it, `docs/rules.md` describes it): articles in the regulation's own order,
word for word, each with its steps and the steps with their needs. A book stands `under` others and on the house
rules (`procedures` puts the three together). Books are values, so a case can end under the book it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType

from samkeeper.errors import Refused
from samkeeper.rules.articles import Article, OfficialForm, Step
from samkeeper.rules.clause import Clause
from samkeeper.rules.loading import link, link_all, parse
from samkeeper.rules.needs import Need
from samkeeper.rules.procedures import NoProcedure, Procedure
from samkeeper.rules.rulebook import Book
from samkeeper.rules.words import CardKind

__all__ = [
    "Article",
    "Book",
    "Clause",
    "Need",
    "NoProcedure",
    "OfficialForm",
    "Procedure",
    "Step",
    "chosen",
    "library",
    "load",
]


def load(data: bytes, name: str = "", among: Mapping[str, Book] | None = None) -> Book:
    """Read and check a rulebook; `among`: the books it may stand under (the library). Raises `BadInput`.

    `name` is the file's, for messages, which name file, article, key and remedy; nothing of a bad book is taken.
    """
    return link(parse(data, name), library() if among is None else among)


@cache
def library() -> Mapping[str, Book]:
    """The books that come with the program, by name; `house` is the house's own."""
    folder = resources.files("samkeeper.rules")
    files = [folder / "house.toml", *sorted((folder / "books").iterdir(), key=lambda file: file.name)]
    parsed = [parse(file.read_bytes(), file.name) for file in files if file.name.endswith(".toml")]
    return MappingProxyType(link_all({book.name: book for book in parsed}))


def chosen(card_kind: CardKind | str, area_code: str, on: date, books: Iterable[Book] | None = None) -> Book:
    """The book in force for this kind of card at this place on that day: the nearest place, then the newest.

    `area_code`: six digits of GB/T 2260. A book without a date counts as in force. Raises `Refused` where none is.
    """
    kind = CardKind(card_kind)
    found = [
        (len(prefix), book.in_force or date.min, book)
        for book in (library().values() if books is None else books)
        for prefix in book.place
        if book.card_kind is kind and area_code.startswith(prefix) and (book.in_force or date.min) <= on
    ]
    if not found:
        raise Refused(
            f"{on:%Y年%m月%d日}在区划{area_code}没有适用于{kind.label}的规则；请先登记本地的规则文件。", code="no-book"
        )
    return max(found, key=lambda entry: entry[:2])[2]
