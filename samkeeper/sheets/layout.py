"""What a table must hold: its columns, which values are unique, and how a header row is recognised."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from samkeeper.sheets.kinds import text

if TYPE_CHECKING:
    from samkeeper.sheets.sheet import Problem, Row

ERROR_COLUMN = "错误"
PLAIN_TEXT = text()
HEADER_WITHIN = 20  # rows; titles and notes may stand above the header


@dataclass(frozen=True)
class Column:
    """One column: `name` as printed, `key` in the program.

    `parse` turns the cell's text into a value or raises ValueError with "what is wrong；what to do" in Chinese;
    it never sees an empty cell, which is None, or a problem where the column is `required`.
    """

    name: str
    key: str
    parse: Callable[[str], Any] = PLAIN_TEXT
    required: bool = False
    aliases: tuple[str, ...] = ()
    example: str = ""
    help: str = ""


@dataclass(frozen=True)
class Header:
    """A row that was matched against a layout: `line` counts from 1, `places` maps keys to cell indexes."""

    line: int
    places: dict[str, int]
    ignored: tuple[str, ...]
    twice: tuple[str, ...]
    width: int
    error_place: int | None


@dataclass(frozen=True)
class Layout:
    """A kind of table. `unique` names keys, or tuples of keys, that no two rows share.

    `check` sees each row whose cells are all right and yields `row.problem(…)` for what is wrong between them.
    """

    name: str
    columns: tuple[Column, ...]
    unique: tuple[str | tuple[str, ...], ...] = ()
    check: Callable[[Row], Iterable[Problem]] | None = None

    def __post_init__(self) -> None:
        keys = [column.key for column in self.columns]
        unknown = {key for group in self.unique_groups for key in group} - set(keys)
        names = [spelling for column in self.columns for spelling in {column.name, *column.aliases}]
        if unknown or len(set(keys)) < len(keys) or len({plain(name) for name in names}) < len(names):
            raise ValueError(f"layout {self.name}: a key or name is there twice or unknown")

    @cached_property
    def unique_groups(self) -> tuple[tuple[str, ...], ...]:
        return tuple((entry,) if isinstance(entry, str) else entry for entry in self.unique)

    @cached_property
    def keys_by_name(self) -> dict[str, str]:
        return {plain(name): column.key for column in self.columns for name in (column.name, *column.aliases)}

    def missing(self, header: Header | None) -> tuple[str, ...]:
        """Names of the required columns that the header lacks."""
        places = header.places if header else {}
        return tuple(column.name for column in self.columns if column.required and column.key not in places)

    def find_header(self, rows: Sequence[Sequence[object]]) -> Header | None:
        """The first of the best-matching rows near the top; None where no column is recognised at all."""
        best: Header | None = None
        for line, cells in enumerate(rows[:HEADER_WITHIN], start=1):
            header = self._match(line, cells)
            if header.places and (best is None or len(header.places) > len(best.places)):
                best = header
        return best

    def _match(self, line: int, cells: Sequence[object]) -> Header:
        places: dict[str, int] = {}
        ignored, twice, error_place, width = [], [], None, 0
        for place, cell in enumerate(cells):
            name = plain(cell)
            if not name:
                continue
            width = place + 1
            key = self.keys_by_name.get(name) or self.keys_by_name.get(without_note(name))
            if key in places:
                twice.append(str(cell).strip())
            elif key:
                places[key] = place
            elif name == ERROR_COLUMN:
                error_place = place
            else:
                ignored.append(str(cell).strip())
        return Header(line, places, tuple(ignored), tuple(twice), width, error_place)


def plain(name: object) -> str:
    """A header as it is compared: half-width, without spaces, stars and case."""
    return re.sub(r"[\s*\u200b\ufeff]", "", unicodedata.normalize("NFKC", str(name))).casefold()


def without_note(name: str) -> str:
    """`单位编码(必填)` → `单位编码`."""
    return re.sub(r"\([^()]*\)$", "", name)
