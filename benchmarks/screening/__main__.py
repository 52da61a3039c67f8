"""Screening beside DuckDB, Polars, pandas and Spark SQL: `python -m benchmarks.screening [--rows N]`.

The same transactions against the same history, every file of `DIR` written by each, each in a process of its own from
start to end, and the same counts asked of all. pandas and Spark SQL take at most ten million rows; their rate is
compared with ours over the same rows. What counts is the ratios; runs close in time are comparable.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.csv
import pyarrow.parquet as pq

from benchmarks.screening.data import History, make_history, write_history, write_transactions
from benchmarks.screening.peers import Result, run
from samkeeper.screening import history as histories
from samkeeper.screening import statistics as uses
from samkeeper.screening.judging import Judge, Rule
from samkeeper.screening.rejudging import rejudge
from samkeeper.screening.store import Store
from samkeeper.screening.taking_in import take_in
from samkeeper.verdicts import Kind

SMALL = 10_000_000
DAY = 100_000
CSV = 2_000_000
PROGRAM = Path(sys.executable).with_name("samkeeper")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=SMALL)
    parser.add_argument("--cards", type=int, default=1_000_000)
    parser.add_argument("--parts", default="day,range,slow,csv,store", help="which comparisons, by comma")
    parser.add_argument("--folder", type=Path, help="keep the data here, and use what is there")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="screening-"))
    folder.mkdir(parents=True, exist_ok=True)
    made = make_history(options.cards)
    if not (folder / "history.parquet").exists():
        write_history(made, folder / "history.parquet")
    parts = {"day": day, "range": whole, "slow": slow, "csv": csv, "store": stored}
    for part in options.parts.split(","):
        parts[part](folder, made, options.rows)
    if not options.folder:
        shutil.rmtree(folder)


def batch(folder: Path, made: History, rows: int) -> Path:
    path = folder / f"{rows}.parquet"
    if not path.exists():
        write_transactions(made, rows, path)
    return path


def ours(transactions: Path, folder: Path) -> Result:
    out = folder / "ours"
    shutil.rmtree(out, ignore_errors=True)
    command = [PROGRAM, "screen", transactions, "--history", folder / "history.parquet", "--out", out]
    began = time.monotonic()
    told = subprocess.run([*command, "--rulebook", "beijing", "--json"], capture_output=True, text=True, check=True)
    seconds = time.monotonic() - began
    manifest = json.loads(told.stdout)
    counts = {name: count for name, count in manifest["counts"].items() if count}
    return Result("samkeeper", seconds, counts, manifest["flags"]["clone"])


def peer(name: str, transactions: Path, folder: Path, join: str = "range") -> Result:
    out = folder / "peer"
    shutil.rmtree(out, ignore_errors=True)
    return run(name, transactions, folder / "history.parquet", out, join)


def compare(rows: int, mine: Result, others: list[Result]) -> None:
    print(
        f"{rows:>12,} rows  {mine.name:<14} {mine.seconds:8.2f} s  {rows / mine.seconds / 1e6:6.2f} M rows/s",
        flush=True,
    )
    for other in others:
        same = other.counts == mine.counts and (other.clones == mine.clones or other.name.startswith("spark"))
        print(
            f"{'':>18}  {other.name:<14} {other.seconds:8.2f} s  {rows / other.seconds / 1e6:6.2f} M rows/s"
            f"  {other.seconds / mine.seconds:6.1f}×{'' if same else '  OTHER COUNTS'}",
            flush=True,
        )


def day(folder: Path, made: History, rows: int) -> None:
    """A day's file, kernels compiled: medians of five runs in turn."""
    transactions = batch(folder, made, DAY)
    ours(transactions, folder)
    turns = [(ours(transactions, folder), peer("duckdb", transactions, folder)) for _ in range(5)]
    ratio = statistics.median(other.seconds / mine.seconds for mine, other in turns)
    compare(DAY, turns[0][0], [turns[0][1]])
    print(f"{'':>18}  median ratio of five: {ratio:.2f}×", flush=True)


def whole(folder: Path, made: History, rows: int) -> None:
    transactions = batch(folder, made, rows)
    others = []
    for name, join in (("duckdb", "range"), ("duckdb", "asof"), ("polars", "range"), ("polars", "asof")):
        try:
            others.append(peer(name, transactions, folder, join))
        except RuntimeError as error:
            print(f"{name} {join} did not finish: {str(error).splitlines()[-1][:120]}", flush=True)
    compare(rows, ours(transactions, folder), others)


