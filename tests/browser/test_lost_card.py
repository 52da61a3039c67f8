"""A lost card from the custodian's phone to the officer's desk: suspended, replaced, cancelled, on the record."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.office import Office, add_card, stand_up

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[str, tuple[int, int]], Page]


@pytest.fixture
def office() -> Office:
    office = stand_up()
    add_card(office.unit, "110100000001", place="急诊收费1号窗口")
    add_card(office.unit, "110100000002", "issued")
    return office


def report_on_the_phone(page: Page) -> str:
    """Three screens: which card, when and how, check and send. The number of the case."""
    page.get_by_role("link", name="报失").last.click()
    page.get_by_text("急诊收费1号窗口").click()
    page.get_by_label("什么时候丢失或最后一次看到").fill("2026-11-20T18:30")
    page.get_by_label("丢失情况").fill("交班时发现不见了，窗口和抽屉都找过。")
    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("110100000002")).to_be_visible()
    page.get_by_role("button", name="提交报失").click()
    return page.locator(".confirmation-no").inner_text()


def cancel_at_the_desk(page: Page, case: str) -> None:
    page.get_by_role("link", name=case).click()
    expect(page.get_by_text("立即启用备用PSAM卡")).to_be_visible()
    page.get_by_role("link", name="受理材料").click()
    page.get_by_label("收到份数").fill("2")
    for mark in ("已签字", "已盖章", "填写完整"):
        page.get_by_label(mark).check()
    page.get_by_role("button", name="登记收件").click()
    page.get_by_role("link", name="注销", exact=True).click()
    expect(page.get_by_text("不能撤销")).to_be_visible()
    page.get_by_role("button", name="注销").click()
    expect(page.get_by_role("heading", name="注销")).to_be_visible()


def test_lost_card_from_phone_to_cancelled(office: Office, sign_in: SignIn) -> None:
    phone = sign_in("110101-custodian", PHONE)
    case = report_on_the_phone(phone)
    phone.get_by_role("link", name="查看案件").click()
    expect(phone.get_by_text("挂失/停用").first).to_be_visible()
    cancel_at_the_desk(sign_in("110101-officer", DESKTOP), case)
    phone.goto("/cards/110100000001/")
    line = phone.locator(".time-line > li").first
    expect(line).to_contain_text("已注销")
    expect(line).to_contain_text("第八条（三）")
    expect(line).to_contain_text(re.compile(r"第 \d+ 号"))
    phone.goto("/cards/110100000002/")
    expect(phone.locator(".time-line > li").first).to_contain_text("第八条（一）")
    expect(phone.get_by_text("急诊收费1号窗口").first).to_be_visible()


def test_jieyang_unit_sees_jieyangs_steps(sign_in: SignIn) -> None:
    office = stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    add_card(office.unit, "445200000001", place="急诊收费1号窗口")
    add_card(office.unit, "445200000002", "issued")
    phone = sign_in("445202-custodian", PHONE)
    phone.goto("/report/445200000001/")
    expect(phone.get_by_label("启用哪张备用卡")).to_have_count(0)
    phone.get_by_label("什么时候丢失或最后一次看到").fill("2026-11-20T18:30")
    phone.get_by_label("丢失情况").fill("在收费窗口遗失。")
    phone.get_by_role("button", name="继续").click()
    phone.get_by_role("button", name="提交报失").click()
    phone.get_by_role("link", name="查看案件").click()
    expect(phone.get_by_text("上报丢失情况说明").first).to_be_visible()
    expect(phone.get_by_text("第四款").first).to_be_visible()
    expect(phone.get_by_text("立即启用备用PSAM卡")).to_have_count(0)


def test_another_unit_sees_neither_card_nor_case(office: Office, sign_in: SignIn) -> None:
    stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    case = report_on_the_phone(sign_in("110101-custodian", PHONE))
    stranger = sign_in("445202-custodian", PHONE)
    for address in (f"/cases/{case}/", "/cards/110100000001/", "/report/110100000001/"):
        answer = stranger.request.get(address)
        assert answer.status == 404
        assert "急诊" not in answer.text()
