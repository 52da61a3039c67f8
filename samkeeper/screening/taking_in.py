"""Take what a run has judged into the store: its inputs' rows beside the verdicts of its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samkeeper.screening import intake
from samkeeper.screening.batches import batches
from samkeeper.screening.columns import read, read_proofs
from samkeeper.screening.judging import FLAGS, NO_EVENT, VERDICTS, Judged
from samkeeper.screening.store import Store
from samkeeper.screening.strings import present, values
from samkeeper.screening.work import identities

TAC_COLUMNS = ("tac", "card_factor", "txn_type")


def take_in(store: Store, transactions: tuple[Path, ...], out: Path, *, checks_tac: bool = False) -> bool:
    """False where the store has these inputs already. `out` is the finished folder of a run over them."""
    manifest = json.loads((out / "manifest.json").read_text())
    digest = hashlib.sha256("".join(file["sha256"] for file in manifest["inputs"]).encode()).hexdigest()
    plan = intake.plan(transactions)
    kind = plan.schema.field("txn_id").type if "txn_id" in plan.schema.names else pa.string()
    with (
        store.adding(digest) as run,
        pq.ParquetFile(out / "verdicts.parquet", read_dictionary=["verdict", "flag"]) as file,
    ):
        if run is None:
            return False
        told = judgements(file)
        for unit in plan.units:
            for batch in batches(unit):
                rows = read(batch.table, batch.fault)
                if checks_tac or any(name in batch.table.column_names for name in TAC_COLUMNS):
                    read_proofs(batch.table, rows, checks_tac)
                sound = rows.sound()
                if sound.count:
                    run.add(sound, next(told), identities(batch, rows, kind))
    return True


def judgements(file: pq.ParquetFile) -> Iterator[Judged]:
    """A run's verdicts have a row group a batch."""
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=["verdict", "flag", "event_id"]).combine_chunks()
        verdict, flag, event = (table.column(name).combine_chunks() for name in table.column_names)
        moments = np.where(present(event) == 1, values(event), NO_EVENT)
        yield Judged(
            numbers(verdict, verdict_number).astype(np.uint8), numbers(flag, flag_bits).astype(np.uint16), moments
        )


def numbers(column: pa.DictionaryArray[Any, Any], number: Any) -> np.ndarray[Any, Any]:
    """0 for a null."""
    by_code = np.array([*map(number, column.dictionary.to_pylist()), 0], np.int64)
    return by_code[np.where(present(column.indices) == 1, values(column.indices), -1)]


def verdict_number(word: str) -> int:
    return VERDICTS.index(word)


def flag_bits(words: str) -> int:
    return sum(1 << FLAGS.index(word) for word in words.split("+"))
