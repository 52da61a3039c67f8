"""How facts are written on a page."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from samkeeper.lifecycle import STATES
from samkeeper.site.templatetags import words


def write(template: str, **context: object) -> str:
    return Template(template).render(Context(context))


def test_card_no_is_drawn_in_groups_and_copied_without_gaps() -> None:
    assert words.card_no("D1560000002B") == (
        '<span class="no"><span>D156</span><span>0000</span><span>002B</span></span>'
    )


def test_card_no_takes_nothing_from_a_hostile_number() -> None:
    assert "<b>" not in words.card_no("<b>1")


def test_moment_is_shanghai_time_to_the_second() -> None:
    assert words.moment(datetime(2026, 11, 21, 6, 3, 22, 999, tzinfo=UTC)).endswith(">2026-11-21 14:03:22</time>")


def test_day_of_a_moment_is_the_day_in_shanghai() -> None:
    assert ">2026-11-22<" in words.day(datetime(2026, 11, 21, 16, 0, tzinfo=UTC))
    assert ">2026-11-21<" in words.day(date(2026, 11, 21))


@pytest.mark.parametrize(
    ("fen", "written"), [(123450, "¥1,234.50"), (5, "¥0.05"), (-100, "−¥1.00"), (0, "¥0.00"), (None, "—")]
)
def test_yuan_writes_fen(fen: int | None, written: str) -> None:
    assert words.yuan(fen) == written


@pytest.mark.parametrize(
    ("number", "masked"), [("13800001234", "138****1234"), ("65551234", "65****34"), ("12", "****"), ("", "—")]
)
def test_phone_mask_hides_the_middle(number: str, masked: str) -> None:
    assert words.phone_mask(number) == masked


@pytest.mark.parametrize(("mask", "written"), [(-1, "全部业务"), (0b101, "业务种类 0、2"), (0, "无")])
def test_permissions_name_the_kinds(mask: int, written: str) -> None:
    assert words.permissions(mask) == written


@pytest.mark.parametrize("code", STATES)
def test_state_badge_has_word_and_icon_for_every_state(code: str) -> None:
    badge = words.state_badge(code)
    assert STATES[code].label in badge
    assert "<svg" in badge and 'aria-hidden="true"' in badge


@pytest.mark.parametrize(("count", "written"), [(3, "3"), (0, "0"), (-2, "缺 2")])
def test_spare_says_how_many_windows_lack_a_card(count: int, written: str) -> None:
    assert words.spare(count) == written


def test_clause_leads_to_its_article() -> None:
    written = words.clause("北京市社会保障PSAM卡管理试行办法实施细则 第八条（三）")
    assert '<a class="clause" href="/rules/beijing/#%E7%AC%AC%E5%85%AB%E6%9D%A1">' in written
    assert "本系统规则" not in written


def test_clause_of_the_house_is_marked_as_ours() -> None:
    written = words.clause("本系统规则 报失即挂失")
    assert 'class="mark mark-house">本系统规则</span>' in written
    assert 'href="/rules/house/#%E6%8A%A5%E5%A4%B1%E5%8D%B3%E6%8C%82%E5%A4%B1">报失即挂失</a>' in written


def test_clause_of_an_unknown_book_stays_plain_text() -> None:
    assert words.clause("某市办法 <第一条>") == "某市办法 <第一条>"
    assert write("{% clause text %}", text="某市办法 <第一条>") == "某市办法 &lt;第一条&gt;"


def test_basis_leads_to_the_case() -> None:
    assert 'href="/cases/2026-000001/">2026-000001</a>' in words.basis("case", "2026-000001")
    assert words.basis("order", "京2026-7") == '指令 <span class="mono">京2026-7</span>'


def test_chips_keep_other_filters_and_leave_the_page() -> None:
    request = RequestFactory().get("/cards/?q=x&state=issued&page=3")
    row = words.chips({"request": request}, "state", "状态", [("issued", "已发放", 2), ("blank", "白卡", 1)])  # type: ignore[arg-type]
    assert row["all"] == {"url": "?q=x", "on": False}
    assert [(chip["url"], chip["on"]) for chip in row["rows"]] == [
        ("?q=x&state=issued", True),
        ("?q=x&state=blank", False),
    ]


def test_sort_turns_round_when_pressed_again() -> None:
    request = RequestFactory().get("/cards/?sort=unit")
    assert words.sort({"request": request}, "unit", "单位") == {  # type: ignore[arg-type]
        "url": "?sort=-unit",
        "label": "单位",
        "order": "ascending",
    }
