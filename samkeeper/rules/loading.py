"""From a TOML file to a `Book`: strict, in one pass; a bad file is refused whole, with place and remedy.

Checked here: the words (closed lists), the keys, that every step quotes its article, that whoever makes a move may
make it by the lifecycle, that parents exist. Whether a procedure can be walked from start to end is `walking`'s.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace

from samkeeper.errors import BadInput
from samkeeper.rules.articles import Article, Custody, OfficialForm, Purpose, Setting, Unit, WordList
from samkeeper.rules.clause import bare
from samkeeper.rules.evidence import Form
from samkeeper.rules.rulebook import Book
from samkeeper.rules.steps import Context, read_step
from samkeeper.rules.table import Table
from samkeeper.rules.words import CardKind, Case, Effect, UnitKind, Who
from samkeeper.verdicts import Kind

HOUSE = "house"


def parse(data: bytes, file: str = "") -> Book:
    """A book by itself, not yet linked to the books it stands under. Raises `BadInput`."""
    top = Table(_toml(data, file), file or "规则文件")
    name = top.text("name")
    title = top.text("title")
    names = _names(top)
    forms = {form.form: form for form in map(_form, top.tables("form", "表式"))}
    context = Context(title=title, names=names, forms=forms, is_house=name == HOUSE)
    book = Book(
        name=name,
        title=title,
        issuer=top.text("issuer"),
        interpreter=top.text("interpreter"),
        card_kind=top.word("card_kind", CardKind),
        sha256=hashlib.sha256(data).hexdigest(),
        raw=data,
        under=top.texts("under"),
        place=top.texts("place"),
        in_force=top.day("in_force"),
        note=top.text("note", ""),
        names=names,
        life=top.words("life", Case),
        forms=forms,
        purposes=tuple(map(_purpose, top.tables("purpose", "用途"))),
        units=tuple(map(_unit, top.tables("unit", "单位类别"))),
        custody=_custody(top.table("custody")),
        lists={words.name: words for words in map(_words, top.tables("list", "列举"))},
        settings={setting.name: setting for setting in map(_setting, top.tables("setting", "设置"))},
        articles=tuple(_article(table, context, file) for table in top.tables("article", "第几条：")),
    )
    top.done()
    _distinct(book, file)
    _check_lists(book, file)
    return book


def link(book: Book, among: Mapping[str, Book]) -> Book:
    """The book with its parents and the house, taken from `among`. Raises `BadInput` where one is missing."""
    parents = tuple(_parent(book, name, among) for name in book.under)
    linked = replace(book, parents=parents, house=None if book.name == HOUSE else among.get(HOUSE))
    _check_waivers(linked)
    _check_switches(linked)
    return linked


def link_all(books: Mapping[str, Book]) -> dict[str, Book]:
    """Every book linked, parents first. Raises `BadInput` for a book that stands under itself."""
    linked: dict[str, Book] = {}

    def one(name: str, below: tuple[str, ...]) -> None:
        if name in below:
            raise BadInput("规则互为上位", where=name, remedy=f"请检查 under：{' → '.join((*below, name))}")
        if name in linked or name not in books:
            return
        for other in (HOUSE, *books[name].under) if name != HOUSE else ():
            one(other, (*below, name))
        linked[name] = link(books[name], linked)

    for name in books:
        one(name, ())
    return {name: linked[name] for name in books}


def _toml(data: bytes, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadInput("不是UTF-8文字", where=f"{file}第{line}行", remedy="请用UTF-8编码保存") from None
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+), column (\d+)", str(error))
        where = f"{file}第{place[1]}行第{place[2]}列" if place else f"{file}末尾"
        raise BadInput("不是正确的TOML格式", where=where, remedy="请检查引号、括号和等号") from None


def _article(table: Table, context: Context, file: str) -> Article:
    at = Table(table.data, f"{file} {table.text('no')}")
    no, text = at.text("no"), at.text("text")
    effect = at.word("effect", Effect)
    steps = tuple(read_step(step, context, no, text) for step in at.tables("steps", "步骤"))
    reading = at.text("reading", "")
    article = Article(
        no=no,
        text=text.strip(),
        effect=effect,
        heading=at.text("heading", ""),
        cases=frozenset(at.words("case", Case)),
        by_reading=frozenset(at.words("case_by_reading", Case)),
        joins=frozenset(at.words("joins", Case)),
        steps=tuple(replace(step, reading=reading) for step in steps),
        refuses=frozenset(at.words("refuses", Kind)),
        binds=frozenset(at.words("binds", UnitKind)),
        waives=tuple(_waiver(waiver) for waiver in at.tables("waives", "豁免")),
        reading=reading,
    )
    at.done()
    _check_article(article, at)
    return article


def _check_article(article: Article, at: Table) -> None:
    named = article.founded | article.joins
    wrong = (
        (article.effect is Effect.PROCEDURE and not named, "case", "办理流程须写明是哪种业务", "请补 case 或 joins"),
        (bool(named) and not article.steps, "steps", "缺少步骤", "请补 steps"),
        (bool(article.steps) and not named, "case", "有步骤而没有写明业务", "请补 case 或 joins"),
        (
            (article.effect is Effect.SCREENING) != bool(article.refuses),
            "refuses",
            "与 effect 不符",
            'effect = "screening" 的条文须写 refuses，其他条文不写',
        ),
        (bool(article.by_reading) and not article.reading, "reading", "缺少", "按理解适用的业务须写明理解"),
    )
    for fault, key, message, remedy in wrong:
        if fault:
            raise at.bad(key, message, remedy)
    for step in article.steps:
        if step.cases - named:
            raise at.bad("case", "步骤的业务不在条文的业务之内", f"条文的业务：{'、'.join(sorted(named))}")


def _waiver(table: Table) -> tuple[str, str]:
    waiver = (table.text("book"), table.text("article"))
    table.done()
    return waiver


def _names(top: Table) -> dict[Who, str]:
    table = top.table("names")
    if table is None:
        return {}
    names = {table.as_word(key, key, Who): table.text(key) for key in table.data}
    table.done()
    return names


def _form(table: Table) -> OfficialForm:
    copies = table.number("copies", 0)
    form = OfficialForm(
        form=table.word("form", Form),
        title=table.text("title"),
        no=table.text("no", ""),
        copies=copies or None,
        printed=table.flag("printed", True),
    )
    table.done()
    return form


def _purpose(table: Table) -> Purpose:
    bits = table.data.get("business")
    purpose = Purpose(
        name=table.text("name"),
        label=table.text("label"),
        permission=table.text("permission", ""),
        mask=-1 if bits is None else sum(1 << bit for bit in table.bits("business")),
    )
    table.done()
    return purpose


def _unit(table: Table) -> Unit:
    unit = Unit(
        kind=table.word("kind", UnitKind),
        label=table.text("label"),
        supervisors=table.texts("supervisors"),
        agreement=table.text("agreement", ""),
    )
    table.done()
    return unit


def _custody(table: Table | None) -> Custody | None:
    if table is None:
        return None
    custody = Custody(
        card_issuer=table.word("card_issuer", Who),
        keys={level: table.word(level, Who) for level in ("nation", "province", "city") if level in table},
        article=table.text("article"),
        reading=table.text("reading", ""),
    )
    table.done()
    return custody


def _words(table: Table) -> WordList:
    words = WordList(name=table.text("name"), article=table.text("article"), words=table.texts("words"))
    table.done()
    return words


def _setting(table: Table) -> Setting:
    default = table.data.get("default")
    if not isinstance(default, bool | int):
        raise table.bad("default", "须为开关（true、false）或整数", "请改正")
    setting = Setting(
        name=table.text("name"),
        label=table.text("label"),
        text=table.text("text"),
        default=table.flag("default") if isinstance(default, bool) else table.number("default", 0),
        unit=table.text("unit", ""),
    )
    table.done()
    return setting


def _distinct(book: Book, file: str) -> None:
    seen: set[str] = set()
    for article in book.articles:
        if article.no in seen:
            raise BadInput("编号重复", where=f"{file} {article.no}", remedy="请改用款、项加以区别")
        seen.add(article.no)


def _check_lists(book: Book, file: str) -> None:
    texts = {article.no: bare(article.text) for article in book.articles}
    for each in book.lists.values():
        for word in each.words:
            if bare(word) not in texts.get(each.article, ""):
                raise BadInput(f"“{word}”不是条文的原文", where=f"{file} {each.article}", remedy="请逐字引用")


def _parent(book: Book, name: str, among: Mapping[str, Book]) -> Book:
    if name not in among or name == book.name:
        raise BadInput(f"没有上位规则“{name}”", where=book.title, remedy=f"可用：{'、'.join(among)}")
    return among[name]


def _check_waivers(book: Book) -> None:
    above = {(parent.name, article.no) for parent in book.ancestors() for article in parent.articles}
    for article in book.articles:
        for waiver in article.waives:
            if waiver not in above:
                raise BadInput(
                    f"豁免的条文不存在：{waiver[0]} {waiver[1]}",
                    where=f"{book.title} {article.no}",
                    remedy="只能豁免上位规则（under）中的条文",
                )


def _check_switches(book: Book) -> None:
    switches = book.settings if book.name == HOUSE else {}
    for article in book.articles:
        for step in article.steps:
            if step.switch and not isinstance(switches[step.switch].default if step.switch in switches else None, bool):
                raise BadInput(
                    f"没有开关“{step.switch}”", where=f"{book.title} {article.no}", remedy="请在 [[setting]] 中定义"
                )
