"""What a layout is given: a form's facts as strings, rows and boxes, for one blank of one book."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from functools import singledispatch
from zoneinfo import ZoneInfo

from samkeeper.errors import BadInput
from samkeeper.papers.blanks import Blank
from samkeeper.papers.facts import (
    Application,
    Cancellation,
    Facts,
    InternalRules,
    Letter,
    Purchase,
    Undertaking,
    UnitHead,
    Wanted,
)
from samkeeper.papers.rows import Contents, rows, unboxed
from samkeeper.rules.book import Book
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import CardKind, UnitKind, Who

SHANGHAI = ZoneInfo("Asia/Shanghai")
CARD_WORDS = {CardKind.SOCIAL: "PSAM卡", CardKind.HEALTH: "SAM卡"}
MODEL_RULES = "内部管理规定（使用单位范本）"
SECTION = re.compile("[一二三四五六七八九十]+、")


def holds_words_for(book: Book, form: Form) -> bool:
    """Whether the book holds the text, or the purposes, that the paper repeats; most papers repeat none."""
    match form:
        case Form.UNDERTAKING:
            return form in book.forms
        case Form.INTERNAL_RULES:
            return any(article.no.startswith(MODEL_RULES) for article in book.articles)
        case Form.PURCHASE_APPLICATION:
            return bool(book.purposes) and Form.APPLICATION in book.forms
    return True


@singledispatch
def contents(facts: Facts, form: Form, blank: Blank, book: Book) -> Contents:
    """What `blank` shows of `facts`. Raises `BadInput` for what the form cannot hold."""
    raise TypeError(f"{type(facts).__name__} is no paper")


@contents.register
def _application(facts: Application, form: Form, blank: Blank, book: Book) -> Contents:
    wanted = _wanted(facts.wanted, book)
    return {
        **_named(facts.unit, facts.number, form, book),
        **rows(facts, blank, CARD_WORDS[book.card_kind]),
        "purposes": [
            {"label": one.label, "permission": one.permission, "quantity": str(wanted[one.name] or "")}
            for one in book.purposes
        ],
        "total": str(wanted.total()) if facts.wanted else "",
        "kinds": _kinds(book, facts.unit.kind),
        "bank": facts.bank,
    }


@contents.register
def _cancellation(facts: Cancellation, form: Form, blank: Blank, book: Book) -> Contents:
    known = [card.handed_in for card in facts.cards if card.handed_in is not None]
    return {
        **_named(facts.unit, facts.number, form, book),
        **rows(facts, blank, CARD_WORDS[book.card_kind]),
        "returned": str(sum(known)) if known else "",
        "moment": _moment(facts.cancelled_at),
        "notes": unboxed(facts.cards, blank),
    }


@contents.register
def _undertaking(facts: Undertaking, form: Form, blank: Blank, book: Book) -> Contents:
    """The paragraphs as the book has them: title, addressee, promises, the line for the seal, the line for the date."""
    official = book.forms[form]
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
def _internal_rules(facts: InternalRules, form: Form, blank: Blank, book: Book) -> Contents:
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


@contents.register
def _purchase(facts: Purchase, form: Form, blank: Blank, book: Book) -> Contents:
    """The book's purposes as columns, a unit a row, sums to the right and below."""
    counts = [(wish.unit, _wanted(wish.wanted, book)) for wish in facts.units]
    total = sum((wanted for _, wanted in counts), Counter[str]())
    return {
        "title": book.forms[Form.APPLICATION].title,
        "subtitle": f"（{form.label}）",
        "purposes": [{"label": one.label, "permission": one.permission} for one in book.purposes],
        "units": [[str(place), unit, *_sums(wanted, book)] for place, (unit, wanted) in enumerate(counts, start=1)],
        "total": _sums(total, book),
        **{name: getattr(facts, name) for name in ("applicant", "carrier", "carrier_phone", "number")},
    }


@contents.register
def _letter(facts: Letter, form: Form, blank: Blank, book: Book) -> Contents:
    return {
        "title": form.label,
        "addressee": f"{facts.addressee}：",
        "paragraphs": [line for line in facts.body.splitlines() if line.strip()],
        "signer": facts.signer,
        "moment": _moment(facts.signed_on),
    }


def _named(unit: UnitHead, number: str, form: Form, book: Book) -> Contents:
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


def _wanted(lines: Iterable[Wanted], book: Book) -> Counter[str]:
    """How many of each of the book's purposes. Raises `BadInput` for a purpose that it does not have."""
    known = {purpose.name for purpose in book.purposes} or {""}
    counted = Counter[str]()
    for line in lines:
        if line.purpose not in known or line.quantity < 0:
            raise BadInput(f"“{line.purpose}”{line.quantity}张不能写入申领表", remedy="请核对用途和数量")
        counted[line.purpose] += line.quantity
    return counted


def _sums(wanted: Counter[str], book: Book) -> list[str]:
    """A line of the summary: each purpose, blank where nothing is wanted of it, then the sum."""
    return [*(str(wanted[purpose.name] or "") for purpose in book.purposes), str(wanted.total())]


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
