"""What comes in: files and folders of Parquet and CSV, cut into units of work.

A unit is about a million rows: some row groups of a file, a stretch of a CSV file, or many small files together.
It is what a thread or an executor takes at a time, and what is not done twice when a run is started again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as pt

from samkeeper.errors import BadInput
from samkeeper.screening import csv_file
from samkeeper.screening.columns import REQUIRED, TYPES

UNIT_ROWS = 1 << 20
CSV_ROW = 90  # bytes of a usual row, for weighing only
SUFFIXES = {".parquet", ".csv"}
MAGIC = b"PAR1"
RESERVED = ("verdict", "clause", "event_id")


@dataclass(frozen=True, slots=True)
class Source:
    """An input file as it was when the run began; `stamp` changes whenever its content does.

    `path` is as the user wrote it, and stands so in messages and files; `place` can be opened from anywhere.
    """

    path: str
    stamp: tuple[int, int, int, int]
    csv: csv_file.Form | None = None
    base: str = field(default_factory=os.getcwd)

    @property
    def place(self) -> str:
        return os.path.join(self.base, self.path)  # noqa: PTH118 - links stay links

    def check(self) -> None:
        """Raises `BadInput` when the file is no longer what it was."""
        if stamp(self.path, self.place) != self.stamp:
            raise BadInput("文件在读取过程中被改动", where=self.path, remedy="请在文件写完后重新运行")


@dataclass(frozen=True, slots=True)
class Piece:
    """Row groups `first` up to `last` of a Parquet file, or bytes of a CSV file; `row` data rows come before it."""

    source: Source
    first: int
    last: int
    row: int


@dataclass(frozen=True, slots=True)
class Unit:
    number: int
    pieces: tuple[Piece, ...]
    rows: int  # as far as known before reading: CSV is weighed


@dataclass(frozen=True, slots=True)
class Plan:
    sources: tuple[Source, ...]
    units: tuple[Unit, ...]
    schema: pa.Schema  # every input column, in order of first appearance

    @property
    def rows(self) -> int:
        return sum(unit.rows for unit in self.units)


def stamp(path: str, place: str | None = None) -> tuple[int, int, int, int]:
    try:
        facts = Path(place or path).stat()
    except OSError as error:
        raise BadInput("文件打不开", where=path, remedy="请核对路径和权限") from error
    return facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def files(paths: Iterable[Path]) -> Iterator[str]:
    """The files meant, in order: a folder stands for the Parquet and CSV files under it, sorted by path."""
    for path in paths:
        if not path.is_dir():
            yield str(path)
            continue
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and visible(file, path))
        if not found:
            raise BadInput("文件夹中没有 .parquet 或 .csv 文件", where=str(path), remedy="请核对路径")
        yield from map(str, found)


def visible(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def plan(paths: Iterable[Path]) -> Plan:
    """Look at every file once, without reading its rows, and cut the work. Raises `BadInput`."""
    sources: list[Source] = []
    pieces: list[tuple[Piece, int]] = []
    schemas: dict[pa.Schema, None] = {}
    for path in files(paths):
        source, schema, cut = look(path)
        check_columns(schema, path)
        sources.append(source)
        pieces += cut
        schemas[schema] = None
    return Plan(tuple(sources), tuple(units(pieces)), unify(list(schemas)))


def look(path: str) -> tuple[Source, pa.Schema, list[tuple[Piece, int]]]:
    """A file's schema, and its pieces, each with its rows."""
    mark = stamp(path)
    if not is_parquet(path):
        form, stretches = csv_file.survey(path)
        source = Source(path, mark, form)
        cut = [(Piece(source, first, last, row), (last - first) // CSV_ROW) for first, last, row in stretches]
        return source, pa.schema([(name, TYPES.get(name, pa.string())) for name in form.names]), cut
    source = Source(path, mark)
    with reading(source):
        file = pq.ParquetFile(path)
        metadata, schema = file.metadata, file.schema_arrow
        file.close()
    cut, row = [], 0
    for group in range(metadata.num_row_groups):
        count = metadata.row_group(group).num_rows
        if count:
            cut.append((Piece(source, group, group + 1, row), count))
        row += count
    return source, schema, cut


def is_parquet(path: str) -> bool:
    with Path(path).open("rb") as file:
        start = file.read(4)
    return start == MAGIC or path.lower().endswith(".parquet")


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Tell a damaged file from one that was changed under our hands."""
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        source.check()
        raise BadInput(
            "文件不完整，或已损坏" if source.csv else "不是完整的 Parquet 文件，或文件已损坏",
            where=source.path,
            remedy="请让报送单位重新导出",
        ) from error


def check_columns(schema: pa.Schema, path: str) -> None:
    missing = [name for name in REQUIRED if name not in schema.names]
    if missing:
        raise BadInput(f"缺少列 {'、'.join(missing)}", where=path, remedy="请按交易文件的格式补上")
    doubled = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if doubled:
        raise BadInput(f"列名重复：{'、'.join(doubled)}", where=path, remedy="每个列名只能出现一次")


def units(pieces: list[tuple[Piece, int]]) -> Iterator[Unit]:
    """Neighbouring pieces together, up to `UNIT_ROWS`."""
    held: list[Piece] = []
    number = rows = 0
    for piece, count in pieces:
        if held and rows + count > UNIT_ROWS:
            yield Unit(number, tuple(held), rows)
            number, held, rows = number + 1, [], 0
        if held and joins(held[-1], piece):
            held[-1] = Piece(piece.source, held[-1].first, piece.last, held[-1].row)
        else:
            held.append(piece)
        rows += count
    if held:
        yield Unit(number, tuple(held), rows)


def joins(one: Piece, other: Piece) -> bool:
    return one.source is other.source and one.last == other.first


def unify(schemas: list[pa.Schema]) -> pa.Schema:
    """Every column of any file; where files differ in its type, the interface's type, for others text."""
    kinds: dict[str, set[pa.DataType]] = {}
    for column in (column for schema in schemas for column in schema):
        found = kinds.setdefault(column.name, set())
        if not pt.is_null(column.type):
            found.add(plain(column.type))
    return pa.schema(
        [
            (name, found.copy().pop() if len(found) == 1 else TYPES.get(name, pa.string()))
            for name, found in kinds.items()
        ]
    )


def plain(kind: pa.DataType) -> pa.DataType:
    """The type of the values, however they are stored."""
    if pt.is_dictionary(kind):
        return plain(kind.value_type)
    return pa.string() if pt.is_large_string(kind) or pt.is_string_view(kind) else kind


def output_names(names: list[str]) -> list[str]:
    """Columns that bear a name of ours ride along under another."""
    taken = set(names) | set(RESERVED)
    out = []
    for name in names:
        new = name
        while new in RESERVED or (new != name and new in names) or new in out:
            new = f"input_{new}"
        taken.add(new)
        out.append(new)
    return out


def fingerprint(sources: Iterable[Source]) -> list[list[object]]:
    return [[source.place, *source.stamp] for source in sources]
