"""What is done with one unit of work, wherever it runs: judge its rows, and leave its part of every file.

A unit's files are written to a folder of the attempt, which is renamed when it is whole. So a unit is done when
its folder is there: a run that is started again skips it, and an executor that dies half-way, or lives on beside
the one that took its place, leaves nothing that counts.
"""

from __future__ import annotations

import errno
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samkeeper.screening import clones, summary
from samkeeper.screening.batches import Batch, as_one, batches, conform, quarantine
from samkeeper.screening.columns import Rows, read, read_proofs
from samkeeper.screening.intake import Unit, output_names
from samkeeper.screening.judging import CLONE, FLAGS, VERDICTS, Judge, Judged, event_array, flag_array, verdict_array
from samkeeper.screening.tac import Checker

FLAG_PLACE = 2  # among txn_id, verdict, flag, event_id


@dataclass(frozen=True, slots=True)
class Outline:
    """What every unit needs to know; small, and the same for all."""

    folder: Path  # where parts go
    schema: pa.Schema  # the input columns
    article: str
    shares: int  # of the clones' external sort
    checks_tac: bool

    @property
    def txn_id(self) -> pa.DataType:
        return self.schema.field("txn_id").type if "txn_id" in self.schema.names else pa.string()

    def verdict_schema(self) -> pa.Schema:
        return pa.schema([("txn_id", self.txn_id), ("verdict", CODED), ("event_id", pa.int64())])

    def final_schema(self) -> pa.Schema:
        text = [(name, pa.string()) for name in ("verdict", "flag")]
        return pa.schema([("txn_id", self.txn_id), *text, ("event_id", pa.int64())])

    def refused_schema(self) -> pa.Schema:
        names = output_names(self.schema.names)
        columns = [(name, column.type) for name, column in zip(names, self.schema, strict=True)]
        return pa.schema([*columns, ("verdict", pa.string()), ("clause", pa.string()), ("event_id", pa.int64())])

    def part(self, unit: int, kind: str) -> Path:
        return self.folder / f"{unit:07d}" / kind


CODED = pa.dictionary(pa.int8(), pa.string())


@dataclass(slots=True)
class Facts:
    """What came of a unit. `groups`: its row groups' sizes; `entries`: batches spilled for the clones."""

    unit: int
    rows: int = 0
    quarantined: int = 0
    refused: int = 0
    refused_fen: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(VERDICTS))
    groups: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return self.rows - self.quarantined

    @classmethod
    def load(cls, path: Path) -> Facts | None:
        return cls(**json.loads(path.read_text())) if path.exists() else None


def screen_unit(outline: Outline, unit: Unit, judge: Judge, checker: Checker | None, threads: int = 1) -> Facts:
    """Judge a unit and write its part; what is done already is not done again."""
    if facts := Facts.load(outline.part(unit.number, "facts")):
        return facts
    facts = Facts(unit.number)
    with attempt(outline, unit.number) as folder:
        with ExitStack() as stack:
            parts = Parts(outline, folder, stack)
            for batch in batches(unit, threads):
                screen_batch(batch, judge, checker, facts, parts)
        (folder / "facts").write_text(json.dumps(asdict(facts)))
    return facts


@contextmanager
def attempt(outline: Outline, unit: int) -> Iterator[Path]:
    """A folder that becomes the unit's when all went well, unless another attempt was first."""
    folder = Path(tempfile.mkdtemp(prefix=f"{unit:07d}-", dir=outline.folder))
    try:
        yield folder
        folder.rename(outline.folder / f"{unit:07d}")
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def screen_batch(batch: Batch, judge: Judge, checker: Checker | None, facts: Facts, parts: Parts) -> None:
    rows = read(batch.table, batch.fault)
    forged = None
    if checker is not None or any(name in batch.table.column_names for name in ("tac", "card_factor", "txn_type")):
        proofs = read_proofs(batch.table, rows, checker is not None)
        forged = checker.check(rows, proofs) if checker is not None else None
    judged = judge.judge(rows, forged)
    facts.rows += rows.count
    if rows.fault.any():
        parts.write("quarantine", quarantine(batch, rows.fault))
        facts.quarantined += int(np.count_nonzero(rows.fault))
    spilled = parts.folder / f"clones-{len(facts.entries)}"
    facts.entries.append(clones.spill(rows, sum(facts.groups), parts.outline.shares, spilled))
    write_verdicts(batch, rows, judged, facts, parts)
    parts.write("summary", summary.of_batch(rows, judged.verdict))
    write_refused(batch, rows, judged, facts, parts)


