"""The rows of a unit of work, a batch at a time, each with the places where its rows were read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from samkeeper.screening import csv_file
from samkeeper.screening.columns import TYPES, Faults, Rows, reason
from samkeeper.screening.intake import UNIT_ROWS, Piece, Source, Unit, plain, reading

HUGE_GROUP = 2 * UNIT_ROWS  # a row group above this is streamed, not read at once
BUFFER = 1 << 20
QUARANTINE = pa.schema([("record", pa.string()), ("file", pa.string()), ("row", pa.int64()), ("reason", pa.string())])


@dataclass(frozen=True, slots=True)
class Place:
    """Where `count` neighbouring rows of a batch came from; the first is data row `row` + 1 of the file."""

    source: Source
    row: int
    count: int


@dataclass(slots=True)
class Batch:
    """`table` holds every column as it came; `fault` what the reader of the file found wrong already."""

    table: pa.Table
    fault: Faults
    places: list[Place]


Loaded = tuple[pa.Table, Faults, Place]


def batches(unit: Unit, threads: int = 1, columns: list[str] | None = None) -> Iterator[Batch]:
    """Neighbouring tables of one schema are one batch; `columns`: no others, of Parquet.

    Raises `BadInput` where a file is damaged or was changed.
    """
    loaded = (item for piece in unit.pieces for item in load(piece, threads, columns))
    if len(unit.pieces) == 1:
        for table, fault, place in loaded:
            yield Batch(table, fault, [place])
    else:
        for _, alike in groupby(loaded, key=lambda item: item[0].schema):
            tables, faults, places = zip(*alike, strict=True)
            yield Batch(pa.concat_tables(tables).combine_chunks(), np.concatenate(faults), list(places))
    for piece in unit.pieces:
        piece.source.check()


def load(piece: Piece, threads: int, columns: list[str] | None) -> Iterator[Loaded]:
    source, row = piece.source, piece.row
    with reading(source):
        for table, fault in tables(piece, threads, columns):
            if len(table):
                yield table, fault, Place(source, row, len(table))
            row += len(table)


def tables(piece: Piece, threads: int, columns: list[str] | None) -> Iterator[tuple[pa.Table, Faults]]:
    source = piece.source
    if source.csv is not None:
        yield csv_file.read(source.place, source.csv, piece.first, piece.last)
        return
    metadata = pq.read_metadata(source.place)
    groups = list(range(piece.first, piece.last))
    huge = any(metadata.row_group(group).num_rows > HUGE_GROUP for group in groups)
    with pq.ParquetFile(
        source.place, read_dictionary=["institution_no"], pre_buffer=False, buffer_size=BUFFER if huge else 0
    ) as file:
        if huge:
            for batch in file.iter_batches(UNIT_ROWS, groups, columns, use_threads=threads > 1):
                yield whole(pa.Table.from_batches([batch]))
        else:
            yield whole(file.read_row_groups(groups, columns, use_threads=False))


def whole(table: pa.Table) -> tuple[pa.Table, Faults]:
    return table.unify_dictionaries().combine_chunks(), np.zeros(len(table), np.uint32)


def conform(table: pa.Table, rows: Rows, chosen: np.ndarray[Any, Any], schema: pa.Schema) -> list[pa.Array[Any]]:
    """The chosen well-formed rows as `schema` has them: as they came where the type is the same."""
    picked = table.take(pa.array(chosen))
    canonical = {
        "amount_fen": lambda: pa.array(rows.amount[chosen]),
        "business": lambda: pa.array(rows.business[chosen]),
        "txn_time": lambda: pa.array(rows.time[chosen], TYPES["txn_time"]),
        "terminal_seq": lambda: pa.array(rows.sequence[chosen], mask=rows.sequence[chosen] < 0),
    }
    out = []
    for field in schema:
        if field.name not in picked.column_names:
            out.append(pa.nulls(len(chosen), field.type))
        elif plain(picked.schema.field(field.name).type) == field.type:
            out.append(as_one(picked.column(field.name), field.type))
        elif field.name in canonical and field.type == TYPES[field.name]:
            out.append(canonical[field.name]().cast(field.type))
        else:
            out.append(as_one(picked.column(field.name), field.type))
    return out


def as_one(chunks: pa.ChunkedArray[Any], kind: pa.DataType) -> pa.Array[Any]:
    array = chunks.combine_chunks()
    return array if array.type == kind else array.cast(kind)


def quarantine(batch: Batch, fault: Faults) -> pa.Table:
    """The malformed rows, each as JSON, with its file, its place there and what is wrong with it."""
    wrong = np.flatnonzero(fault)
    files, places = origins(batch.places, wrong)
    reasons = [reason(int(bits)) for bits in fault[wrong]]
    return pa.table([pa.array(records(batch.table, wrong), pa.string()), files, places, reasons], schema=QUARANTINE)


def origins(places: list[Place], wrong: np.ndarray[Any, Any]) -> tuple[list[str], list[int]]:
    edges = np.cumsum([0, *(place.count for place in places)])
    owner = np.searchsorted(edges, wrong, "right") - 1
    files = [places[place].source.path for place in owner]
    rows = [places[place].row + int(row - edges[place]) + 1 for place, row in zip(owner, wrong, strict=True)]
    return files, rows


def records(table: pa.Table, wrong: np.ndarray[Any, Any]) -> list[str]:
    picked = table.take(pa.array(wrong))
    columns = {name: readable(picked.column(name)) for name in picked.column_names if name != csv_file.LINE_COLUMN}
    lines = readable(picked.column(csv_file.LINE_COLUMN)) if csv_file.LINE_COLUMN in picked.column_names else []
    out = []
    for row in range(len(wrong)):
        fields = {name: column[row] for name, column in columns.items()}
        cut = not lines or lines[row] is None
        out.append(json.dumps(fields if cut else {"line": lines[row]}, ensure_ascii=False, default=str))
    return out


def readable(chunks: pa.ChunkedArray[Any]) -> list[Any]:
    """Values as JSON can have them; moments as text, since not every one is a Python date."""
    kind = chunks.type
    values: list[Any] = (chunks.cast(pa.string()) if pt.is_temporal(kind) else chunks).to_pylist()
    return values
