"""How facts are written on a page: numbers, moments, money, states, clauses. Loaded into every template."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from samkeeper.lifecycle import MOVES, STATES
from samkeeper.rules.clause import HOUSE_TITLE
from samkeeper.rules.warrant import BasisKind
from samkeeper.site.anchors import address_of, anchor

register = template.Library()

NOTHING = "—"
CARD_NO = re.compile("[0-9A-F]{12}")

ENTRY_KINDS = {
    "card:move": "卡的变动",
    "case:open": "立案",
    "case:papers": "收件",
    "case:show": "核验登记",
    "case:card": "选定新卡",
    "case:sign": "签办",
    "case:step": "登记步骤",
    "case:done": "办结",
    "case:withdrawn": "撤回",
    "paper:issue": "出具文书",
    "import:done": "清单导入",
    "ledger:fork": "备份恢复",
}

BASES = {BasisKind.CASE: "案件", BasisKind.ORDER: "指令", BasisKind.RUN: "制卡批次"}

# State -> (icon, tone). The word stands beside both, so that colour is never the only sign.
STATE_LOOKS = {
    "blank": ("square", "plain"),
    "initialized": ("cpu", "plain"),
    "personalized": ("id", "plain"),
    "in_stock": ("package", "stock"),
    "issued": ("plug", "ready"),
    "in_service": ("plug-connected", "working"),
    "suspended": ("player-pause", "held"),
    "handed_in": ("inbox", "bench"),
    "cancelled": ("ban", "ended"),
    "returned": ("archive", "gone"),
    "destroyed": ("trash-x", "gone"),
}


@cache
def _drawing(name: str) -> str:
    """The strokes of an icon: what lies inside its <svg>."""
    whole = (settings.ICONS / "outline" / f"{name}.svg").read_text()
    inside = whole[whole.index(">", whole.index("<svg")) + 1 : whole.rindex("</svg>")]
    return re.sub(r"\s*\n\s*", "", inside)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An icon as part of the page; decoration only, since a word always stands beside it."""
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        mark_safe(_drawing(name)),  # noqa: S308 (our own static file)
    )


register.filter("anchor", anchor)


@register.filter
def card_no(number: str | None) -> str:
    """A number in groups of four; the gaps are drawn, so that a copied number has none."""
    if not number:
        return NOTHING
    groups = ((number[start : start + 4],) for start in range(0, len(number), 4))
    return format_html('<span class="no">{}</span>', format_html_join("", "<span>{}</span>", groups))


@register.filter
def moment(value: datetime | None) -> str:
    """A moment in Asia/Shanghai, to the second."""
    if value is None:
        return NOTHING
    local = localtime(value)
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), local.strftime("%Y-%m-%d %H:%M:%S"))


@register.filter
def day(value: date | None) -> str:
    if value is None:
        return NOTHING
    local = localtime(value) if isinstance(value, datetime) else value
    return format_html('<time datetime="{0}">{0}</time>', local.strftime("%Y-%m-%d"))


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as money: 123450 is ¥1,234.50."""
    if fen is None:
        return NOTHING
    sign = "−" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02}"


@register.filter
def phone_mask(number: str) -> str:
    """A telephone number with its middle hidden: 138****1234, 65****34."""
    if not number:
        return NOTHING
    head, tail = (3, 4) if len(number) >= 11 else (2, 2)
    hidden = len(number) - head - tail
    return f"{number[:head]}{'*' * hidden}{number[-tail:]}" if hidden > 0 else "****"


@register.filter
def permissions(mask: int) -> str:
    """A permission mask as the kinds of business it opens."""
    if mask == -1:
        return "全部业务"
    kinds = "、".join(str(bit) for bit in range(32) if mask >> bit & 1)
    return f"业务种类 {kinds}" if kinds else "无"


@register.simple_tag
def state_badge(code: str) -> SafeString:
    """A card's state as word, icon and colour."""
    drawn, tone = STATE_LOOKS[code]
    return format_html('<span class="state state-{}">{}{}</span>', tone, icon(drawn), STATES[code].label)


@register.simple_tag
def state_icon(code: str) -> SafeString:
    """The icon of a state alone, where its word stands near."""
    return icon(STATE_LOOKS[code][0])


@register.simple_tag
def spare(count: int) -> str:
    """Spare cards as a count; below nothing, how many windows have no card (北京细则 第五条)."""
    return str(count) if count >= 0 else f"缺 {-count}"


@register.simple_tag
def clause(printed: str) -> str:
    """A clause as printed, leading to its article; a house rule says that it is ours."""
    ours = printed.startswith(HOUSE_TITLE)
    words: str = printed.removeprefix(HOUSE_TITLE).strip() if ours else printed
    if where := address_of(printed):
        words = format_html('<a class="clause" href="{}">{}</a>', where, words)
    return format_html("{} {}", mark("house"), words) if ours else words or NOTHING


@register.simple_tag
def basis(kind: str, number: str) -> SafeString:
    """What an act rests on; a case leads to its page."""
    label = BASES[BasisKind(kind)]
    if kind == BasisKind.CASE:
        page = reverse("casework:case", args=[number])
        return format_html('{} <a class="mono" href="{}">{}</a>', label, page, number)
    return format_html('{} <span class="mono">{}</span>', label, number)


@register.filter
def move_label(code: str) -> str:
    """A move of the lifecycle in its own word."""
    return MOVES[code].label


@register.filter
def entry_kind(code: str) -> str:
    """What an entry of the record is about, in words."""
    return ENTRY_KINDS.get(code, "其他事项")


@register.filter
def subject(written: str) -> str:
    """What an entry is about: a card's number in groups, anything else as it is."""
    return card_no(written) if CARD_NO.fullmatch(written) else format_html('<span class="mono">{}</span>', written)


@register.simple_tag
def mark(kind: str) -> SafeString:
    """The marks that keep our own words apart from the law's: a reading, or a house rule."""
    words = {"reading": "解读", "house": HOUSE_TITLE}[kind]
    return format_html('<span class="mark mark-{}">{}</span>', kind, words)


@register.inclusion_tag("site/chips.html", takes_context=True)
def chips(context: RequestContext, name: str, label: str, choices: list[tuple[str, str, int]]) -> dict[str, Any]:
    """Filters as chips with counts. `choices`: (value, word, count); the first chip takes the filter off."""
    query = context["request"].GET
    now = query.get(name, "")

    def link(value: str) -> str:
        changed = query.copy()
        changed.pop("page", None)
        changed.pop(name, None)
        if value:
            changed[name] = value
        return f"?{changed.urlencode()}"

    rows = [{"url": link(value), "word": word, "count": count, "on": value == now} for value, word, count in choices]
    return {"label": label, "all": {"url": link(""), "on": not now}, "rows": rows}


@register.inclusion_tag("site/sort.html", takes_context=True)
def sort(context: RequestContext, field: str, label: str) -> dict[str, str]:
    """A column's head that sorts by `field`, and back when pressed again."""
    query = context["request"].GET.copy()
    now = query.get("sort", "")
    query.pop("page", None)
    query["sort"] = f"-{field}" if now == field else field
    order = {field: "ascending", f"-{field}": "descending"}.get(now, "none")
    return {"url": f"?{query.urlencode()}", "label": label, "order": order}
