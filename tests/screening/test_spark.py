"""The same files from a real standalone cluster of two workers on loopback, also when one of them dies at work."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pyspark
import pytest

from benchmarks.screening.data import make_history, write_history, write_transactions
from samkeeper.errors import BadInput, Fault
from samkeeper.screening.spark import SparkEngine
from tests.screening import made

FILES = ("verdicts", "refused", "quarantine", "summary")
SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
PATIENCE = 60


@dataclass
class Cluster:
    master: str
    workers: list[subprocess.Popen[bytes]]


def start(log: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    with log.open("wb") as file:
        command = [SPARK_CLASS, *arguments]
        return subprocess.Popen(command, stdout=file, stderr=file, env=environment, start_new_session=True)


def await_words(log: Path, pattern: str, times: int = 1) -> str:
    for _ in range(PATIENCE * 10):
        if len(found := re.findall(pattern, log.read_text(errors="replace"))) >= times:
            return str(found[0])
        time.sleep(0.1)
    raise AssertionError(f"{pattern} not in:\n{log.read_text(errors='replace')}")


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    deploy = "org.apache.spark.deploy"
    log = folder / "master.log"
    master = start(log, f"{deploy}.master.Master", "-h", "127.0.0.1", "-p", "0", "--webui-port", "0")
    workers: list[subprocess.Popen[bytes]] = []
    try:
        address = await_words(log, r"spark://127\.0\.0\.1:\d+")
        options = ("-h", "127.0.0.1", "--webui-port", "0", "-c", "1", "-m", "1g")
        for name in ("one", "two"):
            place = ("-d", str(folder / name), address)
            workers.append(start(folder / f"{name}.log", f"{deploy}.worker.Worker", *options, *place))
        await_words(log, "Registering worker", times=2)
        yield Cluster(address, workers)
    finally:
        for process in (*workers, master):
            kill(process)


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A million and a half rows and what the local engine says of them."""
    folder = tmp_path_factory.mktemp("province")
    history = make_history(20_000)
    write_history(history, folder / "history.parquet")
    write_transactions(history, 1_500_000, folder / "batch.parquet", group=60_000)
    strange = [made.transaction("445", made.at(1)), made.transaction(made.SAMS[0], made.at(1), terminal_seq=3)]
    made.write_transactions(strange, folder / "strange.parquet")
    return folder


@pytest.fixture(scope="module", autouse=True)
def _small_units_and_loopback() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("samkeeper.screening.intake.UNIT_ROWS", 60_000)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        yield


def result(folder: Path, out: str) -> tuple[Any, ...]:
    return tuple(pq.read_table(folder / out / f"{name}.parquet") for name in FILES)


def told(manifest: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in manifest.items() if key not in ("engine", "seconds")}


def inputs(folder: Path) -> tuple[Path, Path]:
    return folder / "batch.parquet", folder / "strange.parquet"


def test_both_engines_write_the_same_though_a_worker_dies(cluster: Cluster, province: Path) -> None:
    local = made.run(province, *inputs(province), out=province / "local")
    parts = province / "cluster.partial" / "parts"

    def kill_one_at_work() -> None:
        for _ in range(PATIENCE * 20):
            if len(list(parts.glob("*/facts"))) >= 2:
                kill(cluster.workers[0])
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_one_at_work)
    killer.start()
    engine = SparkEngine(cluster.master)
    spark = made.run(province, *inputs(province), out=province / "cluster", engine=engine)
    killer.join()
    assert cluster.workers[0].poll() is not None
    assert cluster.workers[1].poll() is None
    assert result(province, "cluster") == result(province, "local")
    assert told(spark) == told(local)
    assert spark["engine"] == "spark"


def test_a_damaged_file_is_said_as_plainly_as_by_the_local_engine(cluster: Cluster, province: Path) -> None:
    whole = (province / "batch.parquet").read_bytes()
    damaged = province / "damaged.parquet"
    damaged.write_bytes(whole[:4] + bytes(4000) + whole[4004:])
    with pytest.raises(BadInput, match=r"damaged\.parquet：.*已损坏"):
        made.run(province, damaged, out=province / "never", engine=SparkEngine(cluster.master))
    assert not (province / "never").exists()


def test_a_master_that_is_not_there_is_a_fault(province: Path) -> None:
    with pytest.raises(Fault, match="连不上 Spark"):
        made.run(province, *inputs(province), out=province / "nowhere", engine=SparkEngine("spark://127.0.0.1:1"))
