"""Overlays (增量): what changed between two lists, for every number issued at the newer one.

An overlay marks the numbers whose answer changes. It is laid out as NEW is, so that NEW2 knows the numbers NEW knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samkeeper.errors import BadInput, Refused
from samkeeper.hotlist import files, reader
from samkeeper.hotlist.codec import Head, Layout, Sign, arrange, assemble, describe, lay_out, moment_of, sections
from samkeeper.hotlist.files import Numbers, Progress
from samkeeper.hotlist.lookup import WORDS, HotList, damaged
from samkeeper.hotlist.register import Marker, Marks, Register, mark, read_register
from samkeeper.hotlist.target import load

VALID_NOW, INVALID_NOW = WORDS.index(reader.VALID), WORDS.index(reader.INVALID)
REASONS = {
    "the overlay is older than the list held": "增量不比现有名单新，不能用旧名单代替新名单",
    "the overlay was made for another list": "增量不是针对这份名单制作的，请使用与之对应的名单或重新下载全量",
}


@dataclass(frozen=True)
class Source:
    """Where an overlay is made from."""

    old: Path
    new: Path
    issued: Path
    old_invalid: Path
    invalid: Path


def make(source: Source, sign: Sign | None = None, progress: Progress | None = None) -> bytes:
    """The overlay that leads from `old` to `new`.

    Raises Refused where `new` is older, BadInput where a list does not fit its file of invalid numbers.
    """
    old, new = HotList.open(source.old), HotList.open(source.new)
    if (new.number, new.moment) <= (old.number, old.moment):
        raise Refused("新名单不比旧名单新，无法制作增量", code="older")
    register = read_register(source.issued, progress)
    marks = mark(register, source.invalid, progress)
    _check(old, source.old, source.old_invalid, None)
    _check(new, source.new, source.invalid, (register.count, marks.count))
    flips = _flips(old, new, register, source.issued, progress)
    layout = _layout(register, marks, flips)
    flags = _flags(old, new)
    inherit = describe(register, layout.ranged) == old.parts[-1].ranges.described
    coded = sections(register, flips, layout, inherit=inherit)
    head = Head(new.number, moment_of(new.moment), new.issued, new.invalid, old.digest, new.digest)
    return assemble(reader.OVERLAY, flags | (reader.INHERIT if inherit else 0), head, coded, sign)


def _check(held: HotList, path: Path, invalid: Path, counts: tuple[int, int] | None) -> None:
    """The list must call every number of its file invalid, and count as many."""
    fits = counts in (None, (held.issued, held.invalid))
    if fits and all((held.answers(numbers) == INVALID_NOW).all() for numbers in files.read(invalid)):
        return
    raise BadInput(f"名单 {path.name} 与失效卡号文件 {invalid.name} 不符", remedy="请提供制作该名单时所用的文件")


def _flips(old: HotList, new: HotList, register: Register, issued: Path, progress: Progress | None) -> Marks:
    marker = Marker(register)
    for numbers in files.read(issued, progress):
        marker.add(_chosen(numbers, (old.answers(numbers) == INVALID_NOW) != (new.answers(numbers) == INVALID_NOW)))
    marks = marker.finish()
    if marks is None:
        raise BadInput("读取期间文件发生了变化", where=issued.name, remedy="请重试")
    return marks


def _chosen(numbers: Numbers, rows: np.ndarray) -> Numbers:
    return Numbers(numbers.path, numbers.text, numbers.starts[rows], numbers.stops[rows], numbers.lines[rows])


def _layout(register: Register, marks: Marks, flips: Marks) -> Layout:
    """NEW's own layout where it is all ranges; where it has a pool and so knows every number, what is smallest."""
    _, _, own = arrange(register, marks)
    return lay_out(register, flips.values, register.stray1.size, flips.count) if own.open else own


def _flags(old: HotList, new: HotList) -> int:
    older, newer = old.parts[-1], new.parts[-1]
    portable = all(reader.portable(part) for part in (*old.parts, *new.parts))
    pools = older.flags & newer.flags & reader.OPEN
    same = pools and (older.issued, older.fingerprint) == (newer.issued, newer.fingerprint)
    return (reader.PORTABLE if portable else 0) | (reader.SAME_ISSUED if same else 0)


def lay(held: Path, delta: Path) -> bytes:
    """The list `held` with `delta` on it. Refused with the reason where it does not belong there or is older."""
    under, upper = _whole(held), _whole(delta)
    try:
        return reader.overlay(under, upper)
    except reader.WrongBase as error:
        raise Refused(f"{delta.name}：{REASONS[str(error)]}。", code="wrong-base") from None
    except reader.Damaged:
        raise BadInput("前一个文件须是名单，后一个须是增量", where=f"{held.name}、{delta.name}") from None


def _whole(path: Path) -> bytes:
    """The file's bytes, every digest checked."""
    read_parts(path)
    return load(path)


def read_parts(path: Path) -> list[reader.Part]:
    """The parts of a list or an overlay, every digest checked. BadInput where it is damaged or cut short."""
    try:
        return reader.parts(load(path))
    except reader.Damaged:
        raise damaged(path) from None
