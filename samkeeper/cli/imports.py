"""`samkeeper import`: a bureau's lists, in the order given."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不写入。")
@click.option("--report", type=click.Path(path_type=Path), help="有错时，把加了「错误」列的原表写到这里。")
def command(files: tuple[Path, ...], dry_run: bool, report: Path | None) -> None:
    """导入管理机构、服务网点、使用单位、PSAM卡清单（.xlsx 或 .csv），按表头识别，依次导入。

    每份清单要么全部写入，要么一行也不写；有错的行逐一指明行号、列名和改法。空白模板：samkeeper template。

    例：samkeeper import 使用单位.xlsx PSAM卡.csv --report 错误.xlsx
    """
    from samkeeper.cli.office import open_office

    open_office()
    from samkeeper.stock.imports import rehearsed

    with rehearsed() if dry_run else nullcontext():
        for file in files:
            _take(file, dry_run, report)


def _take(file: Path, dry_run: bool, report: Path | None) -> None:
    from django.utils import timezone

    from samkeeper.stock.imports import take

    sheet = take(file, at=timezone.now())
    for problem in sheet.problems:
        click.echo(problem, err=True)
    if sheet.problems and report:
        sheet.report(report)
        click.echo(f"已把带「错误」列的原表写到 {report}", err=True)
    sheet.require()
    for name in sheet.ignored:
        click.echo(f"{file.name}：不认识的列「{name}」没有导入", err=True)
    click.echo(f"{file.name}：{sheet.layout.name} {len(sheet.rows)} 行，{'检查通过' if dry_run else '已导入'}")
