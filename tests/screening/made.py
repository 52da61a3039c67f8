"""Histories and transactions made small and nasty: every moment lies at or beside an edge of some period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from samkeeper.screening.judging import Rule
from samkeeper.screening.run import Request, screen
from samkeeper.verdicts import Kind

BEIJING = Rule("beijing", "b" * 64, frozenset(Kind), "第十三条", frozenset({"designated_medical"}))
HEALTH = Rule("health", "e" * 64, frozenset(Kind) - {Kind.CANCELLED}, "第十五条")
JIEYANG = Rule("jieyang", "f" * 64, frozenset())
OPEN_END = datetime(9999, 12, 31, tzinfo=UTC)
FIRST = datetime(2024, 3, 1, tzinfo=UTC)
SAMS = [f"44520000{number:04X}" for number in (0, 1, 2, 0xABCD)]
STRANGER = "FFFFFFFFFFFF"
UNITS = ["H1", "H2", "医院三"]
DEVICES = [None, "D1", "D2", "D" * 40]
STATES = ["in_stock", "issued", "in_service", "suspended", "handed_in", "cancelled", "returned"]
US = timedelta(microseconds=1)

HISTORY = pa.schema(
    [
        ("sam_no", pa.string()),
        ("valid_from", pa.timestamp("us", "UTC")),
        ("valid_until", pa.timestamp("us", "UTC")),
        ("state", pa.string()),
        ("void", pa.bool_()),
        ("institution_no", pa.string()),
        ("device_no", pa.string()),
        ("permissions", pa.int32()),
        ("event_id", pa.int64()),
    ]
)
TRANSACTIONS = pa.schema(
    [
        ("txn_id", pa.string()),
        ("sam_no", pa.string()),
        ("institution_no", pa.string()),
        ("device_no", pa.string()),
        ("business", pa.int32()),
        ("card_no", pa.string()),
        ("amount_fen", pa.int64()),
        ("txn_time", pa.timestamp("us", "UTC")),
        ("terminal_seq", pa.uint32()),
        ("备注", pa.string()),
    ]
)


def at(hours: float) -> datetime:
    return FIRST + timedelta(hours=hours)


def period(sam: str, start: datetime, end: datetime = OPEN_END, **facts: Any) -> dict[str, Any]:
    usual = {"state": "in_service", "institution_no": "H1", "device_no": None, "permissions": -1, "event_id": 1}
    held = usual | facts
    void = held["state"] in ("cancelled", "returned", "destroyed")
    return {"sam_no": sam, "valid_from": start, "valid_until": end, "void": void, **held}


def transaction(sam: str | None, time: datetime | None, **facts: Any) -> dict[str, Any]:
    usual = {
        "txn_id": "t",
        "institution_no": "H1",
        "device_no": None,
        "business": 0,
        "card_no": "E1",
        "amount_fen": 100,
    }
    return {"sam_no": sam, "txn_time": time, "terminal_seq": None, "备注": None, **usual, **facts}


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    periods: list[dict[str, Any]] = []
    for sam in SAMS:
        edges = sorted(draw(st.lists(st.integers(0, 9), max_size=6)))
        for place, (start, end) in enumerate(pairwise(edges), start=2):
            last = place == len(edges)
            if draw(st.booleans()):
                periods.append(
                    period(
                        sam,
                        at(start),
                        OPEN_END if end == 9 and last else at(end),
                        state=draw(st.sampled_from(STATES)),
                        institution_no=draw(st.sampled_from([None, *UNITS])),
                        device_no=draw(st.sampled_from(DEVICES)),
                        permissions=draw(st.sampled_from([-1, 0, 1, -(2**31), 5])),
                        event_id=len(periods) + 1,
                    )
                )
    return draw(st.permutations(periods))


moments = st.builds(lambda hour, off: at(hour) + off * US, st.integers(-1, 10), st.sampled_from([-1, 0, 0, 1]))
sound = st.builds(
    transaction,
    st.sampled_from([*SAMS, STRANGER]),
    moments,
    institution_no=st.sampled_from([*UNITS, "没有登记"]),
    device_no=st.sampled_from(DEVICES),
    business=st.sampled_from([0, 1, 2, 31]),
    amount_fen=st.integers(0, 10**6),
    terminal_seq=st.one_of(st.none(), st.integers(0, 4), st.sampled_from([2**31, 2**32 - 1])),
    备注=st.sampled_from([None, '随行，"引号"', "x"]),
)
broken = st.builds(
    lambda row, fault: row | fault,
    sound,
    st.sampled_from(
        [
            {"sam_no": None},
            {"sam_no": "44520000abcd"},
            {"sam_no": "4452"},
            {"sam_no": "44520000000G"},
            {"institution_no": None},
            {"txn_time": None},
            {"amount_fen": None},
            {"amount_fen": -1},
            {"business": None},
            {"business": 32},
            {"business": -1, "sam_no": None},
        ]
    ),
)
rows = st.lists(st.one_of(sound, sound, sound, broken), max_size=40)


def write_history(periods: list[dict[str, Any]], path: Path, known_from: str | None = None) -> Path:
    metadata = {"known_from": known_from} if known_from else None
    pq.write_table(pa.Table.from_pylist(periods, HISTORY.with_metadata(metadata)), path)
    return path


def write_transactions(rows: list[dict[str, Any]], path: Path, **options: Any) -> Path:
    numbered = [row | {"txn_id": f"t{number}"} for number, row in enumerate(rows)]
    pq.write_table(pa.Table.from_pylist(numbered, TRANSACTIONS), path, **options)
    return path


def run(folder: Path, *transactions: Path, rule: Rule = BEIJING, **options: Any) -> dict[str, Any]:
    engine = options.pop("engine", None)
    out = options.pop("out", folder / "out")
    request = Request(transactions, folder / "history.parquet", out, rule, **options)
    return screen(request, engine)


def read(folder: Path, name: str) -> list[dict[str, Any]]:
    return pq.read_table(folder / "out" / f"{name}.parquet").to_pylist()
