"""`samkeeper export history`: the resolved history of every card, as known at a ledger size, as Parquet.

The file is what screening judges by (INTERFACES, History): one row a card and period, half-open, not overlapping.
The same ledger size gives the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Min, QuerySet

from samkeeper.lifecycle import STATES
from samkeeper.registry.history import Span, resolve
from samkeeper.registry.models import CardPeriod

MOMENT = pa.timestamp("us", tz="UTC")
FIELDS: dict[str, pa.DataType] = {
    "sam_no": pa.string(),
    "valid_from": MOMENT,
    "valid_until": MOMENT,
    "state": pa.string(),
    "void": pa.bool_(),
    "institution_no": pa.string(),
    "device_no": pa.string(),
    "permissions": pa.int32(),
    "event_id": pa.int64(),
}
SCHEMA = pa.schema(FIELDS)
ROWS_A_GROUP = 100_000


def write_history(out: Path, *, as_known_at: int | None = None) -> int:
    """Write the history to `out` (whole or not at all) and give the number of rows.

    `as_known_at`: a ledger size; only what stood in the first so many entries is known. None: everything.
    """
    partial = out.with_name(out.name + ".partial")
    known_from = _known_from(as_known_at)
    schema = SCHEMA.with_metadata({"known_from": known_from}) if known_from else SCHEMA
    rows, written = _rows(as_known_at), 0
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_A_GROUP)):
            writer.write_batch(
                pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in batch], schema)
            )
            written += len(batch)
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(out)
    return written


def _known(as_known_at: int | None) -> QuerySet[CardPeriod]:
    return CardPeriod.objects.all() if as_known_at is None else CardPeriod.objects.filter(seq__lte=as_known_at)


def _known_from(as_known_at: int | None) -> str:
    """When the register began: its earliest period."""
    first = _known(as_known_at).aggregate(first=Min("valid_from"))["first"]
    return first.isoformat() if first else ""


def _rows(as_known_at: int | None) -> Iterator[tuple[object, ...]]:
    periods = _known(as_known_at).select_related("card", "institution").order_by("card__sam_no", "seq")
    for _, of_card in groupby(periods.iterator(chunk_size=10_000), key=lambda period: period.card_id):
        yield from map(_row, resolve(of_card))


def _row(span: Span) -> tuple[object, ...]:
    period = span.period
    return (
        period.card.sam_no,
        span.valid_from,
        span.valid_until,
        period.state,
        STATES[period.state].void,
        period.institution.unit_no if period.institution else None,
        period.device_no or None,
        period.permissions,
        period.event_id,
    )
