"""Reading one step of an article and its needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from samkeeper.lifecycle import MOVES, Reason
from samkeeper.rules.articles import Anchor, OfficialForm, Step
from samkeeper.rules.clause import HOUSE_TITLE, Clause, bare, wide
from samkeeper.rules.evidence import Form
from samkeeper.rules.needs import NEEDS, Need
from samkeeper.rules.table import Table
from samkeeper.rules.words import CardRole, Case, Refund, When, Who


@dataclass(frozen=True, slots=True)
class Context:
    """What a step must know of its book."""

    title: str
    names: Mapping[Who, str]
    forms: Mapping[Form, OfficialForm]
    is_house: bool


def read_step(table: Table, context: Context, article: str, article_text: str) -> Step:
    item = wide(table.text("no", ""))
    text = table.text("text", "") or item_text(article_text, item)
    who = table.word("who", Who)
    clause = Clause(HOUSE_TITLE if context.is_house else context.title, article, item)
    does = table.text("does", "") or None
    received_by = table.maybe("received_by", Who)
    step = Step(
        key=clause.short + (f"/{does}" if does else ""),
        clause=clause,
        text=text,
        who=who,
        actor=context.names.get(who, who.label),
        does=does,
        card=table.word("card", CardRole, CardRole.SUBJECT),
        reason=table.maybe("reason", Reason),
        needs=tuple(read_need(need, context, str(clause)) for need in table.tables("needs", "要件")),
        when=table.maybe("when", When),
        received_by=received_by,
        receiver=context.names.get(received_by, received_by.label) if received_by else "",
        refund=table.maybe("refund", Refund),
        opens=table.maybe("opens", Case),
        cases=frozenset(table.words("case", Case)),
        anchor=_anchor(table),
        switch=table.text("switch", "") or None if context.is_house else None,
        is_house=context.is_house,
    )
    table.done()
    _check(step, table, article_text)
    return step


def item_text(article_text: str, item: str) -> str:
    """The paragraph of an article that begins with this item number, without the number; "" where there is none."""
    for line in article_text.splitlines():
        plain = line.strip()
        if item and wide(plain).startswith(item):
            return plain[len(item) :].strip()
    return "" if item else article_text.strip()


def _check(step: Step, table: Table, article_text: str) -> None:
    if not step.text:
        raise table.bad("no", f"条文中没有以“{step.clause.item}”开头的一项", "请核对项号，或写明 text")
    if bare(step.text) not in bare(article_text):
        raise table.bad("text", "不是条文的原文", f"请逐字引用，现为“{step.text[:20]}…”")
    if step.does is None:
        return
    if step.does not in MOVES:
        raise table.bad("does", f"不认识“{step.does}”", f"可用的词：{'、'.join(MOVES)}")
    if step.part not in MOVES[step.does].by:
        parts = "、".join(sorted(MOVES[step.does].by))
        raise table.bad("who", f"不能办理“{MOVES[step.does].label}”", f"须由 {parts} 一方办理，或写明 received_by")


def _anchor(table: Table) -> Anchor | None:
    place = table.text("place", "")
    if place not in ("", "first", "last"):
        raise table.bad("place", f"不认识“{place}”", "可用的词：first、last")
    for side in ("before", "after"):
        move = table.text(side, "")
        if move and move not in MOVES:
            raise table.bad(side, f"不认识“{move}”", f"可用的词：{'、'.join(MOVES)}")
        if move:
            return Anchor(side=side, move=move)
    return Anchor(side=place) if place else None


def read_need(table: Table, context: Context, clause: str) -> Need:
    """One need: its first key names the class, the rest its demands."""
    key = next(iter(table.data), "")
    if key not in NEEDS:
        raise table.bad(key, "不是已知的要件", f"可用的要件：{'、'.join(NEEDS)}")
    kind = NEEDS[key]
    values = {name: _value(table, name, hint) for name, hint in _hints(key).items() if name in table.data}
    table.asked.extend(_hints(key))
    table.done()
    if key == "form":
        official = context.forms.get(values["form"])
        values["title"] = official.name if official else ""
    return kind(clause=clause, ours=context.is_house, **values)


@cache
def _hints(key: str) -> dict[str, Any]:
    """The keys that a book may write for this need, with their types."""
    kind = NEEDS[key]
    hints = get_type_hints(kind)
    return {each.name: hints[each.name] for each in fields(kind) if each.name not in ("clause", "ours", "title")}


def _value(table: Table, name: str, hint: Any) -> Any:
    if hint is bool:
        return table.flag(name)
    if hint is int:
        return table.number(name, 1)
    if get_origin(hint) is tuple:
        return table.words(name, get_args(hint)[0])
    if issubclass(hint, StrEnum):
        return table.word(name, hint)
    raise TypeError(f"{name}: no reader for {hint}")
