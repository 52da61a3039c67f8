"""`samkeeper export history`: the resolved history of every card, as known at a ledger size, as Parquet.

The file is what screening judges by (INTERFACES, History): one row a card and period, half-open, not overlapping.
The same ledger size gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db.models import Max, Min, QuerySet

from samkeeper.errors import BadInput
from samkeeper.ledger.models import Entry
from samkeeper.lifecycle import STATES
from samkeeper.registry.history import Span, resolve
from samkeeper.registry.models import CardPeriod
from samkeeper.sheets.target import writing

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

    `as_known_at`: a ledger size; only what stood in the first so many entries is known. None: the present size.
    Raises `BadInput` for a size that the ledger does not have yet, Fault where the file cannot be written.
    """
    known = _known(as_known_at)
    known_from = _known_from(known)
    schema = SCHEMA.with_metadata({"known_from": known_from}) if known_from else SCHEMA
    rows, written = _rows(known), 0
    with writing(out) as stream, pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_A_GROUP)):
            writer.write_batch(
                pa.RecordBatch.from_pylist([dict(zip(schema.names, row, strict=True)) for row in batch], schema)
            )
            written += len(batch)
    return written


def _known(as_known_at: int | None) -> QuerySet[CardPeriod]:
    """The assertions known at that size, whatever is written meanwhile."""
    size = Entry.objects.aggregate(size=Max("seq"))["size"] or 0
    if as_known_at is not None and as_known_at > size:
        raise BadInput(f"账本现有 {size} 条，还没有第 {as_known_at} 条", remedy="请写不超过现有条数的数")
    return CardPeriod.objects.filter(seq__lte=size if as_known_at is None else as_known_at)


def _known_from(known: QuerySet[CardPeriod]) -> str:
    """When the register began: its earliest period."""
    first = known.aggregate(first=Min("valid_from"))["first"]
    return first.isoformat() if first else ""


def _rows(known: QuerySet[CardPeriod]) -> Iterator[tuple[object, ...]]:
    periods = known.select_related("card", "institution").order_by("card__sam_no", "seq")
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
