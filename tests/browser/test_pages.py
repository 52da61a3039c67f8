"""Every page in a real browser, at desk and phone width and in large text: nothing hangs over, nothing is refused by
the security policy, nothing fails to load, and axe finds no serious fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from samkeeper.registry.models import Card
from samkeeper.site.frame import LARGE_TEXT
from tests.browser.conftest import DESKTOP, PHONE
from tests.office import Office, add_card, add_unit, report_lost, stand_up

pytestmark = pytest.mark.django_db(transaction=True)

SignIn = Callable[[str, tuple[int, int]], Page]

LONG_NAME = "首都医科大学附属北京同仁医院亦庄院区（北京经济技术开发区荣昌东街社区卫生服务中心联合门诊部）"
LONG_PLACE = "门诊楼二层东侧医疗保险综合服务区自助缴费与结算一体化终端第十二号机位（夜间值守）"
STATES = ("in_service", "in_service", "issued", "suspended", "handed_in", "cancelled", "returned", "destroyed")

PAGES = {
    "officer": (
        "/",
        "/cards/",
        "/cards/?q=没有这张卡",
        "/cards/D15600000000/",
        "/cards/D15600000006/?at=2026-03-04T12:00:00",
        "/cards/D15600000000/?known_at=0",
        "/institutions/",
        "/institutions/1101010001/",
        "/search/",
        "/search/?q=D156",
        "/search/?q=没有这个",
        "/rules/",
        "/rules/beijing/",
        "/rules/house/",
        "/ledger/",
        "/ledger/1/",
        "/cards/D15600009999/",
        "/cases/{case}/",
    ),
    "custodian": (
        "/",
        "/scan/",
        "/scan/?no=12345",
        "/report/",
        "/report/D15600000001/",
        "/mine/",
        "/mine/password/",
        "/cases/{case}/",
    ),
}


@pytest.fixture
def office(live_server: LiveServer) -> Office:
    """A unit with the longest of names and places and a card in every state it can have."""
    office = stand_up(unit=LONG_NAME)
    add_unit(office.desk, "1101010002", "东城区永安堂大药房", windows=1, kind="designated_pharmacy")
    for place, state in enumerate(STATES):
        add_card(office.unit, f"D1560000{place:04X}", state, actor=office.accounts["officer"], place=LONG_PLACE)
    return office


@pytest.fixture
def case(office: Office) -> str:
    """The number of a lost card's case."""
    return report_lost(Card.objects.get(sam_no="D15600000000"), office.accounts["custodian"])


def faults(page: Page) -> list[Any]:
    """What axe finds serious or worse, with where it is."""
    found = Axe().run(page).response["violations"]
    serious = (fault for fault in found if fault["impact"] in ("serious", "critical"))
    return [(fault["id"], [node["target"] for node in fault["nodes"]]) for fault in serious]


def look(page: Page, path: str) -> list[Any]:
    """What is wrong with the page at `path`."""
    said: list[Any] = []

    def hear(message: ConsoleMessage) -> None:
        # A page that is meant to be missing or refused is no fault.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            said.append(message.text)

    page.on("console", hear)
    page.goto(path)
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
        said.append("hangs over")
    page.remove_listener("console", hear)
    return [(path, *said, *found)] if (found := faults(page)) or said else []


@pytest.mark.parametrize("large", [False, True], ids=["usual", "large"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("role", PAGES)
def test_pages_are_whole(
    chromium: Browser,
    live_server: LiveServer,
    office: Office,
    case: str,
    client: Client,
    role: str,
    size: tuple[int, int],
    large: bool,
) -> None:
    client.force_login(office.accounts[role])
    width, height = size
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": width, "height": height}, base_url=live_server.url
    )
    page = context.new_page()
    if large:
        context.add_cookies([{"name": LARGE_TEXT, "value": "1", "url": live_server.url}])
    wrong = look(page, "/sign-in/")
    session = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    wrong += [each for path in PAGES[role] for each in look(page, path.format(case=case))]
    context.close()
    assert wrong == []


def test_the_slash_leads_to_the_search_box(office: Office, sign_in: SignIn) -> None:
    page = sign_in("110101-officer", DESKTOP)
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")
    page.keyboard.press("/")
    page.keyboard.type("D1560000 0001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cards/D15600000001/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("在用")


def test_a_list_is_walked_with_the_keyboard(office: Office, sign_in: SignIn) -> None:
    page = sign_in("110101-officer", DESKTOP)
    expect(page.get_by_role("heading", level=1)).to_have_text("待办")
    page.goto("/cards/")
    page.locator(".list tbody a").first.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**/cards/D15600000001/")


def test_a_scanner_opens_the_card_without_a_touch(office: Office, sign_in: SignIn) -> None:
    """A wedge scanner types the number and Enter into the box that has the focus."""
    page = sign_in("110101-custodian", PHONE)
    page.get_by_role("link", name="扫一扫").click()
    page.wait_for_url("**/scan/")
    page.keyboard.type("d15600000002\n")
    page.wait_for_url("**/cards/D15600000002/")


def test_the_menu_opens_on_a_phone_without_script(
    chromium: Browser, live_server: LiveServer, office: Office, client: Client
) -> None:
    client.force_login(office.accounts["officer"])
    width, height = PHONE
    context = chromium.new_context(
        java_script_enabled=False, viewport={"width": width, "height": height}, base_url=live_server.url
    )
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/cards/")
    page.locator(".top-menu summary").click()
    page.locator(".top-menu").get_by_role("link", name="规则").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("规则")
    context.close()
