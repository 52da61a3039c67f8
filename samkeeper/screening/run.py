"""A run, from the files that come in to the folder that goes out.

    plan the units → screen them (threads or Spark) → find the clones → write the files → rename

Everything happens in `DIR.partial`. A run that was stopped leaves its parts there, and the next one with the same
inputs takes up what is done. The folder gets its name when it is whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from samkeeper.errors import BadInput, Fault
from samkeeper.screening import clones, intake
from samkeeper.screening.batches import QUARANTINE
from samkeeper.screening.engine import Engine, LocalEngine, Setup, threads
from samkeeper.screening.intake import Source
from samkeeper.screening.judging import FLAGS, VERDICTS, Rule, bound_senders
from samkeeper.screening.progress import Progress, Silent
from samkeeper.screening.stitch import Stitcher
from samkeeper.screening.summary import Totals
from samkeeper.screening.work import COMPACT, FLAG_PLACE, Facts, Outline, finish_unit

# Parts are not forced to the disk one by one; so none from before the machine last started is trusted.
BOOT = Path("/proc/sys/kernel/random/boot_id")
LAYOUT = 1  # of the parts; another number makes a run that was stopped begin anew


@dataclass(frozen=True, slots=True)
class Request:
    """What `samkeeper screen` is asked for."""

    transactions: tuple[Path, ...]
    history: Path
    out: Path
    rule: Rule
    institutions: Path | None = None
    keys: str | None = None
    counters: Path | None = None


def screen(request: Request, engine: Engine | None = None, progress: Progress | None = None) -> dict[str, Any]:
    """Judge every transaction and write the folder. Returns the manifest. Raises `BadInput` and `Fault`."""
    if request.out.exists():
        raise BadInput("输出文件夹已经存在", where=str(request.out), remedy="请换一个名称，或先把它移走")
    try:
        return Run(request, engine or LocalEngine(), progress or Silent()).work()
    except OSError as error:
        raise Fault(
            f"读写文件失败（{error.strerror or error}）。请检查磁盘空间和权限后重新运行，已完成的部分不会重做。"
        ) from error


class Run:
    def __init__(self, request: Request, engine: Engine, progress: Progress) -> None:
        self.request, self.engine, self.progress = request, engine, progress
        self.started = time.monotonic()
        self.partial = request.out.with_name(request.out.name + ".partial")
        self.parts, self.whole = self.partial / "parts", self.partial / "whole"
        self.plan = intake.plan(request.transactions)
        named = (request.history, *filter(None, [request.institutions]))
        self.others = [Source(str(path), intake.stamp(str(path))) for path in named]
        self.outline = Outline(
            self.parts,
            self.plan.schema,
            request.rule.article,
            clones.shares_for(self.plan.rows),
            request.keys is not None,
        )

    def work(self) -> dict[str, Any]:
        self.partial.mkdir(parents=True, exist_ok=True)
        with locked(self.partial):
            try:
                if not self.take_up():
                    with ThreadPoolExecutor(1) as hasher:
                        self.make(hasher)
            except BadInput:
                self.clear()
                raise
            return self.finish()

    def clear(self) -> None:
        """Leave nothing of a run that was wrong from the start."""
        if not any(self.parts.glob("*/facts")):
            shutil.rmtree(self.partial, ignore_errors=True)

    def make(self, hasher: ThreadPoolExecutor) -> None:
        """Everything up to the manifest, which is written last."""
        sources = (*self.plan.sources, *self.others)
        digests = {source.path: hasher.submit(sha256, source.place) for source in sources}
        try:
            facts = self.screen_units()
            self.find_clones(facts)
            flags = self.write_files(facts)
        except BaseException:
            hasher.shutdown(wait=False, cancel_futures=True)
            raise
        manifest = self.manifest(facts, flags, {path: digest.result() for path, digest in digests.items()})
        for source in sources:
            source.check()
        save(manifest, self.whole / "manifest.json")

    def take_up(self) -> bool:
        """Keep what an earlier run with the same inputs left behind; True when only the last step is missing."""
        wanted = self.fingerprint()
        note = self.partial / "plan.json"
        same = note.exists() and json.loads(note.read_text()) == wanted
        if same and (self.whole / "manifest.json").exists():
            return True
        if not same:
            shutil.rmtree(self.parts, ignore_errors=True)
        shutil.rmtree(self.whole, ignore_errors=True)
        self.parts.mkdir(exist_ok=True)
        self.whole.mkdir()
        save(wanted, note)
        return False

    def fingerprint(self) -> dict[str, Any]:
        request = self.request
        return {
            "layout": LAYOUT,
            "inputs": intake.fingerprint((*self.plan.sources, *self.others)),
            "rule": [request.rule.name, request.rule.sha256],
            "keys": request.keys,
            "schema": str(self.plan.schema),
            "boot": BOOT.read_text() if BOOT.exists() else "",
        }

    def screen_units(self) -> list[Facts]:
        request = self.request
        bound = bound_senders(request.rule, request.institutions)
        setup = Setup(self.outline, request.history, request.rule, bound, request.keys)
        self.progress.start(self.plan.rows)
        found = []
        for facts in self.engine.screen(setup, list(self.plan.units)):
            found.append(facts)
            self.progress.advance(facts.rows)
        self.progress.close()
        return sorted(found, key=lambda facts: facts.unit)

    def find_clones(self, facts: list[Facts]) -> None:
        """Mark every cloned row in a file of one byte a row; write the counters that the next run starts from."""
        outline, shares = self.outline, self.outline.shares
        batches = [
            clones.Batch(outline.part(item.unit, f"clones-{number}"), item.unit)
            for item in facts
            for number, entries in enumerate(item.entries)
            if entries
        ]
        counters = self.request.counters
        last = clones.read_counters(counters) if counters else clones.Last.none()
        first = np.zeros(len(self.plan.units) + 1, np.int64)
        np.cumsum([item.judged for item in facts], out=first[1:])
        marks = np.memmap(self.parts / "cloned", np.uint8, "w+", shape=(max(int(first[-1]), 1),))
        lasts = []
        with ThreadPoolExecutor(threads()) as pool:
            work = [
                pool.submit(clones.find_share, batches, share, shares, last.share(share, shares))
                for share in range(shares)
            ]
            for future in work:
                hits, now = future.result()
                marks[
                    first[(hits >> np.uint64(32)).astype(np.int64)] + (hits & np.uint64(0xFFFFFFFF)).astype(np.int64)
                ] = 1
                lasts.append(now)
        if counters:
            clones.write_counters(lasts, self.partial / "counters.parquet")
        self.marks, self.first = marks, first

    def write_files(self, facts: list[Facts]) -> list[int]:
        """Put the parts together. Returns how many rows bear each flag."""
        outline = self.outline
        totals = np.zeros(len(FLAGS), np.int64)
        with ThreadPoolExecutor(threads()) as pool:
            flags = pool.map(
                lambda item: finish_unit(outline, item, self.marks[self.first[item.unit] : self.first[item.unit + 1]]),
                facts,
            )
            with writing(self.whole / "verdicts.parquet", outline.final_schema()) as file:
                for item, counts in zip(facts, flags, strict=True):
                    totals += counts
                    if item.judged:
                        file.add(outline.part(item.unit, "verdicts"), outline.part(item.unit, "flag"), FLAG_PLACE)
        for kind, schema in (("refused", outline.refused_schema()), ("quarantine", QUARANTINE)):
            with writing(self.whole / f"{kind}.parquet", schema) as file:
                for item in facts:
                    if getattr(item, "refused" if kind == "refused" else "quarantined"):
                        file.add(outline.part(item.unit, kind))
        sums = Totals()
        for item in facts:
            if item.rows:
                sums.add(pq.read_table(outline.part(item.unit, "summary")))
        path = self.whole / "summary.parquet"
        pq.write_table(sums.table(), path, **COMPACT)
        sync(path)
        return totals.tolist()

    def manifest(self, facts: list[Facts], flags: list[int], digests: dict[str, str]) -> dict[str, Any]:
        request = self.request
        counts = [sum(item.counts[place] for item in facts) for place in range(len(VERDICTS))]

        def named(path: Path) -> dict[str, str]:
            return {"file": str(path), "sha256": digests[str(path)]}

        return {
            "rows": sum(item.rows for item in facts),
            "quarantined": sum(item.quarantined for item in facts),
            "counts": dict(zip(map(str, VERDICTS), counts, strict=True)),
            "flags": dict(sorted(zip(map(str, FLAGS), flags, strict=True))),
            "refused_amount_fen": sum(item.refused_fen for item in facts),
            "inputs": [named(Path(source.path)) for source in self.plan.sources],
            "history": named(request.history),
            "rulebook": {"name": request.rule.name, "sha256": request.rule.sha256},
            "engine": self.engine.name,
            "seconds": round(time.monotonic() - self.started, 3),
        }

    def finish(self) -> dict[str, Any]:
        """The counters first: a run that is stopped between the two steps takes both again, with the same result."""
        manifest: dict[str, Any] = json.loads((self.whole / "manifest.json").read_text())
        if self.request.counters:
            put(self.partial / "counters.parquet", self.request.counters)
        self.whole.rename(self.request.out)
        sync(self.request.out.parent)
        shutil.rmtree(self.partial)
        return manifest


@contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[Stitcher]:
    """A file of many parts, or an empty one of this schema where there is none."""
    stitcher = Stitcher(path)
    yield stitcher
    if stitcher.footer is None:
        stitcher.file.close()
        pq.write_table(schema.empty_table(), path, **COMPACT)
        sync(path)
    else:
        stitcher.close()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput("另一个进程正在写同一个输出文件夹", where=str(folder), remedy="请等它结束") from error
        yield


def sha256(path: str) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def save(value: dict[str, Any], path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def put(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.copyfile(source, temporary)
    sync(temporary)
    temporary.replace(target)


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
