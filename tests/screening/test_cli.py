"""`samkeeper screen` as it is called: what it prints, where, and with which status it ends."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from samkeeper.screening import progress
from tests.screening import made

PROGRAM = Path(sys.executable).with_name("samkeeper")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made.write_history(
        [made.period(made.SAMS[0], made.at(0), state="cancelled", event_id=7)], tmp_path / "history.parquet"
    )
    made.write_transactions([made.transaction(made.SAMS[0], made.at(1))], tmp_path / "batch.parquet")
    return tmp_path


def samkeeper(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "screen", "batch.parquet", "--history", "history.parquet", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("book", "verdict", "flag"),
    [("beijing", "cancelled", None), ("health", "accepted", "cancelled"), ("jieyang", "accepted", "cancelled")],
)
def test_each_book_refuses_what_it_refuses(folder: Path, book: str, verdict: str, flag: str | None) -> None:
    told = samkeeper(folder, "--out", "out", "--rulebook", book, "--json")
    assert (told.returncode, told.stderr) == (0, "")
    manifest = json.loads(told.stdout)
    assert manifest["counts"][verdict] == 1
    assert manifest["rulebook"]["name"] == book
    assert made.read(folder, "verdicts") == [{"txn_id": "t0", "verdict": verdict, "flag": flag, "event_id": 7}]


def test_articles_stand_as_printed(folder: Path) -> None:
    strange = made.transaction(made.STRANGER, made.at(1))
    made.write_transactions([strange], folder / "batch.parquet")
    for book, article in (("beijing", "第十三条"), ("health", "第十五条")):
        assert samkeeper(folder, "--out", book, "--rulebook", book).returncode == 0
        (folder / book).rename(folder / "out")
        assert made.read(folder, "refused")[0]["clause"] == article
        (folder / "out").rename(folder / f"{book}-seen")


def test_it_reports_in_words_and_keeps_to_the_store(folder: Path) -> None:
    first = samkeeper(folder, "--out", "one", "--rulebook", "beijing", "--store", "kept")
    assert first.returncode == 0
    assert "判定 注销的：1 笔" in first.stdout
    again = samkeeper(folder, "--out", "two", "--rulebook", "beijing", "--store", "kept")
    assert "没有重复存入" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--out", "out", "--rulebook", "shanghai"), "可用的规则：beijing"),
        (("--out", ".", "--rulebook", "beijing"), "输出文件夹已经存在"),
        (("--rulebook", "beijing"), "--out"),
    ],
)
def test_wrong_use_ends_with_one_line_and_status_two(folder: Path, words: tuple[str, ...], said: str) -> None:
    told = samkeeper(folder, *words)
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stderr.count("\n") == 1


def test_a_person_at_a_terminal_sees_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "EVERY", 0)
    stream = io.StringIO()
    line = progress.Line(stream)
    line.start(1000)
    line.advance(250)
    assert "25%  250/1,000 笔，每秒" in stream.getvalue()
    line.close()
    assert stream.getvalue().endswith("\r\033[K")
    assert progress.words(500, 1000, 10.0) == "后督 50%  500/1,000 笔，每秒 50 笔，约剩 10秒"
    assert (progress.duration(61), progress.duration(7300)) == ("1分1秒", "2小时1分")
