"""The store gives back what was taken in, by card and by day, adds up as SQL does, and judges again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from benchmarks.screening.data import make_history, write_history, write_transactions
from samkeeper.errors import BadInput
from samkeeper.screening import history, statistics, store
from samkeeper.screening.judging import Judge
from samkeeper.screening.moments import EPOCH, MICROSECOND
from samkeeper.screening.rejudging import rejudge
from samkeeper.screening.store import Store
from samkeeper.screening.taking_in import take_in
from tests.screening import made

TOLD = "txn_id, institution_no, device_no, business, amount_fen, terminal_seq, verdict, flag, event_id"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    cards = make_history(2_000)
    write_history(cards, folder / "history.parquet")
    for number in range(2):
        batch = folder / f"batch{number}.parquet"
        write_transactions(cards, 60_000, batch, seed=number)
        out = folder / f"out{number}"
        made.run(folder, batch, out=out)
        assert take_in(Store(folder / "store"), (batch,), out)
        assert not take_in(Store(folder / "store"), (batch,), out)
    return folder


def query(folder: Path, text: str) -> list[tuple[Any, ...]]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'Asia/Shanghai'")
    joined = " union all ".join(
        f"select t.*, v.* exclude (txn_id) from '{folder}/batch{n}.parquet' t"
        f" join '{folder}/out{n}/verdicts.parquet' v using (txn_id)"
        for n in range(2)
    )
    return connection.execute(f"with rows as ({joined}) {text}").fetchall()


def test_one_card_has_all_its_rows_in_order(filled: Path) -> None:
    kept = Store(filled / "store")
    for number in kept.cards[::400].tolist():
        sam_no = f"{number:012X}"
        ours = kept.rows_of(sam_no)
        told = [(row.pop("txn_time"), *(str(row[name]) for name in TOLD.split(", "))) for row in ours.to_pylist()]
        rows = query(filled, f"select epoch_us(txn_time), {TOLD} from rows where sam_no = '{sam_no}'")
        theirs = [(EPOCH + row[0] * MICROSECOND, *map(str, row[1:])) for row in rows]
        assert sorted(told) == sorted(theirs)
        assert ours.column("txn_time").to_pylist() == sorted(ours.column("txn_time").to_pylist())
    assert len(kept.rows_of("FFFFFFFFFFFF")) == 0


@pytest.mark.parametrize(
    ("ours", "key"),
    [
        (statistics.by_institution, "institution_no"),
        (statistics.by_business, "business::varchar"),
        (statistics.by_sam, "sam_no"),
        (
            lambda kept, *days: statistics.by_region(kept, *days, Halves()),
            "case when right(institution_no, 1) < '5' then '甲' else '乙' end",
        ),
    ],
)
def test_use_by_quarter_adds_up_as_sql_does(filled: Path, ours: Any, key: str) -> None:
    first, last = statistics.quarter(2024, 2)
    table = ours(Store(filled / "store"), first, last)
    theirs = query(
        filled,
        f"select {key}, count(*), count(*) filter (verdict <> 'accepted'), sum(amount_fen)::bigint,"
        " coalesce(sum(amount_fen) filter (verdict <> 'accepted'), 0)::bigint"
        f" from rows where txn_time::date between '{first}' and '{last}' group by 1",
    )
    assert sorted(zip(*table.to_pydict().values(), strict=True)) == sorted(theirs)


class Halves(dict[str, str]):
    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        return "甲" if name[-1] < "5" else "乙"


def test_quarters_are_whole_and_meet() -> None:
    assert statistics.quarter(2024, 1) == (dt.date(2024, 1, 1), dt.date(2024, 3, 31))
    assert statistics.quarter(2024, 4) == (dt.date(2024, 10, 1), dt.date(2024, 12, 31))


def test_dormant_cards_come_with_their_last_sign_of_life(filled: Path) -> None:
    kept = Store(filled / "store")
    sam_no = f"{int(kept.cards[0]):012X}"
    seen = max(row["txn_time"] for row in kept.rows_of(sam_no).to_pylist())
    at = seen + dt.timedelta(days=90)
    old, new = at - dt.timedelta(days=400), at - dt.timedelta(days=1)
    in_use = [(sam_no, old), ("FFFFFFFFFFFF", old), ("FFFFFFFFFFFE", new)]
    assert statistics.dormant(kept, in_use, at, 60) == [
        statistics.Dormant("FFFFFFFFFFFF", old),
        statistics.Dormant(sam_no, seen),
    ]
    assert statistics.dormant(kept, in_use[:1], at, 91) == []


def test_nothing_changes_under_the_same_history_and_book(filled: Path) -> None:
    judge = Judge(history.load(filled / "history.parquet"), made.BEIJING, None)
    assert len(rejudge(Store(filled / "store"), judge)) == 0


def test_a_corrected_history_changes_just_what_it_touches(filled: Path, tmp_path: Path) -> None:
    table = pq.read_table(filled / "history.parquet")
    kept = Store(filled / "store")
    sam_no = f"{int(kept.cards[5]):012X}"
    mine = np.array(table.column("sam_no").to_pylist()) == sam_no
    corrected = table.set_column(
        table.column_names.index("void"),
        "void",
        [[bool(void) or bool(hit) for void, hit in zip(table.column("void").to_pylist(), mine, strict=True)]],
    )
    pq.write_table(corrected, tmp_path / "history.parquet")
    judge = Judge(history.load(tmp_path / "history.parquet"), made.BEIJING, None)
    everything, mine_only = rejudge(kept, judge), rejudge(kept, judge, cards=[sam_no])
    assert everything == mine_only
    affected = query(
        filled,
        f"select txn_id::varchar from rows where sam_no = '{sam_no}' and verdict not in ('cancelled', 'counterfeit')",
    )
    assert sorted(everything.column("txn_id").to_pylist()) == sorted(row[0] for row in affected)
    assert set(everything.column("now").to_pylist()) == {"cancelled"}


def test_a_year_of_late_rows_keeps_few_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MANY_FILES", 2)
    made.write_history([], tmp_path / "history.parquet")
    kept = Store(tmp_path / "store")
    for number in range(5):
        rows = [made.transaction(made.SAMS[0], made.at(number), txn_id=f"{number}", amount_fen=2**33 * (number % 2))]
        batch = made.write_transactions(rows, tmp_path / f"{number}.parquet")
        made.run(tmp_path, batch, out=tmp_path / f"out{number}")
        take_in(kept, (batch,), tmp_path / f"out{number}")
    assert len(kept.entries()) <= 3
    assert len(list((tmp_path / "store").rglob("*.arrow"))) == len(kept.entries())
    assert [row["amount_fen"] for row in Store(tmp_path / "store").rows_of(made.SAMS[0]).to_pylist()] == [
        0,
        2**33,
    ] * 2 + [0]


def test_a_run_that_was_stopped_is_not_in_the_store(tmp_path: Path) -> None:
    made.write_history([], tmp_path / "history.parquet")
    batch = made.write_transactions([made.transaction(made.SAMS[0], made.at(0))], tmp_path / "batch.parquet")
    made.run(tmp_path, batch)
    kept = Store(tmp_path / "store")
    with pytest.raises(KeyboardInterrupt), kept.adding("stopped"):
        raise KeyboardInterrupt
    assert Store(tmp_path / "store").runs == []
    assert take_in(Store(tmp_path / "store"), (batch,), tmp_path / "out")
    assert len(Store(tmp_path / "store").rows_of(made.SAMS[0])) == 1


def test_a_folder_of_other_things_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    with pytest.raises(BadInput, match="不是交易库"):
        Store(tmp_path)
