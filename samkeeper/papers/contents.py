"""What a layout is given: a form's facts as strings, rows and boxes, for one blank of one book."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import singledispatch
from typing import Any
from zoneinfo import ZoneInfo

from samkeeper.errors import BadInput
from samkeeper.lifecycle import Reason
from samkeeper.papers.blanks import Blank
from samkeeper.papers.facts import Application, Cancellation, CardLine, InternalRules, Undertaking, UnitHead
from samkeeper.rules.book import Book
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import CardKind, UnitKind, Who

SHANGHAI = ZoneInfo("Asia/Shanghai")
CARD_WORDS = {CardKind.SOCIAL: "PSAM卡", CardKind.HEALTH: "SAM卡"}
MODEL_RULES = "内部管理规定（使用单位范本）"
SECTION = re.compile("[一二三四五六七八九十]+、")

Contents = dict[str, Any]


@singledispatch
def contents(facts: object, blank: Blank, book: Book) -> Contents:
    """What `blank` shows of `facts`. Raises `BadInput` for what the form cannot hold."""
    raise TypeError(f"{type(facts).__name__} is no paper")


@contents.register
def _application(facts: Application, blank: Blank, book: Book) -> Contents:
    return {
        **_named(facts.unit, facts.number, blank, book, Form.APPLICATION),
        **_rows(facts, blank, book),
        **_purposes(facts, book),
        "kinds": _kinds(book, facts.unit.kind),
        "bank": facts.bank,
    }


@contents.register
def _cancellation(facts: Cancellation, blank: Blank, book: Book) -> Contents:
    known = [card.handed_in for card in facts.cards if card.handed_in is not None]
    return {
        **_named(facts.unit, facts.number, blank, book, Form.CANCELLATION),
        **_rows(facts, blank, book),
        "returned": str(sum(known)) if known else "",
        "moment": _moment(facts.cancelled_at),
        "notes": _unboxed(facts.cards, blank),
    }


@contents.register
def _undertaking(facts: Undertaking, blank: Blank, book: Book) -> Contents:
    """The paragraphs as the book has them: title, addressee, promises, the line for the seal, the line for the date."""
    official = book.forms[Form.UNDERTAKING]
    title, addressee, *paragraphs, seal, day = book.article(official.no).text.strip().splitlines()
    return {
        "title": title,
        "corner": official.no,
        "addressee": addressee,
        "paragraphs": paragraphs,
        "seal": seal,
        "date": day.partition("：")[0] + "：",
    }


@contents.register
def _internal_rules(facts: InternalRules, blank: Blank, book: Book) -> Contents:
    """The model's lines as the book has them; the last two are the places for seal and date."""
    model = [article for article in book.articles if article.no.startswith(MODEL_RULES)]
    text = "\n".join(part.strip() for article in model for part in (article.heading, article.text) if part)
    title, subtitle, *lines, seal, _ = text.splitlines()
    return {
        "title": title,
        "subtitle": subtitle,
        "lines": [{"text": line, "heading": bool(SECTION.match(line))} for line in lines],
        "unit": facts.unit,
        "seal": seal,
        "moment": _moment(facts.issued_on),
    }


def _named(unit: UnitHead, number: str, blank: Blank, book: Book, form: Form) -> Contents:
    official = book.forms.get(form)
    return {
        "title": official.title if official else form.label,
        "corner": official.no if official else "",
        "number": number,
        "unit": {name: getattr(unit, name) for name in UnitHead.__slots__ if name != "kind"},
        "names": {
            "unit": book.actor(Who.INSTITUTION),
            "desk": book.names.get(Who.DESK, book.issuer),
            "card": CARD_WORDS[book.card_kind],
        },
    }


def _rows(facts: Application | Cancellation, blank: Blank, book: Book) -> Contents:
    """As many rows as the form has, empty ones empty; what does not fit goes on the list."""
    here = list(facts.cards[: blank.rows])
    rows = here + [CardLine()] * (blank.rows - len(here))
    return {
        "rows": blank.rows,
        "cards": [_row(card, blank) for card in rows],
        "annex": _annex(facts, blank, book) if len(facts.cards) > blank.rows else None,
    }


