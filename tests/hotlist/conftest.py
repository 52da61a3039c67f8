from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from samkeeper.hotlist import codec, files
from samkeeper.hotlist.lookup import WORDS, HotList
from samkeeper.hotlist.register import mark, read_register
from samkeeper.hotlist.target import save

FIRST = datetime(2026, 11, 1, 8, tzinfo=UTC)


class Workshop:
    """Writes files of numbers and makes lists of them, a day apart."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, name: str, numbers: Iterable[str]) -> Path:
        path = self.folder / name
        path.write_text("".join(f"{number}\n" for number in numbers), encoding="utf-8", newline="")
        return path

    def build(
        self, issued: Iterable[str], invalid: Iterable[str], number: int = 1, sign: codec.Sign | None = None
    ) -> Path:
        register = read_register(self.file(f"issued{number}.txt", issued))
        marks = mark(register, self.file(f"invalid{number}.txt", invalid))
        head = codec.Head(number, FIRST + timedelta(days=number), register.count, marks.count)
        path = self.folder / f"list{number}.skh"
        save(path, codec.encode(register, marks, head, sign))
        return path

    def answers(self, held: Path, numbers: Iterable[str]) -> list[str]:
        asked = self.file("asked.txt", numbers)
        opened = HotList.open(held)
        return [WORDS[code] for chunk in files.read(asked) for code in opened.answers(chunk).tolist()]


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="session")
def workshops(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Workshop]:
    """For hypothesis: a new folder for every example."""
    return lambda: Workshop(tmp_path_factory.mktemp("workshop"))
