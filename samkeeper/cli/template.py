"""`samkeeper template`: an empty table to fill in."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("table", type=click.Choice(["authorities", "desks", "institutions", "cards"]))
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
def command(table: str, out: Path) -> None:
    """把一种清单的空白模板写到 OUT（.xlsx 或 .csv）：管理机构、服务网点、使用单位或 PSAM卡。

    例：samkeeper template cards PSAM卡.xlsx
    """
    from samkeeper.cli.office import office

    office()
    from samkeeper.sheets import template
    from samkeeper.stock.imports import INTAKES

    template(next(intake.layout for intake in INTAKES if intake.code == table), out)
    click.echo(out)
