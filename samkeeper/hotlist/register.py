"""The issued numbers and which of them are marked: read, sorted, matched, in compact arrays.

Numbers of a class with a counter are (class, value), 8 bytes each; strays are two hash words. 100 million of either
stay well under 4 GB.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numba import njit

from samkeeper.errors import BadInput
from samkeeper.hotlist import files
from samkeeper.hotlist.arrays import Flags, Places, Words
from samkeeper.hotlist.files import Numbers, Progress
from samkeeper.hotlist.hashing import U, hash_numbers
from samkeeper.hotlist.shapes import STRAY, Classes


@dataclass
class Register:
    """`values` ascending and unique within a class, those of class c from bounds[c]; strays by hash, each once."""

    classes: Classes
    bounds: Places
    values: Places
    stray1: Words
    stray2: Words

    @property
    def count(self) -> int:
        """How many different numbers were issued."""
        return int(self.values.size + self.stray1.size)


@dataclass
class Marks:
    """Which values and strays of a register are marked, and how many different numbers that is."""

    values: Flags
    strays: Flags
    count: int


def read_register(path: Path, progress: Progress | None = None) -> Register:
    """The issued numbers of a file. Raises BadInput where it holds none."""
    classes = Classes()
    taken: list[tuple[np.ndarray, Places]] = []
    strays: list[tuple[Words, Words]] = []
    for numbers in files.read(path, progress):
        if not taken:
            classes.sense(numbers)
        which, values = classes.locate(numbers, adding=True)
        lost = which == STRAY
        if lost.any():
            strays.append(_hashes(numbers, lost))
            which, values = which[~lost], values[~lost]
        taken.append((which.astype(np.uint16), values))
    which = _joined([part[0] for part in taken], np.uint16)
    values = _joined([part[1] for part in taken], np.int64)
    taken.clear()
    if not values.size and not strays:
        raise BadInput("没有卡号", where=path.name, remedy="请提供已发卡号文件")
    bounds, values = _sorted(which, values, classes.count)
    stray1, stray2 = (_joined([part[word] for part in strays], np.uint64) for word in (0, 1))
    return Register(classes, bounds, values, *_each_once(stray1, stray2))


def _hashes(numbers: Numbers, chosen: Flags) -> tuple[Words, Words]:
    return hash_numbers(numbers.text, numbers.starts[chosen], numbers.stops[chosen])


def _joined(parts: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, kind)


def _each_once(h1: Words, h2: Words) -> tuple[Words, Words]:
    """The hashed numbers without those that stand in twice. Sorting one word alone shows whether any may."""
    ordered = np.sort(h1)
    if not (ordered[1:] == ordered[:-1]).any():
        return h1, h2
    order = np.argsort(h1)  # two numbers that share h1 may lie between; one left in twice would do no harm
    h1, h2 = h1[order], h2[order]
    new = np.append(True, (h1[1:] != h1[:-1]) | (h2[1:] != h2[:-1]))
    return h1[new], h2[new]


@njit(cache=True, nogil=True)
def _scatter(which, values, bounds, out):  # type: ignore[no-untyped-def]
    at = bounds[:-1].copy()
    for i in range(values.size):
        out[at[which[i]]] = values[i]
        at[which[i]] += 1


def _sorted(which: np.ndarray, values: Places, classes: int) -> tuple[Places, Places]:
    """Values by class, ascending, each once; where each class begins."""
    bounds = np.append(0, np.cumsum(np.bincount(which, minlength=classes))).astype(np.int64)
    if classes > 1:
        out = np.empty_like(values)
        _scatter(which, values, bounds, out)
        values = out
    for begin, end in pairwise(bounds):
        values[begin:end].sort()
    again = np.zeros(values.size, np.bool_)
    again[1:] = values[1:] == values[:-1]
    again[bounds[:-1][bounds[:-1] < values.size]] = False
    if again.any():
        bounds = bounds - np.append(0, np.cumsum(again))[bounds]
        values = values[~again]
    return bounds, values


class Marker:
    """Collects the numbers to be marked, chunk by chunk."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.flags = np.zeros(register.values.size, np.bool_)
        self.hashes: list[tuple[Words, Words]] = []

    def add(self, numbers: Numbers) -> bool:
        """Mark these; False where one has a counter and was never issued."""
        which, values = self.register.classes.locate(numbers)
        lost = which == STRAY
        if lost.any():
            self.hashes.append(_hashes(numbers, lost))
        places = find(self.register, which, values)
        found = places >= 0
        self.flags[places[found]] = True
        return bool((found | lost).all())

    def finish(self) -> Marks | None:
        """The marks; None where a number without a counter was never issued."""
        keys = tuple(_joined([part[word] for part in self.hashes], np.uint64) for word in (0, 1))
        strays, seen, wanted = mark_strays(self.register.stray1, self.register.stray2, *keys)
        return Marks(self.flags, strays, int(np.count_nonzero(self.flags)) + wanted) if seen == wanted else None


