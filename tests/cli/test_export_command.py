"""`samkeeper export history`: the file, its sizes, and that `samkeeper screen` judges by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.command import Office
from tests.cli.conftest import Called


def test_a_history_says_how_many_rows_it_has(full: Office, tmp_path: Path) -> None:
    out = tmp_path / "history.parquet"
    with closing(sqlite3.connect(full.database)) as database:
        (cards,) = database.execute("SELECT count(*) FROM registry_card").fetchone()
    assert full.run("export", "history", "--out", out) == (0, f"{out}：{cards} 行\n", [])
    assert pq.read_metadata(out).num_rows == cards


@pytest.mark.django_db
def test_what_cannot_be_is_one_line(called: Called, tmp_path: Path) -> None:
    for words in (
        ["--out", tmp_path / "history", "--as-known-at", "1"],
        ["--out", tmp_path / "history", "--as-known-at", "-1"],
        ["--out", tmp_path / "none" / "history"],
        ["--out", tmp_path],
        [],
    ):
        status, out, error = called("export", "history", *words)
        assert (status, out, len(error)) == (2, "", 1)
    assert list(tmp_path.iterdir()) == []


def test_screening_judges_by_the_exported_history(full: Office, tmp_path: Path) -> None:
    """A card of the sample lists, at its own unit now, at another's, and before the register knew of it."""
    assert full.run("export", "history", "--out", tmp_path / "history.parquet").status == 0
    with closing(sqlite3.connect(full.database)) as database:
        (since,) = database.execute("SELECT min(at) FROM registry_cardevent").fetchone()
    opened = datetime.fromisoformat(f"{since}+00:00")
    moments = [opened + timedelta(hours=1)] * 3 + [opened - timedelta(hours=1)]
    rows = {
        "txn_id": [1, 2, 3, 4],
        "sam_no": ["110100000001", "110100000001", "FFFFFFFFFFFF", "110100000001"],
        "institution_no": ["01010001", "01010002", "01010001", "01010001"],
        "device_no": ["POS110101000001"] * 4,
        "business": [1] * 4,
        "card_no": ["A"] * 4,
        "amount_fen": [100] * 4,
        "txn_time": pa.array(moments, pa.timestamp("us", tz="UTC")),
        "terminal_seq": pa.array([1, 2, 1, 3], pa.uint32()),
    }
    pq.write_table(pa.table(rows), tmp_path / "day.parquet")
    words = ["--history", tmp_path / "history.parquet", "--out", tmp_path / "day", "--rulebook", "beijing"]
    status, _, error = full.run("screen", tmp_path / "day.parquet", *words)
    assert status == 0, error
    verdicts = pq.read_table(tmp_path / "day" / "verdicts.parquet")
    assert verdicts["verdict"].to_pylist() == ["accepted", "foreign", "counterfeit", "accepted"]
    assert verdicts["flag"].to_pylist()[3] == "before_records"
