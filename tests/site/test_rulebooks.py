"""The reader of the rulebooks: the whole text, every article where links look for it, our words marked as ours."""

from __future__ import annotations

import html
import re
from urllib.parse import unquote

import pytest
from django.test import Client

from samkeeper.rules.book import library
from samkeeper.site.anchors import address_of, anchor
from tests.office import stand_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(stand_up().accounts["auditor"])
    return client


def plain(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("name", library())
def test_every_article_stands_whole_on_its_page(reader: Client, name: str) -> None:
    page = reader.get(f"/rules/{name}/").content.decode()
    shown = plain(html.unescape(page))
    for article in library()[name].articles:
        assert f'id="{html.escape(anchor(article.no))}"' in page
        assert plain(article.text.removeprefix(article.no)) in shown
        assert plain(article.reading) in shown


@pytest.mark.parametrize("name", library())
def test_every_step_leads_to_a_place_that_is_there(reader: Client, name: str) -> None:
    page = reader.get(f"/rules/{name}/").content.decode()
    for article in library()[name].articles:
        for step in article.steps:
            path, _, place = address_of(str(step.clause)).partition("#")
            assert path == f"/rules/{name}/"
            assert f'id="{html.escape(unquote(place))}"' in page


def test_readings_and_house_rules_are_marked(reader: Client) -> None:
    assert 'mark-reading">解读<' in reader.get("/rules/beijing/").content.decode()
    assert 'mark-house">本系统规则<' in reader.get("/rules/house/").content.decode()


def test_the_list_leads_to_every_book(reader: Client) -> None:
    page = reader.get("/rules/").content.decode()
    assert all(f'href="/rules/{name}/"' in page and book.title in page for name, book in library().items())


def test_an_unknown_book_is_not_there(reader: Client) -> None:
    assert reader.get("/rules/atlantis/").status_code == 404
