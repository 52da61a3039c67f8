"""What reading a table gives: rows whose every cell is right, and problems that name line, column and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from samkeeper.errors import BadInput
from samkeeper.sheets.grid import Book, Grid
from samkeeper.sheets.layout import Header, Layout
from samkeeper.sheets.report import write_report
from samkeeper.sheets.target import Target

SHOWN_PROBLEMS = 3
SHOWN_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `file` names file and sheet, `line` counts from 1; `column` or `shown` may be empty."""

    file: str
    line: int
    column: str
    shown: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行{'' if self.column else ' '}{self.text}"

    @property
    def text(self) -> str:
        """Without the place: what stands in the error column of the user's own file."""
        shown = self.shown if len(self.shown) <= SHOWN_LENGTH else self.shown[:SHOWN_LENGTH] + "…"
        place = f"「{self.column}」：" if self.column else ""
        value = f"“{shown}”" if shown else ""
        return place + value + "；".join(part for part in (self.message, self.remedy) if part)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `line` counts from 1, `values` hold every key of the layout, None where the cell is empty."""

    line: int
    values: dict[str, Any]
    texts: Mapping[str, str]
    _sheet: Sheet = field(repr=False, compare=False)

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def problem(self, key: str, message: str, remedy: str = "") -> Problem:
        """A problem at one of this row's cells; at the row as a whole where `key` is empty."""
        column = next((column.name for column in self._sheet.layout.columns if column.key == key), "")
        return Problem(self._sheet.where, self.line, column, self.texts.get(key, ""), message, remedy)


@dataclass
class Sheet:
    """`rows` are the good ones; `problems` may grow as later checks find more. Take nothing before `require()`.

    `total` counts all rows that are not blank, `ignored` the columns that the layout does not know,
    `other_sheets` the visible sheets of the workbook that were not read.
    """

    name: str
    layout: Layout
    header: Header
    ignored: tuple[str, ...]
    other_sheets: tuple[str, ...]
    book: Book = field(repr=False)
    grid: Grid = field(repr=False)
    rows: list[Row] = field(default_factory=list, repr=False)
    problems: list[Problem] = field(default_factory=list)
    total: int = 0

    @property
    def where(self) -> str:
        """The file, with its sheet where the workbook has more than one."""
        return f"{self.name}「{self.grid.sheet}」" if len(self.book.grids) > 1 else self.name

    def require(self) -> None:
        """All or nothing: raise one BadInput that sums the problems up, also for a table without any row."""
        if not self.problems and self.total:
            return
        if not self.total:
            raise BadInput("没有数据行", where=self.where, remedy="请在表头下逐行填写后再导入")
        lines = len({problem.line for problem in self.problems})
        first = "。".join(str(problem).removeprefix(f"{problem.file} ") for problem in self.problems[:SHOWN_PROBLEMS])
        rest = "等" if len(self.problems) > SHOWN_PROBLEMS else ""
        message = f"共 {self.total} 行，{lines} 行有错（{len(self.problems)} 处），没有导入任何一行。{first}{rest}"
        raise BadInput(message, where=self.where, remedy="请全部改正后重新导入", code="bad-rows")

    def report(self, out: Target) -> None:
        """Write the user's own file to `out`, with what is wrong in the column 「错误」 beside each row."""
        write_report(
            self.book, self.grid, self.header, [(problem.line, problem.text) for problem in self.problems], out
        )
