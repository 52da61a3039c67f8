"""A new book is tried over cases before it is in force: what would go differently, and why."""

from __future__ import annotations

from samkeeper.rules.book import library, load
from samkeeper.rules.evidence import Form
from samkeeper.rules.facts import Facts, Paper
from samkeeper.rules.trial import differences
from samkeeper.rules.words import Case

FORM_2 = Paper(form=Form.CANCELLATION, copies=2, signed=True, sealed=True, complete=True)


def test_same_book_changes_nothing() -> None:
    beijing = library()["beijing"]
    assert all(differences(beijing, beijing, case, Facts()) == () for case in Case)


def test_case_that_has_what_the_new_book_asks_for_goes_the_same_way() -> None:
    old = library()["beijing"]
    new = load(old.raw.replace(b"copies = 2, signed = true, sealed = true, complete", b"copies = 3, complete"))
    three = Paper(form=Form.CANCELLATION, copies=3, signed=True, sealed=True, complete=True)
    assert differences(old, new, Case.LOSS, Facts(papers=(three,))) == ()
    cancel, end = differences(old, new, Case.LOSS, Facts(papers=(FORM_2,)))
    assert (cancel.what, cancel.before) == ("注销", "可以办理")
    assert "第八条（二）〕《北京市社会保障PSAM卡注销表》（表2）须一式3份，只收到2份" in cancel.after
    assert (end.what, end.before) == ("办结", "可以办结")


def test_move_that_only_one_book_makes_is_named() -> None:
    beijing, jieyang = library()["beijing"], library()["jieyang"]
    found = {each.what: each for each in differences(beijing, jieyang, Case.LOSS, Facts(spare=True))}
    assert str(found["装机/启用（备用卡）"]) == "装机/启用（备用卡）：原可以办理；新没有这一步"


def test_case_that_a_book_does_not_know_differs_whole() -> None:
    beijing, jieyang = library()["beijing"], library()["jieyang"]
    found = differences(beijing, jieyang, Case.DISQUALIFICATION, Facts())
    assert {each.after for each in found} == {"没有这一步"}
    assert [each.what for each in found][-1] == "办结"
