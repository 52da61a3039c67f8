"""A bad rulebook does not load, and the message says where and what to do; a good new one is a file, no more."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.rules.book import Book, chosen, library, load
from samkeeper.rules.loading import link_all, parse
from samkeeper.rules.settings import chosen_settings
from samkeeper.rules.walking import check
from samkeeper.rules.warrant import Basis, BasisKind, Facts, Paper, Unmet, warrant

CITY = """
name        = "gotham"
title       = "某市PSAM卡办法"
issuer      = "某市人力资源和社会保障局"
interpreter = "某市人力资源和社会保障局"
card_kind   = "social"
place       = ["4401"]
under       = ["guangdong"]
in_force    = 2026-01-01

[names]
desk = "市卡中心"

[[article]]
no     = "第三条"
effect = "procedure"
case   = "loss"
text   = "第三条 丢失的，单位持介绍信一式3份到市卡中心，市卡中心即时注销。"
steps  = [
  { text = "单位持介绍信一式3份到市卡中心", who = "institution", needs = [{ form = "loss_statement", copies = 3 }] },
  { text = "市卡中心即时注销", who = "desk", does = "cancel" },
]
"""

# what is changed in the city's file → what the message must hold: place, fault, remedy.
FAULTS = {
    ("issuer ", "issuers "): ("gotham.toml", "issuer 缺少", "请补上"),
    ("[names]", "[nams]"): ("gotham.toml", "nams 没有这个键", "可用的键：article、card_kind"),
    ('no     = "第三条"', 'no     = "第三条"\nefect = "duty"'): ("gotham.toml 第三条", "efect 没有这个键", "effect"),
    ('"procedure"', '"proceeding"'): ("gotham.toml 第三条", "effect 不认识“proceeding”", "procedure、duty"),
    ('"loss"', '"losing"'): ("gotham.toml 第三条", "case 不认识“losing”", "loss、theft"),
    ('card_kind   = "social"', 'card_kind   = "sozial"'): ("gotham.toml", "card_kind 不认识", "social、health"),
    ('到市卡中心", who', '到卡中心", who'): ("第三条 步骤1", "text 不是条文的原文", "逐字引用"),
    ('who = "desk"', 'who = "clerk"'): ("第三条 步骤2", "who 不认识“clerk”", "institution、"),
    ('who = "desk", does', 'who = "institution", does'): ("第三条 步骤2", "who 不能办理“注销”", "received_by"),
    ('does = "cancel"', 'does = "kancel"'): ("第三条 步骤2", "does 不认识“kancel”", "receive、admit"),
    ("copies = 3", "copys = 3"): ("第三条 步骤1 要件1", "copys 没有这个键", "copies"),
    ("copies = 3", 'copies = "3"'): ("第三条 步骤1 要件1", "copies 须为整数", "请改正"),
    ("{ form =", "{ forms ="): ("第三条 步骤1 要件1", "forms 不是已知的要件", "form、card_in_hand"),
    ('under       = ["guangdong"]', 'under       = ["guandong"]'): (
        "某市PSAM卡办法",
        "没有上位规则“guandong”",
        "guangdong",
    ),
    ("2026-01-01", '"2026-01-01"'): ("gotham.toml", "in_force 须为日期", "不加引号"),
    ("[[article]]", "[article]"): ("gotham.toml", "article 须为表的列表", "[[article]]"),
    ('case   = "loss"', ""): ("gotham.toml 第三条", "case 办理流程须写明是哪种业务", "请补 case"),
    ('case   = "loss"', 'case_by_reading = "loss"'): ("gotham.toml 第三条", "reading 缺少", "理解"),
    ('case   = "loss"', 'case   = "loss"\nrefuses = ["foreign"]'): (
        "gotham.toml 第三条",
        "refuses 与 effect 不符",
        "screening",
    ),
    ('who = "desk"', 'case = "theft", who = "desk"'): ("第三条", "步骤的业务不在条文的业务之内", "loss"),
    ('title       = "某市', 'title       = "某"市'): ("gotham.toml第3行第", "不是正确的TOML格式", "引号"),
    ('who = "desk"', 'switch = "no_such", who = "desk"'): ("第三条", "switch 没有这个键", "可用的键"),
}


def city(old: str = "", new: str = "") -> bytes:
    return (CITY.replace(old, new, 1) if old else CITY).encode()


@pytest.mark.parametrize(("change", "words"), FAULTS.items())
def test_fault_is_named_with_place_and_remedy(change: tuple[str, str], words: tuple[str, ...]) -> None:
    assert change[0] in CITY
    with pytest.raises(BadInput) as refused:
        load(city(*change), "gotham.toml")
    for word in words:
        assert word in refused.value.message


def test_file_that_is_not_utf8_names_the_line() -> None:
    with pytest.raises(BadInput, match=r"gotham\.toml第3行：不是UTF-8文字"):
        load(CITY.encode("gb18030"), "gotham.toml")


def test_article_written_twice_is_refused() -> None:
    twice = CITY + CITY[CITY.index("[[article]]") :]
    with pytest.raises(BadInput, match=r"gotham\.toml 第三条：编号重复"):
        load(twice.encode(), "gotham.toml")


def test_enumerated_word_that_the_article_does_not_have_is_refused() -> None:
    wrong = CITY + '[[list]]\nname = "papers"\narticle = "第三条"\nwords = ["介绍信", "证明信"]\n'
    with pytest.raises(BadInput, match=r"gotham\.toml 第三条：“证明信”不是条文的原文"):
        load(wrong.encode(), "gotham.toml")


def test_waiver_of_an_article_that_no_parent_has_is_refused() -> None:
    wrong = city('effect = "procedure"', 'effect = "procedure"\nwaives = [{ book = "national", article = "第九十条" }]')
    with pytest.raises(BadInput, match="豁免的条文不存在：national 第九十条"):
        load(wrong, "gotham.toml")


def test_books_under_each_other_are_refused() -> None:
    one = parse(city('"guangdong"', '"other"'))
    other = parse(city('"guangdong"', '"gotham"').replace(b'"gotham"\ntitle', b'"other"\ntitle'))
    with pytest.raises(BadInput, match="规则互为上位"):
        link_all({"gotham": one, "other": other})


def test_procedure_that_the_lifecycle_cannot_walk_is_named() -> None:
    book = load(city('does = "cancel"', 'does = "recover"'), "gotham.toml")
    with pytest.raises(BadInput, match="某市PSAM卡办法 第三条：该卡处于“挂失/停用”状态，不能办理“收回”"):
        check(book)


@given(st.binary(max_size=200))
def test_no_bytes_whatever_do_anything_but_load_or_be_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        load(data, "junk.toml")


@given(st.data())
def test_damaged_file_loads_or_is_refused_and_nothing_else(data: st.DataObject) -> None:
    """A line lost or a word changed anywhere in a real book never ends in anything but a book or a clear refusal."""
    lines = library()["jieyang"].raw.decode().splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(st.sampled_from(["", lines[number] + '"', lines[number].replace("=", ""), "x = 1"]))
    try:
        load("\n".join(lines).encode(), "jieyang.toml")
    except BadInput as refused:
        assert "jieyang" in refused.message or refused.where


def gotham() -> Book:
    return load(city(), "gotham.toml")


def test_new_city_is_one_file() -> None:
    book = gotham()
    assert check(book)
    shelf = [*library().values(), book]
    assert chosen("social", "440106", date(2026, 1, 1), shelf) is book
    assert chosen("social", "440106", date(2025, 12, 31), shelf).name == "guangdong"
    procedure = book.procedure("loss")
    assert [(step.actor, step.does) for step in procedure.steps][:1] == [("使用单位", "suspend")]
    paper = Paper(form="loss_statement", copies=2)
    with pytest.raises(Unmet, match="须一式3份，只收到2份") as refused:
        warrant(procedure, procedure.making("cancel"), Facts(papers=(paper,)), basis=Basis(BasisKind.CASE, "1"))
    assert refused.value.clause == "某市PSAM卡办法 第三条"


def test_example_of_the_documentation_is_a_book() -> None:
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text("utf-8")
    example = page.split("```toml\n")[1].split("```")[0]
    assert next(procedure.case for procedure in check(load(example.encode(), "guangzhou.toml"))) == "loss"


def test_new_city_inherits_what_its_province_and_the_nation_ask() -> None:
    (report,) = [step for step in gotham().procedure("loss").steps if step.opens]
    assert report.clause.title == library()["national"].title
    assert [book.name for book in gotham().chain()] == ["gotham", "guangdong", "national", "house"]


def test_needs_of_a_parent_add_up_on_the_same_move() -> None:
    parent = parse(city('does = "cancel" }', 'does = "cancel", needs = [{ fee = "reissue" }] }'))
    lower = parse(city('"guangdong"', '"gotham"').replace(b'"gotham"\ntitle', b'"lower"\ntitle'))
    books = link_all({**{name: library()[name] for name in library()}, "gotham": parent, "lower": lower})
    cancel = books["lower"].procedure("loss").making("cancel")
    assert [need.code for need in cancel.needs] == ["need-fee-reissue"]


def test_book_reloaded_from_its_own_bytes_is_the_same_book() -> None:
    books = link_all({book.name: parse(book.raw, book.name) for book in library()["jieyang"].chain()})
    assert books["jieyang"].sha256 == library()["jieyang"].sha256
    assert books["jieyang"].procedure("loss") == library()["jieyang"].procedure("loss")


def test_changed_file_has_another_hash() -> None:
    assert gotham().sha256 != load(city("即时注销", "立即注销").replace("即时".encode(), "立即".encode())).sha256


def test_settings_are_checked_by_name_and_kind() -> None:
    house = library()["house"].settings
    assert chosen_settings(house, {"review_days": 3})["review_days"] == 3
    assert chosen_settings(house, {})["review_days"] == house["review_days"].default
    for wrong, message in (
        ({"reviewdays": 3}, "没有名为“reviewdays”的设置"),
        ({"review_days": True}, "“申领审批期限”须为整数"),
        ({"two_witnesses": 2}, "须为开关"),
        ({"review_days": -1}, "不得为负数"),
    ):
        with pytest.raises(BadInput, match=message):
            chosen_settings(house, wrong)


def test_switched_off_house_step_falls_away() -> None:
    procedure = library()["beijing"].procedure("application", {"second_officer_issue": False})
    assert all(step.clause.article != "发放复核" for step in procedure.steps)
    assert any(step.clause.article == "发放复核" for step in library()["beijing"].procedure("application").steps)
