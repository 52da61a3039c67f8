"""The five regulations are in the books word for word; the fingerprints prove it on any clone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from samkeeper.rules.book import Book, library
from samkeeper.rules.clause import bare
from samkeeper.rules.texts import compare, compare_copy, fingerprints, sentences, whole_text

NUMBERS = {"beijing": 15, "national": 34, "health": 19}
DIGITS = "一二三四五六七八九"


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else ("" if tens == 1 else DIGITS[tens - 1]) + "十") + (DIGITS[ones - 1] if ones else "")


def altered(book: Book, old: str, new: str) -> Book:
    articles = tuple(replace(article, text=article.text.replace(old, new)) for article in book.articles)
    return replace(book, articles=articles)


@pytest.mark.parametrize("name", fingerprints())
def test_book_holds_every_sentence_of_its_source_and_no_other(name: str) -> None:
    assert not compare(library()[name], fingerprints()[name])


def test_guangdong_holds_the_thirty_two_distinct_sentences_of_the_scrambled_copy() -> None:
    assert len(fingerprints()["guangdong"].sentences) == 32


@pytest.mark.parametrize(("name", "count"), NUMBERS.items())
def test_every_numbered_article_is_in_the_book(name: str, count: int) -> None:
    numbers = {article.bare_no for article in library()[name].articles}
    assert {f"第{chinese(number)}条" for number in range(1, count + 1)} <= numbers


def test_one_changed_sign_is_found() -> None:
    book = altered(library()["beijing"], "立即启用备用PSAM卡。", "立即启用备用PSAM卡．")
    difference = compare(book, fingerprints()["beijing"])
    assert len(difference.missing) == 2
    assert "立即启用备用PSAM卡．" in difference.added[0]


def test_left_out_article_is_found() -> None:
    book = library()["national"]
    shorter = replace(book, articles=tuple(a for a in book.articles if a.no != "第十三条"))
    assert compare(shorter, fingerprints()["national"]).missing


def test_changed_order_is_found() -> None:
    book = library()["beijing"]
    articles = list(book.articles)
    articles[3], articles[4] = articles[4], articles[3]
    assert compare(replace(book, articles=tuple(articles)), fingerprints()["beijing"]).order_differs


def test_readable_cells_of_the_garbled_forms_stand_in_the_rebuilt_ones() -> None:
    health = library()["health"]
    cells = fingerprints()["health"].cells
    placed = [(text, where) for text, where in cells if not where.startswith("识别噪声")]
    assert len(placed) > 60
    assert all(text in bare(health.article(where).text) for text, where in placed)


def test_parent_of_beijing_holds_only_what_the_rules_quote_of_it() -> None:
    quoting = bare(whole_text(library()["beijing"]))
    assert all(f"“{bare(article.text)}”" in quoting for article in library()["beijing_2009"].articles)


def test_copy_with_other_line_breaks_is_the_same_text() -> None:
    book = library()["jieyang"]
    copy = whole_text(book).replace("PSAM卡", "PSAM\n 卡")
    assert compare_copy(book, copy) == ((), ())
    theirs, ours = compare_copy(book, copy.replace("丢失情况说明", "情况说明"))
    assert len(theirs) == len(ours) == 1


def test_copy_with_the_garbled_tables_is_compared_without_them() -> None:
    health = library()["health"]
    (garbled,) = fingerprints()["health"].left_out
    prose = whole_text(health, without=("表1", "表2"))
    assert compare_copy(health, prose + garbled) == ((), ())
    assert len(compare_copy(health, prose)[1]) > 0


def test_sentences_are_cut_after_every_full_stop_and_left_out_parts_fall_away() -> None:
    assert sentences("页眉\n- 第一条 甲。\n乙\u3000丙。", ["页眉"]) == ("第一条甲。", "乙丙。")
