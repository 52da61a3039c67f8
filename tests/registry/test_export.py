"""The history file: the columns of the interface, the same bytes for the same ledger size, nothing that came later."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from samkeeper.errors import BadInput, Fault
from samkeeper.ledger.models import Entry
from samkeeper.lifecycle import STATES
from samkeeper.parties.models import Institution
from samkeeper.registry import export
from samkeeper.registry.export import write_history
from samkeeper.registry.models import FOREVER, Card
from samkeeper.registry.moves import move
from samkeeper.registry.placement import Placement
from samkeeper.registry.queries import card_as_of
from tests.office import OPENED, WAYS, add_card, stand_up
from tests.registry.register import leave

pytestmark = pytest.mark.django_db

MICROSECONDS = pa.timestamp("us", tz="UTC")


@pytest.fixture
def unit() -> Institution:
    return stand_up().unit


@pytest.fixture
def cards(unit: Institution) -> list[Card]:
    """A card in every state."""
    return [add_card(unit, f"D1560000{place:04X}", state) for place, state in enumerate(WAYS)]


def written(folder: Path, name: str = "history.parquet", **options: int) -> pa.Table:
    write_history(folder / name, **options)
    return pq.read_table(folder / name)


def test_columns_are_those_of_the_interface(cards: list[Card], tmp_path: Path) -> None:
    table = written(tmp_path)
    assert [(field.name, field.type) for field in table.schema] == [
        ("sam_no", pa.string()),
        ("valid_from", MICROSECONDS),
        ("valid_until", MICROSECONDS),
        ("state", pa.string()),
        ("void", pa.bool_()),
        ("institution_no", pa.string()),
        ("device_no", pa.string()),
        ("permissions", pa.int32()),
        ("event_id", pa.int64()),
    ]
    assert table.schema.metadata == {b"known_from": OPENED.isoformat().encode()}


def test_periods_of_a_card_meet_and_never_overlap(cards: list[Card], tmp_path: Path) -> None:
    of_card = defaultdict(list)
    for row in written(tmp_path).to_pylist():
        of_card[row["sam_no"]].append((row["valid_from"], row["valid_until"]))
    assert set(of_card) == {card.sam_no for card in cards}
    for periods in of_card.values():
        assert all(start < end for start, end in periods)
        assert all(earlier[1] == later[0] for earlier, later in pairwise(sorted(periods)))
        assert max(end for _, end in periods) == FOREVER == datetime(9999, 12, 31, tzinfo=UTC)


def test_every_row_is_what_the_register_answers(cards: list[Card], unit: Institution, tmp_path: Path) -> None:
    rows = written(tmp_path).to_pylist()
    assert len(rows) == sum(len(way.split()) for way in WAYS.values())
    for row in rows:
        held = card_as_of(Card.objects.get(sam_no=row["sam_no"]), row["valid_from"])
        assert held is not None
        assert row["void"] is STATES[row["state"]].void
        assert (row["state"], row["permissions"], row["event_id"]) == (held.state, held.permissions, held.event_id)
        assert row["institution_no"] == (held.institution and unit.unit_no)
        assert row["device_no"] == (held.device_no or None)


def test_a_card_before_issue_has_no_institution(cards: list[Card], tmp_path: Path) -> None:
    rows = written(tmp_path).to_pylist()
    early = {"blank", "initialized", "personalized", "in_stock"}
    assert {row["state"] for row in rows if row["institution_no"] is None} == early


def test_a_period_that_was_replaced_in_the_same_instant_is_left_out(unit: Institution, tmp_path: Path) -> None:
    """A half-open period without an instant covers nothing."""
    card = add_card(unit, "D15600000001", "issued")
    card.refresh_from_db()
    at = OPENED + timedelta(days=9)
    for state, code in (("issued", "suspend"), ("suspended", "cancel")):
        move(card, leave(state, code), at=at, recorded=at, actor=None)
    assert [row["state"] for row in written(tmp_path).to_pylist()] == ["in_stock", "issued", "cancelled"]


def test_a_mask_of_permissions_comes_out_as_it_is(unit: Institution, tmp_path: Path) -> None:
    card = add_card(unit, "D15600000001", "in_stock")
    to = Placement(institution=unit, permissions=-(2**31))
    at = OPENED + timedelta(days=1)
    move(card, leave("in_stock", "issue"), at=at, recorded=at, actor=None, to=to)
    assert written(tmp_path)["permissions"].to_pylist() == [-1, -(2**31)]


def test_the_same_size_gives_the_same_bytes(cards: list[Card], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_history(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_as_known_at_a_size_is_what_was_exported_then(unit: Institution, tmp_path: Path) -> None:
    """After every entry of two cards' lives; later ones of the same cards change nothing of it."""
    sizes = []
    for place, state in enumerate(("destroyed", "in_service")):
        add_card(unit, f"D1560000000{place}", state)
        sizes.append(Entry.objects.count())
        write_history(tmp_path / f"then {sizes[-1]}")
    for size in sizes:
        write_history(tmp_path / f"now {size}", as_known_at=size)
        assert (tmp_path / f"now {size}").read_bytes() == (tmp_path / f"then {size}").read_bytes()


def test_as_known_at_every_size_agrees_with_the_register(unit: Institution, tmp_path: Path) -> None:
    card = add_card(unit, "D15600000001", "destroyed")
    later = OPENED + timedelta(days=99)
    for size in range(1, Entry.objects.count() + 1):
        held = card_as_of(card, later, known_at=size)
        assert held is not None
        assert written(tmp_path, str(size), as_known_at=size).to_pylist()[-1]["event_id"] == held.event_id


def test_a_register_of_nothing_is_a_file_without_rows(tmp_path: Path) -> None:
    table = written(tmp_path)
    assert (table.num_rows, table.schema.metadata) == (0, None)


def test_nothing_is_known_at_size_zero(cards: list[Card], tmp_path: Path) -> None:
    assert written(tmp_path, as_known_at=0).num_rows == 0


def test_a_size_that_is_not_reached_is_bad_input(cards: list[Card], tmp_path: Path) -> None:
    """Else the same number would give another file later."""
    size = Entry.objects.count()
    with pytest.raises(BadInput, match=f"账本现有 {size} 条，还没有第 {size + 1} 条"):
        write_history(tmp_path / "history.parquet", as_known_at=size + 1)
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_many_row_groups_holds_the_same_rows(
    cards: list[Card], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = written(tmp_path, "whole")
    monkeypatch.setattr(export, "ROWS_A_GROUP", 7)
    parts = written(tmp_path, "parts")
    assert pq.read_metadata(tmp_path / "parts").num_row_groups > 1
    assert parts == whole


def test_a_folder_that_is_not_there_is_a_fault_and_leaves_nothing(cards: list[Card], tmp_path: Path) -> None:
    with pytest.raises(Fault, match="没有留下半份文件"):
        write_history(tmp_path / "none" / "history.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_export_leaves_the_earlier_file(
    cards: list[Card], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_history(tmp_path / "history.parquet")
    before = (tmp_path / "history.parquet").read_bytes()
    monkeypatch.setattr(export, "STATES", {})
    with pytest.raises(KeyError):
        write_history(tmp_path / "history.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["history.parquet"]
    assert (tmp_path / "history.parquet").read_bytes() == before
