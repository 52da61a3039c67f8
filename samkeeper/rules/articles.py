"""What a rulebook is made of: articles, their steps, the official forms, units, purposes, custody and settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from samkeeper.lifecycle import Part, Reason
from samkeeper.rules.clause import Clause
from samkeeper.rules.evidence import Form
from samkeeper.rules.needs import Need
from samkeeper.rules.words import CardRole, Case, Effect, Refund, UnitKind, When, Who
from samkeeper.verdicts import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where a step stands that is out of its article's order: at an end, or beside the first step making `move`."""

    side: str  # "first", "last", "before", "after"
    move: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of an article. `text`: the text's own words. `does`: a move of the lifecycle, None where no card moves.

    `who` acts in the text (`actor`: by the book's name for it); where the move is made by the body that receives the
    act (交回, 办理注销手续), that is `received_by` (`receiver`). `when` None: always. `opens`: the case that the step
    leads to. `switch`: the house setting that turns it on. `by_reading`: the article does not name this case, the book
    reads it so (`reading` says how).
    """

    key: str
    clause: Clause
    text: str
    who: Who
    actor: str
    does: str | None = None
    card: CardRole = CardRole.SUBJECT
    reason: Reason | None = None
    needs: tuple[Need, ...] = ()
    when: When | None = None
    received_by: Who | None = None
    receiver: str = ""
    refund: Refund | None = None
    opens: Case | None = None
    cases: frozenset[Case] = frozenset()
    anchor: Anchor | None = None
    switch: str | None = None
    is_house: bool = False
    reading: str = ""
    by_reading: bool = False

    @property
    def part(self) -> Part | None:
        """The part in the lifecycle's play of whoever makes the move; None for a body that moves no card."""
        return (self.received_by or self.who).part

    @property
    def condition(self) -> str:
        """「仅…时适用」, or "" for a step that always applies."""
        return f"仅{self.when.label}时适用" if self.when else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """`no`: its address as it is cited. `text`: the whole text, number included, as printed.

    `cases` are the procedures that the article founds, `by_reading` those that it founds only as we read it, `joins`
    those that its steps join where another article founds them. `waives`: (book, article) of a parent set aside.
    """

    no: str
    text: str
    effect: Effect
    heading: str = ""
    cases: frozenset[Case] = frozenset()
    by_reading: frozenset[Case] = frozenset()
    joins: frozenset[Case] = frozenset()
    steps: tuple[Step, ...] = ()
    refuses: frozenset[Kind] = frozenset()
    binds: frozenset[UnitKind] = frozenset()
    waives: tuple[tuple[str, str], ...] = ()
    reading: str = ""

    @property
    def founded(self) -> frozenset[Case]:
        return self.cases | self.by_reading

    @property
    def bare_no(self) -> str:
        """The article alone: 「第十五条」 of 「第十五条第三款」; the whole address where it has no 条."""
        match = re.match(r"第[^条]+条", self.no)
        return match.group() if match else self.no


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialForm:
    """`title` as printed with its brackets. `printed`: its layout was published with the text."""

    form: Form
    title: str
    no: str = ""
    copies: int | None = None
    printed: bool = True

    @property
    def name(self) -> str:
        """「《北京市社会保障PSAM卡注销表》（表2）」."""
        return f"《{self.title}》" + (f"（{self.no}）" if self.no else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """What a card may be asked for. `mask`: the permission bits of screening's `business`; −1 = all."""

    name: str
    label: str
    permission: str = ""
    mask: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A kind of using unit as the book sorts it, who supervises it and under which agreement it works."""

    kind: UnitKind
    label: str
    supervisors: tuple[str, ...] = ()
    agreement: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """Who issues the cards and who keeps the keys of each level, as the book says it or reads its parents."""

    card_issuer: str
    keys: Mapping[str, str]
    article: str
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WordList:
    """Words that an article enumerates and the office works with: promises, causes of liability, kinds of carrier."""

    name: str
    article: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number or switch of the house, set per authority. `text` says on screen what it does."""

    name: str
    label: str
    text: str
    default: bool | int
    unit: str = ""
