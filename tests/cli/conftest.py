"""The program as a process of its own on a database made once and copied, and as a call for what needs no process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from samkeeper.cli.main import run
from samkeeper.demo.load import DATA
from tests.cli.command import Answer, Office

Called: TypeAlias = Callable[..., Answer]


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("migrated"))
    assert office.run("manage", "migrate").status == 0
    return office


@pytest.fixture(scope="session")
def imported(migrated: Office, tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = migrated.copied_to(tmp_path_factory.mktemp("imported"))
    assert office.run("import", *sorted(DATA.glob("*.csv"))).status == 0
    return office


@pytest.fixture
def empty(migrated: Office, tmp_path: Path) -> Office:
    """Tables without rows."""
    return migrated.copied_to(tmp_path)


@pytest.fixture
def full(imported: Office, tmp_path: Path) -> Office:
    """The sample lists."""
    return imported.copied_to(tmp_path)


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Called:
    """A command within the test's own process and database."""

    def call(*words: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["samkeeper", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            run()
        out, error = capsys.readouterr()
        return Answer(int(ended.value.code or 0), out, error.splitlines())

    return call
