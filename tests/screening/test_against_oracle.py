"""Row by row against another engine's SQL, on data made to sit on every edge, and on ten million rows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.screening.data import make_history, write_history, write_transactions
from samkeeper.screening import intake
from samkeeper.screening.judging import Rule
from tests.screening import made
from tests.screening.oracle import Oracle

FEW = settings(phases=[Phase.generate], max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_agrees(folder: Path, out: Path, oracle: Oracle, manifest: dict[str, Any]) -> None:
    assert oracle.differences(out) == []
    refused = pq.read_table(out / "refused.parquet", columns=["txn_id", "verdict", "event_id"])
    assert [tuple(row.values()) for row in refused.to_pylist()] == oracle.refused()
    assert oracle.summary_differs(out) == 0
    assert {name: count for name, count in manifest["counts"].items() if count} == oracle.counts()
    assert {name: count for name, count in manifest["flags"].items() if count} == oracle.flags()


@FEW
@given(
    periods=made.histories(),
    rows=made.rows,
    rule=st.sampled_from([made.BEIJING, made.HEALTH, made.JIEYANG]),
    known_from=st.sampled_from([None, "2024-03-01T10:00:00+08:00"]),
    medical=st.sampled_from([None, {"H1", "医院三"}]),
    group=st.integers(1, 50),
)
def test_every_row_is_judged_as_the_oracle_judges_it(
    periods: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    rule: Rule,
    known_from: str | None,
    medical: set[str] | None,
    group: int,
) -> None:
    folder = Path(tempfile.mkdtemp())
    history = made.write_history(periods, folder / "history.parquet", known_from)
    batch = made.write_transactions(rows, folder / "batch.parquet", row_group_size=group)
    institutions = None
    if medical is not None:
        kinds = ["designated_medical" if name in medical else "pharmacy" for name in made.UNITS]
        institutions = folder / "institutions.parquet"
        pq.write_table(pa.table({"institution_no": made.UNITS, "kind": kinds}), institutions)
    manifest = made.run(folder, batch, rule=rule, institutions=institutions)
    bound = medical if rule.binds else None
    oracle = Oracle(batch, history, set(map(str, rule.refuses)), known_from=known_from, bound=bound, threads=1)
    assert_agrees(folder, folder / "out", oracle, manifest)
    assert manifest["rows"] == len(rows)
    shutil.rmtree(folder)


@FEW
@given(periods=made.histories(), rows=made.rows, unit=st.integers(1, 20))
def test_units_of_any_size_give_the_same(periods: list[dict[str, Any]], rows: list[dict[str, Any]], unit: int) -> None:
    """Counters run on over the seams between units, row groups and files."""
    folder = Path(tempfile.mkdtemp())
    history = made.write_history(periods, folder / "history.parquet")
    batch = made.write_transactions(rows, folder / "batch.parquet", row_group_size=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "UNIT_ROWS", unit)
        manifest = made.run(folder, batch)
    oracle = Oracle(batch, history, set(map(str, made.BEIJING.refuses)), threads=1)
    assert_agrees(folder, folder / "out", oracle, manifest)
    shutil.rmtree(folder)


def test_ten_million_rows_agree(tmp_path: Path) -> None:
    history = make_history(100_000)
    write_history(history, tmp_path / "history.parquet")
    write_transactions(history, 10_000_000, tmp_path / "batch.parquet")
    manifest = made.run(tmp_path, tmp_path / "batch.parquet")
    oracle = Oracle(
        tmp_path / "batch.parquet",
        tmp_path / "history.parquet",
        set(map(str, made.BEIJING.refuses)),
        known_from="2020-01-01T00:00:00+08:00",
    )
    assert_agrees(tmp_path, tmp_path / "out", oracle, manifest)
    assert manifest["rows"] == 10_000_000
