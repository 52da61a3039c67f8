"""Entries in the caller's transaction: gapless, in order, on the clock that never runs backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from samkeeper.ledger import tree
from samkeeper.ledger.append import Fact, append, append_all
from samkeeper.ledger.models import Entry, Head

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def record(count: int = 1, *, recorded: datetime = NOON) -> list[Entry]:
    with transaction.atomic():
        return [append("card:move", f"card:{number}", {"move": "bind"}, recorded=recorded) for number in range(count)]


@pytest.mark.django_db
def test_append_numbers_from_one_without_gap() -> None:
    assert [entry.seq for entry in [*record(3), *record(2)]] == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_append_keeps_head_and_tree_in_step() -> None:
    record(11)
    head, naive = Head.objects.get(), tree.Frontier()
    for entry in Entry.objects.all():
        assert bytes(entry.nodes) == b"".join(naive.append(tree.leaf_hash(entry.line())))
    assert (head.size, head.frontier().root()) == (11, naive.root())


@pytest.mark.django_db
def test_append_leaves_nothing_of_a_failed_transaction() -> None:
    record(2)
    with pytest.raises(RuntimeError, match="halt"), transaction.atomic():
        append("card:move", "card:9", {}, recorded=NOON)
        raise RuntimeError("halt")
    assert [entry.seq for entry in record()] == [3]


@pytest.mark.django_db
def test_append_never_runs_the_clock_backwards() -> None:
    record(recorded=NOON)
    (late,) = record(recorded=NOON - timedelta(seconds=5))
    assert late.recorded_at == NOON
    (later,) = record(recorded=NOON + timedelta(seconds=5))
    assert later.recorded_at == NOON + timedelta(seconds=5)


@pytest.mark.django_db
def test_append_all_records_an_act_at_once() -> None:
    facts = [Fact("card:move", f"card:{number}", {"number": number}) for number in range(5)]
    with transaction.atomic():
        entries = append_all(facts, recorded=NOON)
        assert append_all([], recorded=NOON) == []
    assert [entry.body["number"] for entry in Entry.objects.all()] == [0, 1, 2, 3, 4]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]


@pytest.mark.django_db
def test_entry_reads_back_as_the_bytes_that_were_hashed() -> None:
    body = {"clause": "第八条（三）", "papers": ["表1", "表2"], "note": None, "dry": False, "big": 2**53 - 1}
    with transaction.atomic():
        written = append("case:open", "case:7", body, recorded=NOON.replace(microsecond=123456))
    assert Entry.objects.get().line() == written.line()


@pytest.mark.django_db(transaction=True)
def test_append_outside_a_transaction_is_a_bug() -> None:
    with pytest.raises(TransactionManagementError, match="inside a transaction"):
        append("card:move", "card:1", {}, recorded=NOON)


@pytest.mark.parametrize(
    ("kind", "subject", "body"),
    [
        ("moved", "card:1", {}),
        ("card:move", "北京市", {}),
        ("card:move", "card:1", {"fee": 1.5}),
        ("card:move", "card:1", {"at": NOON}),
        ("card:move", "card:1", {"Name": 1}),
        ("card:move", "card:1", {"big": 2**53}),
        ("card:move", "card:1", {"nul": "\0"}),
        ("card:move", "card:1", {"half": "\ud800"}),
        ("card:move", "card:1", {"long": "x" * 70_000}),
    ],
)
@pytest.mark.django_db
def test_append_refuses_what_has_no_canonical_form(kind: str, subject: str, body: dict[str, object]) -> None:
    with pytest.raises(ValueError), transaction.atomic():
        append(kind, subject, body, recorded=NOON)
    assert not Entry.objects.exists()
