"""The cards on a form: as many rows as it prints, its boxes, and the list for what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from samkeeper.lifecycle import Reason
from samkeeper.papers.blanks import Blank
from samkeeper.papers.facts import Application, Cancellation, CardLine

Contents = dict[str, Any]


def rows(facts: Application | Cancellation, blank: Blank, card_word: str) -> Contents:
    """As many rows as the form has, empty ones empty; what does not fit goes on the list."""
    here = list(facts.cards[: blank.rows])
    lines = here + [CardLine()] * (blank.rows - len(here))
    return {
        "rows": blank.rows,
        "cards": [_row(card, blank) for card in lines],
        "annex": _annex(facts, blank, card_word) if len(facts.cards) > blank.rows else None,
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


def _annex(facts: Application | Cancellation, blank: Blank, card_word: str) -> Contents:
    """The list goes on where the form's rows end, with running numbers over both."""
    beyond = list(enumerate(facts.cards, start=1))[blank.rows :]
    return {
        "title": blank.annex.format(card=card_word),
        "heads": [column.head.format(card=card_word) for column in blank.columns],
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


def unboxed(cards: tuple[CardLine, ...], blank: Blank) -> list[str]:
    """Reasons that the form has no box for are said in the margin, since nothing is added to the form itself."""
    boxed = frozenset[Reason]().union(*(box.reasons for box in blank.boxes))
    said = [
        f"第{place}行{card.reason.label}"
        for place, card in enumerate(cards[: blank.rows], start=1)
        if card.reason and card.reason not in boxed
    ]
    return [f"注销理由：{'，'.join(said)}（表内无此项）"] if said else []
