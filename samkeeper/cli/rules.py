"""`samkeeper rules`: check a city's rulebook, read one, compare one with a copy of its regulation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from samkeeper.errors import BadInput

if TYPE_CHECKING:
    from samkeeper.rules.articles import Article, Step
    from samkeeper.rules.book import Book

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def command() -> None:
    """规则文件：检查、查看、与原文比对。

    例：samkeeper rules show beijing 第八条
    """


@command.command()
@click.argument("file", type=FILE)
def check(file: Path) -> None:
    """检查一个地方的规则文件（TOML）：用词、原文引用、流程能否走通。

    例：samkeeper rules check guangzhou.toml
    """
    from samkeeper.rules.book import load
    from samkeeper.rules.walking import check as walk_all

    book = load(file.read_bytes(), file.name)
    cases = "、".join(procedure.case.label for procedure in walk_all(book))
    click.echo(f"{file.name}：可用。《{book.title}》{len(book.articles)}条，可办理：{cases}。")


@command.command()
@click.argument("name")
@click.argument("article", required=False)
def show(name: str, article: str | None) -> None:
    """查看规则：不写条文号列出全部条文，写条文号显示全文、步骤、要件和理解。

    例：samkeeper rules show health 第十七条第五款
    """
    book = _book(name)
    click.echo("\n".join(_article(book, book.article(article)) if article else _contents(book)))


@command.command()
@click.argument("name")
@click.argument("file", type=FILE)
def compare(name: str, file: Path) -> None:
    """把规则文件与一份原文（UTF-8文本）逐句比对；完全一致时退出码为0，有出入为1。

    例：samkeeper rules compare beijing 实施细则.txt
    """
    from samkeeper.rules.texts import compare_copy

    book = _book(name)
    theirs, ours = compare_copy(book, _read(file))
    for mark, found in (("仅原文有", theirs), ("仅规则文件有", ours)):
        for sentence in found:
            click.echo(f"{mark}：{sentence}")
    if theirs or ours:
        click.get_current_context().exit(1)
    click.echo(f"《{book.title}》与{file.name}逐句一致。")


@command.command()
@click.argument("name")
@click.argument("file", type=FILE)
def differ(name: str, file: Path) -> None:
    """试用新的规则文件：与现行规则相比，哪些业务的办法不同、为什么；完全相同时退出码为0，有不同为1。

    例：samkeeper rules differ beijing beijing-new.toml
    """
    from samkeeper.rules.book import load
    from samkeeper.rules.facts import Facts
    from samkeeper.rules.trial import differences
    from samkeeper.rules.words import Case, When

    old, new = _book(name), load(file.read_bytes(), file.name)
    empty_hands = Facts(spare=True, circumstances=frozenset(When))
    lines = [f"{case.label} {each}" for case in Case for each in differences(old, new, case, empty_hands)]
    click.echo("\n".join(lines) or f"{file.name}与现行《{old.title}》办法相同。")
    click.get_current_context().exit(1 if lines else 0)


@command.command()
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), default=Path("docs/coverage.md"))
@click.option("--tests", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path("tests"))
def coverage(out: Path, tests: Path) -> None:
    """生成条文覆盖表：条文、效力、理解、引用它的测试。

    例：samkeeper rules coverage --out docs/coverage.md
    """
    from samkeeper.rules.book import library
    from samkeeper.rules.coverage import page

    out.write_text(page(library(), tests), encoding="utf-8")
    click.echo(out)


def _book(name: str) -> Book:
    from samkeeper.rules.book import library

    if name not in library():
        raise BadInput(f"没有名为“{name}”的规则", remedy=f"可用：{'、'.join(library())}")
    return library()[name]


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput("不是UTF-8文字", where=str(file), remedy="请用UTF-8编码另存后再比对") from None


def _contents(book: Book) -> Iterator[str]:
    yield f"{book.title}（解释机关：{book.interpreter}）"
    if book.note:
        yield book.note
    for article in book.articles:
        cases = "、".join(case.label for case in sorted(article.founded | article.joins))
        yield "\t".join(filter(None, (article.no, article.effect.label, cases, "有理解" if article.reading else "")))


def _article(book: Book, article: Article) -> Iterator[str]:
    yield f"{book.title} {article.no}（{article.effect.label}）"
    yield article.text
    for number, step in enumerate(article.steps, 1):
        yield from _step(number, step)
    if article.reading:
        yield f"解读（请{book.interpreter}解释）：{article.reading}"


def _step(number: int, step: Step) -> Iterator[str]:
    from samkeeper.lifecycle import MOVES

    notes = [
        "、".join(case.label for case in sorted(step.cases)),
        MOVES[step.does].label if step.does else "",
        step.condition,
    ]
    yield f"步骤{number} {step.actor}：{step.text}" + "".join(f"〔{note}〕" for note in notes if note)
    for need in step.needs:
        yield f"  要件：{need.asks}"
