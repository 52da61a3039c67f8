"""A rulebook as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from samkeeper.errors import Refused
from samkeeper.rules.articles import Article, Custody, OfficialForm, Purpose, Setting, Unit, WordList
from samkeeper.rules.evidence import Form
from samkeeper.rules.procedures import Procedure, build
from samkeeper.rules.words import CardKind, Case, Who


@dataclass(frozen=True, kw_only=True)
class Book:
    """One regulation. `place`: prefixes of GB/T 2260 area codes, "" = everywhere; empty: never chosen (a stub).

    `interpreter` is the body that the text names to interpret it: readings are addressed to it. `parents` and `house`
    are the books it stands under and on.
    """

    name: str
    title: str
    issuer: str
    interpreter: str
    card_kind: CardKind
    sha256: str
    raw: bytes = field(repr=False)
    articles: tuple[Article, ...] = field(repr=False)
    under: tuple[str, ...] = ()
    place: tuple[str, ...] = ()
    in_force: date | None = None
    note: str = ""
    names: Mapping[Who, str] = field(default_factory=dict)
    life: tuple[Case, ...] = ()
    forms: Mapping[Form, OfficialForm] = field(default_factory=dict)
    purposes: tuple[Purpose, ...] = ()
    units: tuple[Unit, ...] = ()
    custody: Custody | None = None
    lists: Mapping[str, WordList] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    parents: tuple[Book, ...] = field(default=(), repr=False)
    house: Book | None = field(default=None, repr=False)

    def article(self, no: str) -> Article:
        """The article of that address. Raises `Refused` naming the addresses there are."""
        for article in self.articles:
            if article.no == no:
                return article
        raise Refused(f"{self.title}没有“{no}”；现有：{'、'.join(a.no for a in self.articles)}。", code="no-article")

    def actor(self, who: Who) -> str:
        """What this book calls that body."""
        return self.names.get(who, who.label)

    def form_name(self, form: Form) -> str:
        """The official title of a form with its number, or the paper's plain name where no form was issued."""
        official = self.forms.get(form)
        return official.name if official else form.label

    def keeping(self) -> Custody | None:
        """Who issues the cards and keeps the keys: as this book says, else as the nearest above it that does."""
        return next((book.custody for book in (self, *self.ancestors()) if book.custody), None)

    def ancestors(self) -> tuple[Book, ...]:
        """The books it stands under, the nearest first, each once."""
        found = [each for parent in self.parents for each in (parent, *parent.ancestors())]
        return tuple({book.name: book for book in found}.values())

    def chain(self) -> tuple[Book, ...]:
        """This book, the books it stands under, and the house: all that decides a case, each with its sha256."""
        return (self, *self.ancestors(), *((self.house,) if self.house else ()))

    def procedure(self, case: str, settings: Mapping[str, bool | int] | None = None) -> Procedure:
        """The steps of a case under this book, in order. Raises `NoProcedure` naming the books that have one."""
        return build(self, case, settings or {})

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))
