"""`samkeeper export`: what leaves the register as a file."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """导出登记数据。

    例：samkeeper export history --out history.parquet
    """


@command.command()
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--as-known-at", type=click.IntRange(min=0), help="存证条数：只导出当时已知的历史。")
def history(out: Path, as_known_at: int | None) -> None:
    """导出全部卡的历史（Parquet），供后督按交易发生时的状态判定。

    例：samkeeper export history --out history.parquet --as-known-at 1200
    """
    from samkeeper.cli.office import open_office

    open_office()
    from samkeeper.registry.export import write_history

    click.echo(f"{out}：{write_history(out, as_known_at=as_known_at)} 行")