def _row(card: CardLine, blank: Blank) -> Contents:
    return {
        "number": card.number,
        "number_and_permission": _number_and_permission(card),
        "permission": card.permission,
        "place": card.place,
        "reasons": [{"label": box.label, "chosen": card.reason in box.reasons} for box in blank.boxes],
        "handed_in": [
            {"label": label, "chosen": card.handed_in is said} for label, said in (("是", True), ("否", False))
        ],
    }


def _number_and_permission(card: CardLine) -> str:
    return f"{card.number}（{card.permission}）" if card.permission else card.number


def _annex(facts: Application | Cancellation, blank: Blank, book: Book) -> Contents:
    """The list goes on where the form's rows end, with running numbers over both."""
    words = {"card": CARD_WORDS[book.card_kind]}
    beyond = list(enumerate(facts.cards, start=1))[blank.rows :]
    return {
        "title": blank.annex.format(**words),
        "heads": [column.head.format(**words) for column in blank.columns],
        "widths": [column.width for column in blank.columns],
        "rows": [
            [str(place), *(SHOWS[column.shows](card, blank) for column in blank.columns)] for place, card in beyond
        ],
        "unit": facts.unit.name,
        "number": f"编号：{facts.number}",
        "foot": f"本清单{len(beyond)}张，连同表内{blank.rows}张，共{len(facts.cards)}张。",
    }


def _reason_words(card: CardLine, blank: Blank) -> str:
    """A reason in the form's own words where it has a box for it."""
    boxed = next((box.label.strip() for box in blank.boxes if card.reason in box.reasons), "")
    return boxed or (card.reason.label if card.reason else "")


SHOWS: Mapping[str, Callable[[CardLine, Blank], str]] = {
    "number": lambda card, _: card.number,
    "number_and_permission": lambda card, _: _number_and_permission(card),
    "permission": lambda card, _: card.permission,
    "place": lambda card, _: card.place,
    "reason": _reason_words,
    "handed_in": lambda card, _: {True: "是", False: "否", None: ""}[card.handed_in],
}


def _unboxed(cards: tuple[CardLine, ...], blank: Blank) -> list[str]:
    """Reasons that the form has no box for are said in the margin, since nothing is added to the form itself."""
    boxed = frozenset[Reason]().union(*(box.reasons for box in blank.boxes))
    said = [
        f"第{place}行{card.reason.label}"
        for place, card in enumerate(cards[: blank.rows], start=1)
        if card.reason and card.reason not in boxed
    ]
    return [f"注销理由：{'，'.join(said)}（表内无此项）"] if said else []


def _purposes(facts: Application, book: Book) -> Contents:
    """The book's purposes in its order with what is wanted of each, and the sum."""
    known = {purpose.name for purpose in book.purposes} or {""}
    wanted: dict[str, int] = {}
    for line in facts.wanted:
        if line.purpose not in known or line.quantity < 0:
            raise BadInput(f"“{line.purpose}”{line.quantity}张不能写入申领表", remedy="请核对用途和数量")
        wanted[line.purpose] = wanted.get(line.purpose, 0) + line.quantity
    return {
        "purposes": [
            {"label": one.label, "permission": one.permission, "quantity": str(wanted.get(one.name) or "")}
            for one in book.purposes
        ],
        "total": str(sum(wanted.values())) if wanted else "",
    }


def _kinds(book: Book, kind: UnitKind | None) -> list[Contents]:
    """The kinds of unit as the text names them; what the book tells apart within one of them stands in brackets."""
    chosen: dict[str, bool] = {}
    for unit in book.units:
        label = unit.label.partition("（")[0]
        chosen[label] = chosen.get(label, False) or unit.kind is kind
    return [{"label": label, "chosen": is_it} for label, is_it in chosen.items()]


def _moment(at: date | datetime | None) -> list[str]:
    """Year, month and day, and of a moment also hour, minute and second, in Shanghai."""
    if at is None:
        return []
    local = at.astimezone(SHANGHAI) if isinstance(at, datetime) else at
    return [str(part) for part in local.timetuple()[: 6 if isinstance(at, datetime) else 3]]