class Parts:
    """The files of one unit, opened as they are needed."""

    def __init__(self, outline: Outline, folder: Path, stack: ExitStack) -> None:
        self.outline, self.folder, self._stack = outline, folder, stack
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._flags = stack.enter_context((folder / "flags").open("wb"))

    def flags(self, bits: np.ndarray[Any, np.dtype[np.uint16]]) -> None:
        self._flags.write(bits.data)

    def write(self, kind: str, table: pa.Table) -> None:
        if kind not in self._writers:
            options = OPTIONS.get(kind, COMPACT)
            if kind == "verdicts":
                integers = [column.name for column in table.schema if pa.types.is_integer(column.type)]
                options = options | {"column_encoding": dict.fromkeys(integers, PACKED)}
            writer = pq.ParquetWriter(self.folder / kind, table.schema, **options)
            self._writers[kind] = self._stack.enter_context(writer)
        self._writers[kind].write_table(table, row_group_size=max(len(table), 1))


COMPACT: dict[str, Any] = {"compression": "zstd", "compression_level": 1}
OPTIONS: dict[str, dict[str, Any]] = {
    "verdicts": {"compression": "lz4", "use_dictionary": ["verdict"], "store_schema": False},
    "flag": {"compression": "lz4", "store_schema": False},
}
# Numbers that rise, or need few of their bits: smaller and quicker than any compression.
PACKED = "DELTA_BINARY_PACKED"


def write_verdicts(batch: Batch, rows: Rows, judged: Judged, facts: Facts, parts: Parts) -> None:
    """All but the flags, which are complete only when the clones are known; these wait as bits."""
    identity = identities(batch, rows, parts.outline.txn_id)
    verdict, flags, event = judged.verdict, judged.flags, judged.event
    if rows.fault.any():
        sound = rows.fault == 0
        verdict, flags, event = verdict[sound], flags[sound], event[sound]
    if not len(verdict):
        return
    columns = [identity, verdict_array(verdict), event_array(event)]
    parts.write("verdicts", pa.table(columns, schema=parts.outline.verdict_schema()))
    parts.flags(flags)
    facts.groups.append(len(verdict))
    counts = np.bincount(verdict, minlength=len(VERDICTS)).tolist()
    facts.counts = [one + other for one, other in zip(facts.counts, counts, strict=True)]


def identities(batch: Batch, rows: Rows, kind: pa.DataType) -> pa.Array[Any]:
    """The well-formed rows' `txn_id`."""
    if "txn_id" not in batch.table.column_names:
        return pa.nulls(int(np.count_nonzero(rows.fault == 0)), kind)
    identity = as_one(batch.table.column("txn_id"), kind)
    return identity.filter(pa.array(rows.fault == 0)) if rows.fault.any() else identity


def write_refused(batch: Batch, rows: Rows, judged: Judged, facts: Facts, parts: Parts) -> None:
    chosen = np.flatnonzero((judged.verdict > 0) & (rows.fault == 0))
    if not len(chosen):
        return
    outline = parts.outline
    columns = conform(batch.table, rows, chosen, outline.schema)
    columns.append(verdict_array(judged.verdict[chosen]).cast(pa.string()))
    columns.append(pa.array([outline.article]).take(pa.array(np.zeros(len(chosen), np.int8))))
    columns.append(event_array(judged.event[chosen]))
    parts.write("refused", pa.table(columns, schema=outline.refused_schema()))
    facts.refused += len(chosen)
    facts.refused_fen += sum(rows.amount[chosen].tolist())


def finish_unit(outline: Outline, facts: Facts, cloned: np.ndarray[Any, np.dtype[np.uint8]]) -> list[int]:
    """Write a unit's flags, now that its clones are known (1 a row in `cloned`). Returns how many rows have which."""
    bits = np.fromfile(outline.part(facts.unit, "flags"), np.uint16)
    bits[cloned == 1] |= CLONE
    schema = pa.schema([("flag", pa.dictionary(pa.int16(), pa.string()))])
    with pq.ParquetWriter(outline.part(facts.unit, "flag"), schema, **OPTIONS["flag"]) as writer:
        for first, size in zip(np.cumsum([0, *facts.groups]), facts.groups, strict=False):
            table = pa.table([flag_array(bits[first : first + size])], schema=schema)
            writer.write_table(table, row_group_size=size)
    combinations = np.bincount(bits, minlength=1)
    return [int(combinations[np.arange(len(combinations)) >> place & 1 == 1].sum()) for place in range(len(FLAGS))]