def slow(folder: Path, made: History, rows: int) -> None:
    transactions = batch(folder, made, min(rows, SMALL))
    others = [peer("pandas", transactions, folder, "asof"), peer("spark", transactions, folder)]
    compare(min(rows, SMALL), ours(transactions, folder), others)


def csv(folder: Path, made: History, rows: int) -> None:
    transactions, text = batch(folder, made, CSV), folder / f"{CSV}.csv"
    if not text.exists():
        pyarrow.csv.write_csv(pq.read_table(transactions), text)
    began = time.monotonic()
    db = duckdb.connect(config={"threads": 2})
    columns = {name: kind for name, kind, *_ in db.execute(f"describe from '{transactions}'").fetchall()}
    db.execute(f"copy (from read_csv('{text}', header = true, columns = {columns})) to '{folder}/csv.parquet'")
    reading = time.monotonic() - began
    other = peer("duckdb", folder / "csv.parquet", folder)
    other = Result("duckdb from csv", other.seconds + reading, other.counts, other.clones)
    compare(CSV, ours(text, folder), [other])


def stored(folder: Path, made: History, rows: int) -> None:
    """Judging again, a statistic and one card's rows, from the store and from the Parquet that came."""
    transactions = batch(folder, made, min(rows, SMALL))
    ours(transactions, folder)
    shutil.rmtree(folder / "store", ignore_errors=True)
    kept = Store(folder / "store")
    took = timed(lambda: take_in(kept, (transactions,), folder / "ours"), 1)
    size = sum(file.stat().st_size for file in (folder / "store").rglob("*") if file.is_file())
    print(f"store of {min(rows, SMALL):,} rows: {took:.1f} s to take in, {size / min(rows, SMALL):.0f} bytes a row")
    rule = Rule("beijing", "", frozenset(Kind))
    judge = Judge(histories.load(folder / "history.parquet"), rule, None)
    again = timed(lambda: rejudge(kept, judge))
    first, last = uses.quarter(2024, 2)
    use = timed(lambda: uses.by_institution(kept, first, last))
    card = f"{int(kept.cards[len(kept.cards) // 2]):012X}"
    one = timed(lambda: kept.rows_of(card))
    db = duckdb.connect(config={"threads": 2})
    judging = (
        "select count(*) filter (h.void or h.institution_no <> t.institution_no"
        " or (h.permissions >> t.business) & 1 = 0)"
        f" from '{transactions}' t left join '{folder}/history.parquet' h"
        " on t.sam_no = h.sam_no and t.txn_time >= h.valid_from and t.txn_time < h.valid_until"
    )
    days = f"txn_time >= '{first} 00:00:00+08' and txn_time < '2024-07-01 00:00:00+08'"
    using = (
        "select institution_no, count(*), sum(amount_fen) from (select t.*, v.verdict from"
        f" '{transactions}' t positional join '{folder}/ours/verdicts.parquet' v) where {days} group by 1"
    )
    finding = f"select txn_id, institution_no, amount_fen from '{transactions}' where sam_no = '{card}'"
    lazy = pl.scan_parquet(transactions)
    polars_use = lazy.filter(pl.col("txn_time").dt.convert_time_zone("Asia/Shanghai").dt.quarter() == 2)
    lines: list[tuple[str, float, list[tuple[str, float]]]] = [
        ("judge again", again, [("duckdb", timed(lambda: db.execute(judging).fetchall()))]),
        (
            "use of a quarter",
            use,
            [
                ("duckdb", timed(lambda: db.execute(using).fetchall())),
                (
                    "polars",
                    timed(
                        lambda: (
                            polars_use.group_by("institution_no")
                            .agg(pl.len(), pl.col("amount_fen").sum())
                            .collect(engine="streaming")
                        )
                    ),
                ),
            ],
        ),
        (
            "one card's rows",
            one,
            [
                ("duckdb", timed(lambda: db.execute(finding).fetchall())),
                ("polars", timed(lambda: lazy.filter(pl.col("sam_no") == card).collect(engine="streaming"))),
            ],
        ),
    ]
    for name, seconds, others in lines:
        told = ", ".join(f"{other} {taken:.3f} s ({taken / seconds:.1f}×)" for other, taken in others)
        print(f"{name:<18} {seconds:.3f} s; {told}", flush=True)


def timed(work: Callable[[], object], times: int = 3) -> float:
    found = []
    for _ in range(times):
        began = time.monotonic()
        work()
        found.append(time.monotonic() - began)
    return statistics.median(found)


if __name__ == "__main__":
    main()