def mark(register: Register, path: Path, progress: Progress | None = None) -> Marks:
    """The marks for a file of invalid numbers. Raises BadInput naming the first one that was never issued."""
    marker = Marker(register)
    if all(marker.add(numbers) for numbers in files.read(path, progress)) and (marks := marker.finish()):
        return marks
    raise _first_stranger(register, path)


def find(register: Register, which: np.ndarray, values: Places) -> Places:
    """Where each number stands among the register's values; -1 where it does not."""
    places = np.full(values.size, -1, np.int64)
    order = np.lexsort((values, which)) if register.classes.count > 1 else np.argsort(values)
    ordered = which[order]
    for index in np.unique(ordered[ordered != STRAY]):
        mine = order[np.searchsorted(ordered, index) : np.searchsorted(ordered, index, "right")]
        begin, end = register.bounds[index], register.bounds[index + 1]
        own = register.values[begin:end]
        at = np.minimum(np.searchsorted(own, values[mine]), max(0, own.size - 1))
        hit = own[at] == values[mine] if own.size else np.zeros(mine.size, np.bool_)
        places[mine[hit]] = begin + at[hit]
    return places


@njit(cache=True, nogil=True)
def _mark_strays(h1, h2, keys1, keys2, slots, marks):  # type: ignore[no-untyped-def]
    """Open addressing over the keys; a pass over the strays. How many different keys, and how many of them were met."""
    mask = U(slots.size - 1)
    wanted = 0
    for i in range(keys1.size):
        slot = np.int64(keys1[i] & mask)
        while slots[slot] >= 0 and (keys1[slots[slot]] != keys1[i] or keys2[slots[slot]] != keys2[i]):
            slot = (slot + 1) & np.int64(mask)
        if slots[slot] < 0:
            slots[slot] = i
            wanted += 1
    met = np.zeros(keys1.size, np.bool_)
    seen = 0
    for i in range(h1.size):
        slot = np.int64(h1[i] & mask)
        while slots[slot] >= 0:
            key = slots[slot]
            if keys1[key] == h1[i] and keys2[key] == h2[i]:
                marks[i] = True
                if not met[key]:
                    met[key] = True
                    seen += 1
                break
            slot = (slot + 1) & np.int64(mask)
    return seen, wanted


def mark_strays(h1: Words, h2: Words, keys1: Words, keys2: Words) -> tuple[Flags, int, int]:
    """Marks on the strays that are among the keys; how many different keys were met, and how many there are."""
    slots = np.full(1 << max(4, int(2 * keys1.size).bit_length()), -1, np.int32)
    marks = np.zeros(h1.size, np.bool_)
    seen, wanted = _mark_strays(h1, h2, keys1, keys2, slots, marks)
    return marks, seen, wanted


def _first_stranger(register: Register, path: Path) -> BadInput:
    """Read again, in the file's order, up to the first number that was never issued, and name it."""
    known = np.sort(register.stray1)
    for numbers in files.read(path):
        which, values = register.classes.locate(numbers)
        lost = which == STRAY
        strange = find(register, which, values) < 0
        h1, _ = _hashes(numbers, lost)
        at = np.minimum(np.searchsorted(known, h1), max(0, known.size - 1))
        strange[lost] = (known[at] != h1) if known.size else True
        if strange.any():
            first = int(np.argmax(strange))
            break
    return BadInput(
        f"卡号 {numbers.number(first)} 不在已发卡号之中",
        where=numbers.where(first),
        remedy="失效卡号必须都是已发卡号，请核对两个文件",
    )
