"""The installed program, started as a user starts it, on a database of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

PROGRAM = Path(sys.executable).with_name("samkeeper")


class Answer(NamedTuple):
    """What a command gave back; `error` is its standard error, line by line."""

    status: int
    out: str
    error: list[str]


@dataclass(frozen=True)
class Office:
    """A folder with a database in it and a place for files."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "office.sqlite3"

    def run(self, *words: object) -> Answer:
        environment = {
            **os.environ,
            "SAMKEEPER_VAR": str(self.folder),
            "SAMKEEPER_DATABASE_URL": f"sqlite:///{self.database}",
        }
        done = subprocess.run(
            [PROGRAM, *map(str, words)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr.splitlines())

    def copied_to(self, folder: Path) -> Office:
        shutil.copy(self.database, folder)
        return Office(folder)
