"""Every address of the site, for every role: who gets a page, who is told that there is none, who signs in first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from samkeeper.ledger.models import Entry
from samkeeper.parties.models import Account
from tests.office import Office, add_card, report_lost, stand_up

pytestmark = pytest.mark.django_db

ROLES = ("custodian", "officer", "checker", "auditor", "stranger", "nobody")

# Address -> what it is asked for, and the answers to GET in the order of ROLES. "stranger" is another bureau's officer.
PAGES: dict[str, tuple[dict[str, object], str]] = {
    "sign-in": ({}, "302 302 302 302 302 200"),
    "sign-out": ({}, "405 405 405 405 405 302"),
    "mine": ({}, "200 200 200 200 200 302"),
    "password": ({}, "200 200 200 200 200 302"),
    "large-text": ({}, "405 405 405 405 405 405"),
    "search": ({}, "200 200 200 200 200 302"),
    "scan": ({}, "200 200 200 200 200 302"),
    "rules": ({}, "200 200 200 200 200 302"),
    "rulebook": ({"name": "beijing"}, "200 200 200 200 200 302"),
    "record": ({}, "200 200 200 200 200 302"),
    "entry": ({"seq": 0}, "200 200 200 200 404 302"),
    "papers:verify": ({"token": "unknown"}, "404 404 404 404 404 404"),
    "registry:cards": ({}, "200 200 200 200 200 302"),
    "registry:columns": ({}, "405 405 405 405 405 302"),
    "registry:csv": ({}, "200 200 200 200 200 302"),
    "registry:xlsx": ({}, "200 200 200 200 200 302"),
    "registry:card": ({"sam_no": "D15600000001"}, "200 200 200 200 404 302"),
    "registry:institutions": ({}, "302 200 200 200 200 302"),
    "registry:institution": ({"unit_no": "1101010001"}, "200 200 200 200 404 302"),
    "casework:worklist": ({}, "200 200 200 200 200 302"),
    "casework:report": ({}, "200 200 409 409 200 302"),
    "casework:report-card": ({"sam_no": "D15600000003"}, "200 200 409 409 404 302"),
    "casework:case": ({"no": ""}, "200 200 200 200 404 302"),
    "casework:papers": ({"no": ""}, "200 200 200 200 404 302"),
    "casework:print": ({"no": "", "form": "cancellation"}, "405 405 405 405 405 302"),
    "casework:note": ({"no": ""}, "405 405 405 405 405 302"),
    "casework:sign": ({"no": ""}, "405 405 405 405 405 302"),
    "casework:new-card": ({"no": ""}, "409 200 409 409 404 302"),
    "casework:start": ({}, "200 302 409 409 302 302"),
    "casework:start-kind": ({"kind": "damage"}, "200 404 409 409 404 302"),
    "casework:step": ({"no": "", "place": 0}, "200 200 200 200 404 302"),
    "casework:done": ({"no": ""}, "200 200 200 200 404 302"),
}


@dataclass(frozen=True)
class Site:
    """Two offices, a card that was reported lost, its case and the ledger entry of its last move."""

    office: Office
    stranger: Account
    no: str
    seq: int

    def url(self, name: str) -> str:
        given, _ = PAGES[name]
        known = {"no": self.no, "seq": self.seq}
        return reverse(name, kwargs={key: known.get(key, value) for key, value in given.items()})

    def client(self, role: str) -> Client:
        client = Client()
        if role != "nobody":
            client.force_login(self.stranger if role == "stranger" else self.office.accounts[role])
        return client


@pytest.fixture
def site() -> Site:
    office = stand_up()
    lost = add_card(office.unit, "D15600000001")
    add_card(office.unit, "D15600000002", "issued")
    add_card(office.unit, "D15600000003")
    no = report_lost(lost, office.accounts["custodian"])
    stranger = stand_up("揭阳市", "445202", unit="揭阳市人民医院").accounts["officer"]
    seq = Entry.objects.filter(subject=lost.sam_no).latest("seq").seq
    return Site(office, stranger, no, seq)


def named(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from named(each.url_patterns, f"{each.namespace}:" if each.namespace else space)
        else:
            yield f"{space}{each.name}"


def test_the_table_knows_every_address() -> None:
    assert set(PAGES) == set(named(get_resolver().url_patterns))


@pytest.mark.parametrize("role", ROLES)
def test_every_page_answers_as_the_table_says(site: Site, role: str) -> None:
    client, place = site.client(role), ROLES.index(role)
    answers = {name: client.get(site.url(name)).status_code for name in PAGES}
    assert answers == {name: int(statuses.split()[place]) for name, (_, statuses) in PAGES.items()}


@pytest.mark.parametrize("role", ROLES[:-2])
def test_no_page_carries_inline_script_or_style(site: Site, role: str) -> None:
    client = site.client(role)
    for name in PAGES:
        response = client.get(site.url(name))
        if response["Content-Type"].startswith("text/html"):
            page = response.content.decode()
            assert " style=" not in page and "<style" not in page and " onclick=" not in page, name


def test_the_menu_shows_only_what_the_role_has(site: Site) -> None:
    assert "报失" in site.client("custodian").get("/mine/").content.decode()
    assert "报失" not in site.client("auditor").get("/mine/").content.decode()


def test_pages_keep_everyone_else_out_of_them(site: Site) -> None:
    response = site.client("officer").get("/cards/")
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"
