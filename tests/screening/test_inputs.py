"""Inputs of every shape: other types, many files, none, damaged, changed; and what comes out of a run stopped short."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.screening.data import make_history, write_history, write_transactions
from samkeeper.errors import BadInput
from samkeeper.screening import batches, intake, work
from tests.screening import made

SAM = made.SAMS[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made.write_history([made.period(SAM, made.at(0), event_id=7)], tmp_path / "history.parquet")
    return tmp_path


def rows(count: int, **facts: Any) -> list[dict[str, Any]]:
    return [made.transaction(SAM, made.at(1 + number), **facts) for number in range(count)]


def test_no_rows_make_whole_empty_files(folder: Path) -> None:
    manifest = made.run(folder, made.write_transactions([], folder / "empty.parquet"))
    assert manifest["rows"] == 0
    assert sum(manifest["counts"].values()) == 0
    assert [len(made.read(folder, name)) for name in ("verdicts", "refused", "quarantine", "summary")] == [0] * 4
    assert pq.read_schema(folder / "out" / "verdicts.parquet").names == ["txn_id", "verdict", "flag", "event_id"]
    assert sorted(file.name for file in (folder / "out").iterdir()) == [
        "manifest.json",
        "quarantine.parquet",
        "refused.parquet",
        "summary.parquet",
        "verdicts.parquet",
    ]


def test_nothing_but_malformed_rows(folder: Path) -> None:
    manifest = made.run(folder, made.write_transactions(rows(3, amount_fen=-1), folder / "batch.parquet"))
    assert (manifest["rows"], manifest["quarantined"]) == (3, 3)
    assert made.read(folder, "verdicts") == []


def test_identities_and_strange_types_come_out_as_they_came(folder: Path) -> None:
    table = pa.table(
        {
            "txn_id": pa.array([5, 2**60], pa.int64()),
            "sam_no": pa.array([SAM, SAM]).dictionary_encode(),
            "institution_no": pa.array([7, 8], pa.int64()),
            "business": pa.array([1.0, 0.5]),
            "amount_fen": pa.array([Decimal("12"), Decimal("13")], pa.decimal128(9, 0)),
            "txn_time": pa.array([dt.datetime(2024, 3, 1, 9), dt.datetime(2024, 3, 1, 9)], pa.timestamp("ms")),
            "terminal_seq": pa.array(["1", "x"]),
            "verdict": pa.array(["theirs", "theirs"], pa.large_string()),
            "list": pa.array([[1, 2], None]),
        }
    )
    pq.write_table(table, folder / "batch.parquet")
    manifest = made.run(folder, folder / "batch.parquet")
    assert manifest["quarantined"] == 1
    assert made.read(folder, "verdicts")[0]["txn_id"] == 5
    (refused,) = made.read(folder, "refused")
    assert refused["verdict"] == "foreign"
    assert refused["input_verdict"] == "theirs"
    assert (refused["business"], refused["amount_fen"], refused["list"]) == (1.0, Decimal(12), [1, 2])
    assert refused["txn_time"] == dt.datetime(2024, 3, 1, 9)
    assert "business 不是" in made.read(folder, "quarantine")[0]["reason"]


def test_files_of_different_columns_and_types_make_one_output(folder: Path) -> None:
    made.write_transactions(rows(1, institution_no="H2"), folder / "a.parquet")
    plain = pa.table(
        {
            "txn_id": [9],
            "sam_no": [SAM],
            "institution_no": ["H3"],
            "business": pa.array([0], pa.int8()),
            "amount_fen": ["250"],
            "txn_time": ["20240301090000"],
            "extra": [1.5],
        }
    )
    pq.write_table(plain, folder / "b.parquet")
    made.run(folder, folder / "a.parquet", folder / "b.parquet")
    first, second = made.read(folder, "refused")
    assert (first["txn_id"], second["txn_id"]) == ("t0", "9")
    assert (first["amount_fen"], second["amount_fen"]) == (100, 250)
    assert (first["extra"], second["extra"]) == (None, 1.5)
    assert second["txn_time"] == dt.datetime(2024, 3, 1, 1, tzinfo=dt.UTC)


def test_a_folder_is_read_in_the_order_of_its_paths(folder: Path) -> None:
    for name in ("b/2.parquet", "a/3.parquet", "1.parquet", "_SUCCESS.parquet", ".hidden.parquet"):
        path = folder / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([rows(1)[0] | {"txn_id": name}], made.TRANSACTIONS), path)
    made.run(folder, folder / "in")
    assert [row["txn_id"] for row in made.read(folder, "verdicts")] == ["1.parquet", "a/3.parquet", "b/2.parquet"]


def test_ten_thousand_small_files(folder: Path) -> None:
    (folder / "in").mkdir()
    first = made.write_transactions(rows(2), folder / "in" / "00000.parquet").read_bytes()
    for number in range(1, 10_000):
        (folder / "in" / f"{number:05d}.parquet").write_bytes(first)
    manifest = made.run(folder, folder / "in")
    assert manifest["counts"]["accepted"] == 20_000
    assert len(manifest["inputs"]) == 10_000


def test_a_huge_row_group_is_taken_a_piece_at_a_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "HUGE_GROUP", 100)
    monkeypatch.setattr(batches, "UNIT_ROWS", 64)
    batch = made.write_transactions(rows(1000, terminal_seq=5), folder / "batch.parquet", row_group_size=1000)
    manifest = made.run(folder, batch)
    assert manifest["counts"]["accepted"] == 1000
    assert manifest["flags"]["clone"] == 999
    assert [row["txn_id"] for row in made.read(folder, "verdicts")] == [f"t{number}" for number in range(1000)]
    assert pq.read_metadata(folder / "out" / "verdicts.parquet").num_row_groups == 16


@pytest.mark.parametrize("cut", [10, -4, -300])
def test_a_truncated_file_is_named_and_nothing_is_left(folder: Path, cut: int) -> None:
    whole = made.write_transactions(rows(500), folder / "whole.parquet").read_bytes()
    (folder / "batch.parquet").write_bytes(whole[:cut])
    with pytest.raises(BadInput, match=r"batch\.parquet：不是完整的 Parquet 文件"):
        made.run(folder, folder / "batch.parquet")
    assert not (folder / "out").exists()


def test_a_damaged_page_is_named(folder: Path) -> None:
    whole = made.write_transactions(rows(500), folder / "whole.parquet").read_bytes()
    (folder / "batch.parquet").write_bytes(whole[:4] + bytes(1500) + whole[1504:])
    with pytest.raises(BadInput, match=r"batch\.parquet"):
        made.run(folder, folder / "batch.parquet")


@pytest.mark.parametrize("part", ["history.parquet", "batch.parquet"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    folder: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = made.write_transactions(rows(5), folder / "batch.parquet")
    screen_unit = work.screen_unit

    def touching(*arguments: Any) -> Any:
        os.utime(folder / part)
        return screen_unit(*arguments)

    monkeypatch.setattr("samkeeper.screening.engine.screen_unit", touching)
    with pytest.raises(BadInput, match=rf"{part}：文件在读取过程中被改动"):
        made.run(folder, batch)
    assert not (folder / "out").exists()


def test_a_history_that_overlaps_or_is_not_one_is_refused(folder: Path) -> None:
    batch = made.write_transactions(rows(1), folder / "batch.parquet")
    made.write_history(
        [made.period(SAM, made.at(0), made.at(2)), made.period(SAM, made.at(1))], folder / "history.parquet"
    )
    with pytest.raises(BadInput, match=f"卡 {SAM} 有重叠的历史时段"):
        made.run(folder, batch)
    made.write_history([made.period("lower", made.at(0))], folder / "history.parquet")
    with pytest.raises(BadInput, match="终端机编号 lower 不是"):
        made.run(folder, batch)


def test_the_manifest_tells_what_was_judged_by_what(folder: Path) -> None:
    batch = made.write_transactions(rows(2, institution_no="H2", amount_fen=250), folder / "batch.parquet")
    manifest = made.run(folder, batch)
    assert manifest == json.loads((folder / "out" / "manifest.json").read_text())
    assert manifest["refused_amount_fen"] == 500
    assert manifest["rulebook"] == {"name": "beijing", "sha256": "b" * 64}
    for told, file in ((manifest["history"], folder / "history.parquet"), (manifest["inputs"][0], batch)):
        assert told == {"file": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def test_an_existing_folder_is_never_written_to(folder: Path) -> None:
    (folder / "out").mkdir()
    with pytest.raises(BadInput, match="输出文件夹已经存在"):
        made.run(folder, made.write_transactions(rows(1), folder / "batch.parquet"))


SCRIPT = """
import sys
from pathlib import Path
from samkeeper.screening import intake
from tests.screening import made
intake.UNIT_ROWS = 20_000
made.run(Path(sys.argv[1]), Path(sys.argv[1]) / "batch.parquet")
"""


def test_a_killed_run_leaves_nothing_finished_and_the_next_one_takes_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = make_history(5_000)
    write_history(history, tmp_path / "history.parquet")
    write_transactions(history, 600_000, tmp_path / "batch.parquet", group=20_000)
    parts = tmp_path / "out.partial" / "parts"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, tmp_path], start_new_session=True)
    while process.poll() is None and len(list(parts.glob("*/facts"))) < 3:
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "out").exists()
    done = {path.parent.name: path.stat().st_mtime_ns for path in parts.glob("*/facts")}
    assert 3 <= len(done) < 30

    monkeypatch.setattr(intake, "UNIT_ROWS", 20_000)
    screened: list[int] = []
    screen_batch = work.screen_batch

    def noting(batch: Any, judge: Any, checker: Any, facts: Any, parts: Any) -> None:
        screened.append(facts.unit)
        screen_batch(batch, judge, checker, facts, parts)

    monkeypatch.setattr(work, "screen_batch", noting)
    taken_up = made.run(tmp_path, tmp_path / "batch.parquet")
    assert sorted(screened) == [unit for unit in range(30) if f"{unit:07d}" not in done]
    assert not (tmp_path / "out.partial").exists()
    fresh = made.run(tmp_path, tmp_path / "batch.parquet", out=tmp_path / "fresh")
    for name in ("verdicts", "refused", "summary"):
        assert pq.read_table(tmp_path / "out" / f"{name}.parquet").equals(
            pq.read_table(tmp_path / "fresh" / f"{name}.parquet")
        )
    assert taken_up["counts"] == fresh["counts"]
