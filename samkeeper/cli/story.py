"""`samkeeper story`: a whole path of work under a rulebook, played on a fresh embedded database."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from samkeeper.stories.stage import Line


NAMES = ("application", "loss", "theft", "damage", "closure", "disqualification", "change", "life")


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--rulebook", required=True, type=click.Choice(["beijing", "jieyang", "health"]), help="按哪本规则办理。")
@click.option("--json", "as_json", is_flag=True, help="每步一行 JSON。")
def command(name: str, rulebook: str, as_json: bool) -> None:
    """在全新的嵌入式数据库上把一件事从头办到尾，逐步打印条款原文。

    例：samkeeper story loss --rulebook beijing
    """
    with tempfile.TemporaryDirectory(prefix="samkeeper-story-") as folder:
        _fresh_office(Path(folder))
        from samkeeper.stories.stage import Stage
        from samkeeper.stories.tales import TALES

        stage = Stage(rulebook, _print_json if as_json else _print)
        TALES[name](stage)


def _fresh_office(folder: Path) -> None:
    os.environ["SAMKEEPER_DATABASE_URL"] = f"sqlite:///{folder / 'story.sqlite3'}"
    os.environ["SAMKEEPER_VAR"] = str(folder)
    from samkeeper.cli.office import office

    office()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _print_json(line: Line) -> None:
    click.echo(json.dumps(line.as_json(), ensure_ascii=False))


def _print(line: Line) -> None:
    from samkeeper.lifecycle import MOVES, STATES

    moved = f"{MOVES[line.action].label} → {STATES[line.state].label}" if line.action and line.state else ""
    click.echo(f"{line.at}  {line.actor}  {line.step}")
    click.echo(f"    依据  {line.clause}")
    if moved:
        click.echo(f"    卡    {line.card}  {moved}")
    if line.refused:
        click.echo(f"    不予办理  {line.refused}")
