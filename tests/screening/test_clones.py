"""Counters that do not rise: within a run (the oracle looks at every row), across runs, and in shares and slices."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput
from samkeeper.screening import clones, intake
from tests.screening import made

Counted = list[tuple[int, int, int]]


def flagged(folder: Path, out: str) -> list[bool]:
    flags = pq.read_table(folder / out / "verdicts.parquet").column("flag").to_pylist()
    return ["clone" in (flag or "").split("+") for flag in flags]


def expected(counted: Counted) -> list[bool]:
    """Said again in plain Python: by card, in the order of moment, counter and arrival."""
    out = [False] * len(counted)
    for card in {row[0] for row in counted}:
        order = sorted((time, counter, place) for place, (sam, time, counter) in enumerate(counted) if sam == card)
        for (_, before, _), (_, counter, place) in pairwise(order):
            out[place] = counter <= before
    return out


def rows(counted: Counted) -> list[dict[str, Any]]:
    return [made.transaction(f"{sam:012X}", made.at(time), terminal_seq=counter) for sam, time, counter in counted]


counted = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9), st.integers(0, 9)), max_size=120)


@settings(max_examples=40, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(counted=counted, unit=st.integers(1, 40), share=st.integers(1, 30), most=st.integers(1, 30))
def test_shares_and_slices_of_any_size_find_the_same(
    tmp_path_factory: pytest.TempPathFactory, counted: Counted, unit: int, share: int, most: int
) -> None:
    folder = tmp_path_factory.mktemp("clones")
    made.write_history([], folder / "history.parquet")
    batch = made.write_transactions(rows(counted), folder / "batch.parquet", row_group_size=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake, "UNIT_ROWS", unit)
        patch.setattr(clones, "SHARE", share)
        patch.setattr(clones, "MOST", most)
        made.run(folder, batch)
    assert flagged(folder, "out") == expected(counted)


@settings(max_examples=30, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(counted=counted, cut=st.integers(1, 9))
def test_two_runs_with_counters_find_what_one_finds(
    tmp_path_factory: pytest.TempPathFactory, counted: Counted, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("counters")
    made.write_history([], folder / "history.parquet")
    days = [[row for row in counted if row[1] < cut], [row for row in counted if row[1] >= cut]]
    found = []
    for number, day in enumerate(days):
        batch = made.write_transactions(rows(day), folder / f"{number}.parquet")
        made.run(folder, batch, out=folder / f"out{number}", counters=folder / "counters.parquet")
        found += flagged(folder, f"out{number}")
    assert found == expected(days[0] + days[1])


def test_a_late_row_is_not_measured_by_a_counter_of_after_it(tmp_path: Path) -> None:
    made.write_history([], tmp_path / "history.parquet")
    days = ([(1, 5, 7)], [(1, 4, 6), (1, 6, 8)], [(1, 7, 8)])
    found = []
    for number, day in enumerate(days):
        batch = made.write_transactions(rows(list(day)), tmp_path / f"{number}.parquet")
        made.run(tmp_path, batch, out=tmp_path / f"out{number}", counters=tmp_path / "counters.parquet")
        found.append(flagged(tmp_path, f"out{number}"))
    assert found == [[False], [False, False], [True]]
    assert pq.read_table(tmp_path / "counters.parquet").to_pylist() == [
        {"sam_no": "000000000001", "terminal_seq": 8, "txn_time": made.at(7)}
    ]


def test_a_file_that_holds_no_counters_is_refused(tmp_path: Path) -> None:
    made.write_history([], tmp_path / "history.parquet")
    batch = made.write_transactions(rows([(1, 1, 1)]), tmp_path / "batch.parquet")
    (tmp_path / "counters.parquet").write_text("nonsense")
    with pytest.raises(BadInput, match="不是计数文件"):
        made.run(tmp_path, batch, counters=tmp_path / "counters.parquet")
