"""Where units are screened: in threads of this process, or (`spark`) on a cluster."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from samkeeper.screening import batches, history
from samkeeper.screening.columns import U8, column, hexadecimal
from samkeeper.screening.intake import Unit
from samkeeper.screening.judging import Judge, Rule
from samkeeper.screening.tac import Checker
from samkeeper.screening.work import Facts, Outline, screen_unit

FEW_ROWS = 400_000  # up to here it pays to look which cards come up before the history is read


@dataclass(frozen=True, slots=True)
class Setup:
    """Everything that screening a unit needs, by value or by path, so that it can be sent anywhere."""

    outline: Outline
    history: Path
    rule: Rule
    bound: frozenset[str] | None
    keys: str | None


class Engine(Protocol):
    name: str

    def screen(self, setup: Setup, units: list[Unit]) -> Iterator[Facts]:
        """Screen every unit, in any order."""
        ...


def threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class LocalEngine:
    """A thread a core; each takes a unit from reading to writing, so that all of that overlaps."""

    name = "local"

    def screen(self, setup: Setup, units: list[Unit]) -> Iterator[Facts]:
        judge, checker = judge_for(setup, units), checker_for(setup)
        workers = threads()
        inner = workers if len(units) < workers else 1
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(screen_unit, setup.outline, unit, judge, checker, inner) for unit in units]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                pool.shutdown(cancel_futures=True)


def judge_for(setup: Setup, units: list[Unit]) -> Judge:
    few = sum(unit.rows for unit in units) <= FEW_ROWS
    index = history.load(setup.history, cards_of(units) if few else None, threads())
    return Judge(index, setup.rule, setup.bound)


def cards_of(units: list[Unit]) -> U8:
    """The card numbers of a few rows."""
    found = [np.empty(0, np.uint64)]
    for unit in units:
        for batch in batches.batches(unit, columns=["sam_no"]):
            found.append(hexadecimal(column(batch.table, "sam_no"), 12, batch.fault, 1)[0])
    return np.concatenate(found)


def checker_for(setup: Setup) -> Checker | None:
    if setup.keys is None:
        return None
    from samkeeper.keys.vault import open_vault  # noqa: PLC0415 - only runs with keys need the vault

    return Checker(open_vault(setup.keys), single=setup.keys.startswith("pkcs11:"))
