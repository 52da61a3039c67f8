"""A real Chromium against the whole site, served with real connections to the test database."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.office import PASSWORD

# Playwright keeps an event loop in this thread; Django's guard would take our plain queries for a mistake.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

DESKTOP, PHONE = (1440, 900), (390, 844)
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-component-update", *QUIET]
        )
        yield browser
        browser.close()


@pytest.fixture
def sign_in(chromium: Browser, live_server: LiveServer) -> Iterator[Callable[[str, tuple[int, int]], Page]]:
    """Open a window of that size and sign in; whatever the page complains about fails the test."""
    pages: list[Page] = []
    complaints: list[str] = []

    def enter(username: str, size: tuple[int, int]) -> Page:
        width, height = size
        page = chromium.new_page(
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            base_url=live_server.url,
        )
        pages.append(page)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto("/sign-in/")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(f"{live_server.url}/")
        return page

    yield enter
    for page in pages:
        page.close()
    assert complaints == []
