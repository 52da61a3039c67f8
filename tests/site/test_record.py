"""The record as a page: what each sees of it, in words and as the signed bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.test import Client

from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault
from samkeeper.ledger.models import Entry
from samkeeper.ledger.sealing import seal
from samkeeper.lifecycle import MOVES
from samkeeper.site.readable import facts_of
from tests.office import Office, add_card, stand_up

pytestmark = pytest.mark.django_db


@pytest.fixture
def office() -> Office:
    office = stand_up()
    add_card(office.unit, "D15600000001", "cancelled")
    other = stand_up("揭阳市", "445202", unit="揭阳市人民医院")
    add_card(other.unit, "D15700000001", "issued")
    return office


def test_an_auditor_sees_the_whole_record(client: Client, office: Office) -> None:
    client.force_login(office.accounts["auditor"])
    page = client.get("/ledger/").content.decode()
    assert f"共 <strong>{Entry.objects.count()}</strong> 条" in page


@pytest.mark.parametrize("role", ["custodian", "officer", "checker"])
def test_others_see_what_concerns_their_cards(client: Client, office: Office, role: str) -> None:
    client.force_login(office.accounts[role])
    page = client.get("/ledger/").content.decode()
    assert "共 <strong>5</strong> 条" in page
    assert "只列出与您有权查看的卡有关的记录" in page
    foreign = Entry.objects.filter(subject="D15700000001").latest("seq")
    assert client.get(f"/ledger/{foreign.seq}/").status_code == 404


def test_the_record_can_be_narrowed_to_one_card(client: Client, office: Office) -> None:
    client.force_login(office.accounts["auditor"])
    assert "共 <strong>2</strong> 条" in client.get("/ledger/?subject=D15700000001").content.decode()


def test_an_entry_shows_its_words_and_its_bytes(client: Client, office: Office) -> None:
    entry = Entry.objects.filter(subject="D15600000001").latest("seq")
    client.force_login(office.accounts["officer"])
    response = client.get(f"/ledger/{entry.seq}/")
    page = response.content.decode()
    assert response.context["line"].encode() == entry.line()
    assert "注销" in page and "挂失/停用" in page and "丢失" in page
    assert 'href="/rules/beijing/#' in page and 'href="/cases/2026-000001/"' in page


def test_every_move_can_be_read(office: Office) -> None:
    words = [dict(facts_of(entry)) for entry in Entry.objects.filter(kind="card:move")]
    labels = {move.label for move in MOVES.values()}
    assert words and all(fact["动作"] in labels and fact["依据"] for fact in words)


def test_an_unknown_entry_is_not_there(client: Client, office: Office) -> None:
    client.force_login(office.accounts["auditor"])
    assert client.get("/ledger/999999/").status_code == 404


def test_the_newest_signature_is_shown_with_its_fingerprint(client: Client, office: Office, tmp_path: Path) -> None:
    client.force_login(office.accounts["auditor"])
    assert "还没有签名" in client.get("/ledger/").content.decode()
    with create_vault(tmp_path / "vault", Secret(b"only for tests")) as vault:
        vault.generate("sign", vault.signature)
        signed = seal(vault, at=datetime(2026, 5, 1, tzinfo=UTC))
    page = client.get("/ledger/").content.decode()
    assert signed.key in page
    assert f"第 {signed.checkpoint.size} 号" in page
    assert "2026-05-01 08:00:00" in page
