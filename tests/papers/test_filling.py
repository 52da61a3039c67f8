"""What is filled in stands in its cell; what does not fit goes on the list; what is not known stays blank."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput, Refused
from samkeeper.lifecycle import Reason
from samkeeper.papers.forms import (
    Application,
    Cancellation,
    CardLine,
    Letter,
    Purchase,
    UnitHead,
    UnitWish,
    filling,
    layout,
    render,
)
from samkeeper.rules.book import library
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import UnitKind
from tests.papers.samples import AT, FORMS, UNIT, Wanted, bare, cards, facts_of, form_of, pages, text, wanted

# Blank lines for cards on each form.
ROWS = dict(zip(FORMS, (7, 4, 3, 3, 7, 4), strict=True))

# As long as the register lets them be.
LONG = UnitHead(
    name="很长的单位名称" * 14,
    area="东城区" * 4,
    department="某某管理部门" * 5,
    custodian="阿卜杜拉·买买提江·" * 5,
    phone="010-58269911转80012345",
    address="北京市东城区崇文门内大街八号院" * 13,
    code="11010100010101000101010001010101",
)


def chosen(form: Form, book: str, reason: Reason | None) -> list[str]:
    """The labels of the boxes with a stroke in the first row."""
    card = replace(cards(1)[0], reason=reason)
    first = filling(form_of(book, form), Cancellation(unit=UNIT, cards=(card,)))["cards"][0]
    return [box["label"].strip() for box in first["reasons"] if box["chosen"]]


def test_beijing_application_is_filled_after_issue() -> None:
    facts = Application(unit=UNIT, wanted=wanted(hospital=5, outlet=1), cards=cards(6), number="2026-000001")
    printed = text(render(form_of("beijing", Form.APPLICATION), facts), 1, layout=True)
    rows = [bare(line) for line in printed.splitlines() if line.strip()]
    assert "编号：2026-000001" in rows
    assert "使用单位名称北京同仁医院" in rows
    assert "所属区县东城区管理部门医务处" in rows
    assert "PSAM卡管理员王保管联系电话010-58269911" in rows
    assert "单位地址崇文门内大街8号单位医保编码01010001" in rows
    assert "用于医院结算5" in rows
    assert "自助服务终端" in rows
    assert "总计6张" in rows
    assert "D15600000006（门诊结算）收费处6号窗口" in rows


def test_cancellation_says_the_moment_of_the_act_in_shanghai_to_the_second() -> None:
    for book in ("beijing", "health", "jieyang"):
        printed = bare(text(render(form_of(book, Form.CANCELLATION), facts_of(Form.CANCELLATION, 1)), 1))
        assert "注销时间" in printed
        assert "2026年11月21日14时3分22秒" in printed


@pytest.mark.parametrize(("book", "form"), FORMS)
@pytest.mark.parametrize("beyond", [0, 1])
def test_cards_beyond_the_rows_of_the_form_go_on_its_list(book: str, form: Form, beyond: int) -> None:
    rows = ROWS[book, form]
    pdf = render(form_of(book, form), facts_of(form, rows + beyond))
    assert pages(pdf) == form_of(book, form).copies * (1 + beyond)
    on_form = text(pdf, 1)
    assert all(f"D1560000{row:04}" in on_form for row in range(1, rows + 1))
    assert f"D1560000{rows + 1:04}" not in on_form
    if beyond:
        listed = bare(text(pdf, 2))
        assert "清单" in listed and "编号：2026-000001" in listed and UNIT.name in listed
        assert f"{rows + 1}D1560000{rows + 1:04}" in listed
        assert f"本清单1张，连同表内{rows}张，共{rows + 1}张。" in listed


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_two_hundred_cards_all_stand_on_both_copies(book: str, form: Form) -> None:
    printed = text(render(form_of(book, form), facts_of(form, 200)))
    found = re.findall(r"D1560000\d{4}", printed)
    assert sorted(set(found)) == [f"D1560000{row:04}" for row in range(1, 201)]
    assert len(found) == 200 * form_of(book, form).copies


@pytest.mark.parametrize(("book", "form"), FORMS)
def test_longest_entries_stay_on_the_page_and_in_their_cells(book: str, form: Form) -> None:
    full = tuple(replace(card, number="9" * 20, place="门诊楼一层收费处窗口" * 10) for card in cards(ROWS[book, form]))
    pdf = render(form_of(book, form), replace(facts_of(form, 0, LONG), cards=full))
    assert pages(pdf) == form_of(book, form).copies
    printed = bare(text(pdf, 1))
    assert all(value in printed for value in (LONG.name, LONG.address, LONG.custodian, LONG.code))


@pytest.mark.parametrize(
    ("book", "reason", "labels"),
    [
        ("beijing", Reason.LOST, ["丢失"]),
        ("beijing", Reason.DAMAGED, ["损坏"]),
        ("beijing", Reason.FORCE_MAJEURE, ["损坏"]),
        ("beijing", Reason.OUTLET_CLOSED, ["业务网点取消"]),
        ("beijing", Reason.STOLEN, []),
        ("beijing", None, []),
        ("health", Reason.LOST, ["丢失"]),
        ("health", Reason.UNIT_REQUEST, []),
        ("jieyang", Reason.LOST, ["丢失（附情况说明）"]),
        ("jieyang", Reason.BUSINESS_CHANGE, ["业务调整无需再使用"]),
        ("jieyang", Reason.FORCE_MAJEURE, ["不可抗拒原因损坏"]),
        ("jieyang", Reason.DAMAGED, []),
    ],
)
def test_reason_strikes_the_box_that_says_it_and_no_other(book: str, reason: Reason | None, labels: list[str]) -> None:
    assert chosen(Form.CANCELLATION, book, reason) == labels


def test_reason_without_a_box_is_said_in_the_margin_once_for_its_rows() -> None:
    facts = Cancellation(unit=UNIT, cards=(*cards(1), *cards(2, Reason.STOLEN), *cards(3, Reason.EXPIRED)))
    notes = filling(form_of("beijing", Form.CANCELLATION), facts)["margin"]["notes"]
    assert notes == ["注销理由：第2行被盗，第3行被盗，第4行超过使用有效期限（表内无此项）"]
    assert filling(form_of("beijing", Form.CANCELLATION), facts_of(Form.CANCELLATION, 4))["margin"]["notes"] == []


@pytest.mark.parametrize(
    ("handed_in", "printed"),
    [([True, False, True], "2"), ([False], "0"), ([None, None], ""), ([], ""), ([True, None], "1")],
)
def test_health_cancellation_counts_the_cards_handed_back(handed_in: list[bool | None], printed: str) -> None:
    lines = tuple(CardLine(number="1", handed_in=each) for each in handed_in)
    assert filling(form_of("health", Form.CANCELLATION), Cancellation(unit=UNIT, cards=lines))["returned"] == printed


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["read_only", "read_write", "psychiatric", "unlock"]), st.integers(0, 999))))
def test_total_is_the_sum_of_what_is_wanted(lines: list[tuple[str, int]]) -> None:
    facts = Application(unit=UNIT, wanted=tuple(Wanted(purpose=name, quantity=n) for name, n in lines))
    filled = filling(form_of("health", Form.APPLICATION), facts)
    assert filled["total"] == (str(sum(n for _, n in lines)) if lines else "")
    assert sum(int(row["quantity"] or 0) for row in filled["purposes"]) == sum(n for _, n in lines)


def test_purpose_that_the_form_does_not_have_is_refused() -> None:
    with pytest.raises(BadInput, match="不能写入申领表"):
        render(form_of("beijing", Form.APPLICATION), Application(unit=UNIT, wanted=wanted(read_only=1)))


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        (UnitKind.DESIGNATED_MEDICAL, "揭阳市基本医疗保险定点医药机构"),
        (UnitKind.DESIGNATED_PHARMACY, "揭阳市基本医疗保险定点医药机构"),
        (UnitKind.COOPERATING_BANK, "社会保障卡合作银行"),
    ],
)
def test_kind_of_unit_strikes_one_of_the_four_boxes_of_the_notice(kind: UnitKind, label: str) -> None:
    filled = filling(form_of("jieyang", Form.APPLICATION), Application(unit=replace(UNIT, kind=kind)))
    assert [box["label"] for box in filled["kinds"] if box["chosen"]] == [label]
    assert len(filled["kinds"]) == 4


def test_rare_characters_of_names_are_printed() -> None:
    facts = Cancellation(unit=replace(UNIT, custodian="刘𬭎、王䶮、李㛃、赵𫖯"))
    assert "刘𬭎、王䶮、李㛃、赵𫖯" in bare(text(render(form_of("beijing", Form.CANCELLATION), facts)))


def test_sign_that_no_font_has_is_refused_and_named() -> None:
    facts = Cancellation(unit=replace(UNIT, custodian="王\ue000"))
    with pytest.raises(BadInput, match=r"e000.*无字形"):
        render(form_of("beijing", Form.CANCELLATION), facts)


def test_what_people_type_is_never_read_as_markup() -> None:
    typed = '#read("/etc/passwd") *粗* $x$ \\ <a> [b] "'
    facts = Cancellation(unit=replace(UNIT, name=typed))
    assert bare(typed) in bare(text(render(form_of("beijing", Form.CANCELLATION), facts), 1))


def test_year_of_the_act_is_that_of_shanghai() -> None:
    facts = Cancellation(unit=UNIT, cancelled_at=datetime(2026, 12, 31, 16, 0, 1, tzinfo=UTC))
    assert filling(form_of("beijing", Form.CANCELLATION), facts)["moment"] == ["2027", "1", "1", "0", "0", "1"]


def test_paper_that_has_no_layout_is_refused_by_name() -> None:
    for form in (
        Form.CONFIDENTIALITY_AGREEMENT,
        Form.UNDERTAKING,
        Form.INTERNAL_RULES,
    ):
        with pytest.raises(Refused, match=f"“{form.label}”没有可打印的式样"):
            layout(library()["beijing"], form)
    with pytest.raises(Refused, match="没有可打印的式样"):
        layout(library()["jieyang"], Form.PURCHASE_APPLICATION)


def test_facts_of_another_paper_are_a_mistake_of_the_caller() -> None:
    with pytest.raises(TypeError, match="beijing-application is filled from Application, not Cancellation"):
        render(form_of("beijing", Form.APPLICATION), Cancellation(unit=UNIT))


def test_book_without_a_form_of_its_own_gets_the_house_s_and_says_so() -> None:
    form = layout(library()["guangdong"], Form.APPLICATION)
    filled = filling(form, Application(unit=UNIT, cards=cards(8)))
    assert filled["title"] == "申领表"
    assert filled["annex"]["title"] == "PSAM卡应用统计清单"
    assert filled["margin"]["notes"] == ["式样未随文公布，本式样系推定"]
    assert render(form, Application(unit=UNIT, cards=cards(8)), format="png", page=2).startswith(b"\x89PNG")


def test_province_s_application_lists_its_units_and_adds_them_up() -> None:
    facts = Purchase(
        applicant="示例省居民健康卡注册管理中心",
        units=(
            UnitWish(unit="示例市第一医院", wanted=wanted(read_only=10, read_write=2)),
            UnitWish(unit="示例市精神病院", wanted=wanted(read_only=1, psychiatric=3)),
        ),
        carrier="李领卡",
        number="2026-000003",
    )
    printed = bare(text(render(form_of("health", Form.PURCHASE_APPLICATION), facts)))
    assert "1示例市第一医院102122示例市精神病院134总计112316" in printed
    assert "申请单位(公章):示例省居民健康卡注册管理中心领卡专人:李领卡" in printed
    assert "编号:2026-000003" in printed
    assert "式样未随文公布，本式样系推定" in printed


def test_letter_keeps_its_paragraphs_and_says_that_its_form_is_ours() -> None:
    facts = Letter(
        addressee="揭阳市人力资源和社会保障局",
        body="清点时发现丢失。\n\n已在系统中挂失。",
        signer="揭阳市人民医院",
        signed_on=date(2026, 11, 21),
    )
    printed = bare(text(render(form_of("jieyang", Form.LOSS_STATEMENT), facts)))
    assert printed == (
        "格式未作规定，本式样为本系统所拟丢失情况说明揭阳市人力资源和社会保障局："
        "清点时发现丢失。已在系统中挂失。揭阳市人民医院（盖章）2026年11月21日第1页，共1页"
    )


def test_moment_of_filing_leaves_the_authority_s_fields_blank() -> None:
    facts = Application(
        unit=UNIT, wanted=wanted(hospital=2), cards=(CardLine(place="一号窗口"), CardLine(place="二号窗口"))
    )
    printed = bare(text(render(form_of("beijing", Form.APPLICATION), facts), 1))
    assert "编号：使用单位名称" in printed
    assert "一号窗口二号窗口" in printed
    assert str(AT.year) not in printed
