"""`samkeeper screen`: judge transactions as of their own moment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from samkeeper.screening.engine import Engine
    from samkeeper.screening.judging import Rule
    from samkeeper.screening.run import Request

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("screen")
@click.argument("transactions", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--history", required=True, type=FILE, help="卡历史文件（samkeeper export history 导出）。")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="输出文件夹，不能已经存在。")
@click.option("--rulebook", required=True, metavar="NAME", help="规则名称，如 beijing、jieyang、health。")
@click.option("--institutions", type=FILE, help="单位名册（Parquet：institution_no、kind）；不给则规则对所有单位适用。")
@click.option("--keys", metavar="VAULT", help="密钥库，用于验证交易认证码（TAC）。")
@click.option(
    "--counters", type=click.Path(dir_okay=False, path_type=Path), help="各卡最后的交易序号，逐次沿用并更新。"
)
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True, help="计算引擎。")
@click.option("--spark-master", metavar="URL", default="local[*]", show_default=True, help="Spark 主节点地址。")
@click.option(
    "--store", type=click.Path(file_okay=False, path_type=Path), help="交易库：结果完成后同时存入，供统计和复判。"
)
@click.option("--json", "as_json", is_flag=True, help="以一个 JSON 对象输出结果清单。")
def command(
    *,
    transactions: tuple[Path, ...],
    history: Path,
    out: Path,
    rulebook: str,
    institutions: Path | None,
    keys: str | None,
    counters: Path | None,
    engine: str,
    spark_master: str,
    store: Path | None,
    as_json: bool,
) -> None:
    """按每笔交易当时的卡状态逐笔核查，给出判定、拒付明细、隔离记录和汇总。

    TRANSACTIONS 是 Parquet 或 CSV 文件，或存放它们的文件夹。中断后以同样的参数重新运行，只做未完成的部分。

    例：samkeeper screen 2024-03-01.parquet --history history.parquet --out 2024-03-01 --rulebook beijing
    """
    with WithoutPandas():
        import pyarrow

        pyarrow.array([0])
    from samkeeper.screening.progress import Line, Silent
    from samkeeper.screening.run import Request, screen

    request = Request(transactions, history, out, rule(rulebook), institutions, keys, counters)
    progress = Line(sys.stderr) if sys.stderr.isatty() else Silent()
    manifest = screen(request, chosen_engine(engine, spark_master), progress)
    if store is not None:
        keep(store, request)
    click.echo(json.dumps(manifest, ensure_ascii=False) if as_json else report(manifest, out))


class WithoutPandas:
    """Where pandas is installed, pyarrow loads it for its first array: longer than a day's transactions take."""

    def __enter__(self) -> None:
        sys.meta_path.insert(0, self)

    def __exit__(self, *_: object) -> None:
        sys.meta_path.remove(self)

    def find_spec(self, name: str, *_: object) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def rule(name: str) -> Rule:
    """What the book refuses. Only this book is read: what a book refuses, it says itself."""
    from importlib import resources

    from samkeeper.errors import BadInput
    from samkeeper.rules import refusals
    from samkeeper.rules.loading import parse
    from samkeeper.screening.judging import Rule

    files = {Path(file.name).stem: file for file in (resources.files("samkeeper.rules") / "books").iterdir()}
    if name not in files:
        raise BadInput(f"没有规则“{name}”", where="--rulebook", remedy=f"可用的规则：{'、'.join(sorted(files))}")
    book = parse(files[name].read_bytes(), files[name].name)
    found = refusals(book)
    return Rule(name, book.sha256, found.kinds, found.article, frozenset(map(str, found.binds)))


def chosen_engine(name: str, master: str) -> Engine:
    if name == "local":
        from samkeeper.screening.engine import LocalEngine

        return LocalEngine()
    from samkeeper.screening.spark import SparkEngine

    return SparkEngine(master)


def keep(store: Path, request: Request) -> None:
    from samkeeper.screening.store import Store
    from samkeeper.screening.taking_in import take_in

    if not take_in(Store(store), request.transactions, request.out, checks_tac=request.keys is not None):
        click.echo(f"交易库 {store} 已有这些交易，没有重复存入", err=True)


def report(manifest: dict[str, Any], out: Path) -> str:
    from samkeeper.verdicts import FLAG_LABELS, KIND_LABELS

    labels = {"accepted": "正常", **{str(kind): words for kind, words in (*KIND_LABELS.items(), *FLAG_LABELS.items())}}
    lines = [f"共 {manifest['rows']:,} 笔，隔离 {manifest['quarantined']:,} 笔，用时 {manifest['seconds']} 秒"]
    lines += [f"判定 {labels[name]}：{count:,} 笔" for name, count in manifest["counts"].items()]
    lines += [f"标记 {labels[name]}：{count:,} 笔" for name, count in manifest["flags"].items() if count]
    lines.append(f"拒付金额：{manifest['refused_amount_fen'] // 100:,}.{manifest['refused_amount_fen'] % 100:02d} 元")
    lines.append(f"结果：{out}")
    return "\n".join(lines)
