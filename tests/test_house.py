"""The rules of the house hold, and a planted violation of each is found."""

from __future__ import annotations

import ast
import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "samkeeper"
LINTER = Path(sys.executable).with_name("lint-imports")

# contract -> (file to plant in, what to plant): each breaks that contract, and the linter must say so.
PLANTED = {
    "rooms": ("lifecycle.py", "import samkeeper.registry"),
    "plain": ("verdicts.py", "import django"),
    "mover": ("site/planted.py", "import samkeeper.registry.moves"),
    "keys": ("parties/planted.py", "import samkeeper.keys"),
    "pcsc": ("bench/planted.py", "import smartcard"),
    "spark": ("screening/planted.py", "import pyspark"),
    "mqtt": ("registry/planted.py", "import aiomqtt"),
}


def contracts() -> dict[str, str]:
    """Contract id -> name, as .importlinter has them."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    return {s.removeprefix(prefix): config[s]["name"] for s in config.sections() if s.startswith(prefix)}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINTER, "--config", ROOT / ".importlinter", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_has_a_planted_violation() -> None:
    assert set(PLANTED) == set(contracts())


@pytest.mark.parametrize("contract", PLANTED)
def test_planted_import_breaks_its_contract(contract: str, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "samkeeper", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    file, line = PLANTED[contract]
    planted = tmp_path / "samkeeper" / file
    planted.parent.mkdir(exist_ok=True)
    (planted.parent / "__init__.py").touch()
    with planted.open("a") as source:
        source.write(f"\n{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert f"{contracts()[contract]} BROKEN" in result.stdout


def test_new_room_must_be_given_its_place(tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "samkeeper", ignore=shutil.ignore_patterns("__pycache__", "static", "templates"))
    (tmp_path / "samkeeper" / "attic.py").touch()
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "attic" in result.stdout


UPDATES = ("update", "bulk_update", "update_or_create")


def sources() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def state_setters(tree: ast.Module) -> Iterator[int]:
    """Lines that set an attribute `state`, or pass `state=` to `update`."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Attribute) and target.attr == "state" for target in targets):
            yield node.lineno
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in UPDATES:
            yield from (node.lineno for keyword in node.keywords if keyword.arg == "state")


def test_only_the_mover_sets_a_state() -> None:
    found = {str(path.relative_to(SOURCE)) for path, tree in sources() for _ in state_setters(tree)}
    assert found == {"registry/moves.py"}


def test_planted_state_setter_is_found() -> None:
    assert list(state_setters(ast.parse("card.state = 'issued'\nCard.objects.update(state='issued')"))) == [1, 2]


def test_warrants_are_made_by_the_rules_only() -> None:
    makers = {
        str(path.relative_to(SOURCE))
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "Warrant"
    }
    assert makers == {"rules/warrant.py"}


def test_files_stay_under_600_lines() -> None:
    files = [path for folder in (SOURCE, ROOT / "tests", ROOT / "benchmarks") for path in folder.rglob("*.py")]
    assert [str(path) for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 600] == []
