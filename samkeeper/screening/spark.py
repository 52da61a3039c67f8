"""Screening on a Spark cluster: the same units, the same kernel, on many machines.

The cluster reads the transactions and writes the parts itself, so the paths of the inputs and of `DIR` must be the
same on every machine (a shared file system). The history goes to each executor once, as the finished index, and
is mapped into memory there, so that all Python workers of a machine share one copy. A unit that dies with its
executor is done again by Spark elsewhere; what it had begun does not count (see `work`).
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark import SparkFiles
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from samkeeper.errors import BadInput, Fault
from samkeeper.screening import history
from samkeeper.screening.engine import Setup, checker_for, threads
from samkeeper.screening.history import Index
from samkeeper.screening.intake import Unit
from samkeeper.screening.judging import Judge
from samkeeper.screening.tac import Checker
from samkeeper.screening.work import Facts, screen_unit

ARRAYS = ("slots", "starts", "record", "devices")
RESULT = "unit long, error string"
LOOK = 0.2  # seconds between looks for finished units
TIMEOUT = 5  # seconds


class SparkEngine:
    name = "spark"

    def __init__(self, master: str) -> None:
        self.master = master

    def screen(self, setup: Setup, units: list[Unit]) -> Iterator[Facts]:
        outline = replace(setup.outline, folder=setup.outline.folder.absolute())
        setup = replace(setup, outline=outline)
        folder = outline.folder.parent / "index"
        save(history.load(setup.history, threads=threads()), folder)
        session = connect(self.master)
        try:
            for file in sorted(folder.iterdir()):
                session.sparkContext.addFile(str(file))
            job = session.sparkContext.broadcast((setup, units))
            tasks = session.range(0, len(units), 1, max(len(units), 1))
            results = tasks.mapInArrow(lambda ids: work(ids, job.value), RESULT)
            with ThreadPoolExecutor(1) as waiter:
                yield from as_finished(setup, units, waiter.submit(results.collect))
        finally:
            session.stop()


def reach(master: str) -> None:
    """Spark itself would try an address that nobody answers for a minute."""
    for place in master.removeprefix("spark://").split(",") if master.startswith("spark://") else ():
        host, _, port = place.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=TIMEOUT).close()
        except (OSError, ValueError) as error:
            raise Fault(f"连不上 Spark（{master}）。请核对 --spark-master。", retry=True) from error


def connect(master: str) -> SparkSession:
    reach(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(master).appName("samkeeper screen")
    builder = builder.config("spark.ui.enabled", "false").config("spark.ui.showConsoleProgress", "false")
    try:
        session = builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise Fault(f"连不上 Spark（{master}）。请确认已安装 Java 17，且集群有空闲资源。", retry=True) from error
    session.sparkContext.setLogLevel("ERROR")
    return session


def as_finished(setup: Setup, units: list[Unit], job: Future[list[Any]]) -> Iterator[Facts]:
    """Facts as they appear in the shared folder; then what Spark says, should a unit have failed."""
    waiting = {unit.number for unit in units}
    while waiting:
        done = job.done()
        for number in sorted(waiting):
            if facts := Facts.load(setup.outline.part(number, "facts")):
                waiting.remove(number)
                yield facts
        if done:
            break
        time.sleep(LOOK)
    try:
        errors = [row.error for row in job.result() if row.error]
    except PySparkException as error:
        raise Fault("Spark 作业失败。请查看集群日志后重新运行，已完成的部分不会重做。", retry=True) from error
    if errors:
        raise BadInput(errors[0])


def work(batches: Iterator[pa.RecordBatch], job: tuple[Setup, list[Unit]]) -> Iterator[pa.RecordBatch]:
    """On an executor: screen the units whose numbers come in. What is wrong with an input is not tried again."""
    setup, units = job
    judge, checker = tools(setup)
    for batch in batches:
        for number in batch.column(0).to_pylist():
            error = None
            try:
                screen_unit(setup.outline, units[number], judge, checker)
            except BadInput as wrong:
                error = wrong.message
            yield pa.record_batch([pa.array([number], pa.int64()), pa.array([error], pa.string())], ["unit", "error"])


_tools: dict[str, tuple[Judge, Checker | None]] = {}


def tools(setup: Setup) -> tuple[Judge, Checker | None]:
    """Made once in each Python worker."""
    key = str(setup.outline.folder)
    if key not in _tools:
        _tools.clear()
        _tools[key] = Judge(fetch(SparkFiles.get), setup.rule, setup.bound), checker_for(setup)
    return _tools[key]


def save(index: Index, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in ARRAYS:
        np.save(folder / f"{name}.npy", getattr(index, name))
    small = {"institutions": index.institutions, "known_from": index.known_from}
    (folder / "index.json").write_text(json.dumps(small, ensure_ascii=False))


def fetch(place: Callable[[str], str]) -> Index:
    arrays = [np.load(place(f"{name}.npy"), mmap_mode="r") for name in ARRAYS]
    return Index(*arrays, **json.loads(Path(place("index.json")).read_text()))
