"""Numbers taken apart: a *class* (head, width of the decimal tail) and the tail's value.

Nearly all numbering is a fixed head and a counter, so the numbers of one class lie near-dense in ranges of values.
Where the numbers of a list are 卡号 with the check character of GB 11714, it is left off before the tail is read:
it follows from the rest. A number of a class that the table has no room for is a stray; strays go into the pool.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numba import njit

from samkeeper.hotlist.arrays import Bytes, Places
from samkeeper.hotlist.files import Numbers
from samkeeper.hotlist.hashing import U, digits
from samkeeper.hotlist.reader import CHECKED, MAX_CHARS, MAX_DIGITS

MAX_CLASSES = 1 << 12
SLOTS = 1 << 14
STRAY = -1
WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], np.int64)
CHARACTERS = np.frombuffer(b"0123456789X", np.uint8)


@njit(cache=True, inline="always")
def _has_check(text, start, stop, weights, characters):  # type: ignore[no-untyped-def]
    """Whether nine characters carry the check character of GB 11714."""
    if stop - start != 9:
        return False
    total = 0
    for i in range(8):
        byte = np.int64(text[start + i])
        if 48 <= byte <= 57:
            total += weights[i] * (byte - 48)
        elif 65 <= byte <= 90:
            total += weights[i] * (byte - 55)
        else:
            return False
    return text[start + 8] == characters[(11 - total % 11) % 11]


@njit(cache=True, inline="always")
def _find(text, start, head, width, slots, heads, sizes, widths):  # type: ignore[no-untyped-def]
    """The slot where the class is, or where it would go."""
    h = U(0xCBF29CE484222325) ^ U(width)
    for at in range(start, head):
        h = (h ^ U(text[at])) * U(0x100000001B3)
    slot = np.int64((h ^ (h >> U(29))) & U(slots.size - 1))
    while slots[slot] >= 0:
        known = slots[slot]
        if sizes[known] == head - start and widths[known] == width:
            same = True
            for i in range(head - start):
                if heads[known, i] != text[start + i]:
                    same = False
                    break
            if same:
                break
        slot = (slot + 1) & (slots.size - 1)
    return slot


@njit(cache=True, nogil=True)
def _locate(text, starts, stops, checked, count, slots, heads, sizes, widths, weights, characters):  # type: ignore[no-untyped-def]
    """Class and value of every number. `count`: the number of classes, raised as new ones come; negative: none may."""
    which = np.empty(starts.size, np.int32)
    values = np.zeros(starts.size, np.int64)
    for i in range(starts.size):
        start, stop, width = starts[i], stops[i], 0
        if checked and _has_check(text, start, stop, weights, characters):
            stop, width = stop - 1, CHECKED
        head = max(start, stop - MAX_DIGITS)
        value = np.int64(0)
        for at in range(head, stop):
            digit = np.int64(text[at]) - 48
            if 0 <= digit <= 9:
                value = value * 10 + digit
            else:
                head, value = at + 1, np.int64(0)
        width |= stop - head
        slot = _find(text, start, head, width, slots, heads, sizes, widths)
        if slots[slot] < 0 and 0 <= count < sizes.size:
            slots[slot] = count
            sizes[count], widths[count] = head - start, width
            for at in range(start, head):
                heads[count, at - start] = text[at]
            count += 1
        which[i] = slots[slot]
        values[i] = value
    return which, values, count


@njit(cache=True)
def _count_checked(text, starts, stops, weights, characters):  # type: ignore[no-untyped-def]
    nine, right = 0, 0
    for i in range(starts.size):
        if stops[i] - starts[i] == 9:
            nine += 1
            if _has_check(text, starts[i], stops[i], weights, characters):
                right += 1
    return nine, right


@dataclass
class Classes:
    """The table of classes, filled while the issued numbers are read and then only asked."""

    checked: bool = False
    count: int = 0
    slots: Places = field(default_factory=lambda: np.full(SLOTS, STRAY, np.int64))
    heads: Bytes = field(default_factory=lambda: np.zeros((MAX_CLASSES, 4 * MAX_CHARS), np.uint8))
    sizes: Bytes = field(default_factory=lambda: np.zeros(MAX_CLASSES, np.uint8))
    widths: Bytes = field(default_factory=lambda: np.zeros(MAX_CLASSES, np.uint8))

    def locate(self, numbers: Numbers, *, adding: bool = False) -> tuple[np.ndarray, Places]:
        """Class (STRAY where the table has none) and value of every number; `adding`: new classes are taken in."""
        which, values, count = _locate(
            numbers.text, numbers.starts, numbers.stops, self.checked, self.count if adding else STRAY,
            self.slots, self.heads, self.sizes, self.widths, WEIGHTS, CHARACTERS,
        )  # fmt: skip
        if adding:
            self.count = count
        return which, values

    def sense(self, numbers: Numbers) -> None:
        """Look at a first chunk: do its numbers of nine characters carry check characters?"""
        nine, right = _count_checked(numbers.text, numbers.starts, numbers.stops, WEIGHTS, CHARACTERS)
        self.checked = nine > 0 and right >= 0.9 * nine

    def key(self, index: int) -> tuple[bytes, int]:
        """Head and width (| CHECKED) of a class."""
        return bytes(self.heads[index, : self.sizes[index]]), int(self.widths[index])

    def add(self, head: bytes, width: int) -> None:
        """Take a class in by its key, as a list tells it."""
        text = np.frombuffer(head or b"\0", np.uint8)
        slot = _find(text, 0, len(head), width, self.slots, self.heads, self.sizes, self.widths)
        self.slots[slot] = self.count
        self.sizes[self.count], self.widths[self.count] = len(head), width
        self.heads[self.count, : len(head)] = text[: len(head)]
        self.count += 1

    def spell(self, index: int, values: Places) -> Bytes:
        """The numbers of a class written out, a row each."""
        head, width = self.key(index)
        suffix = np.zeros(int(bool(width & CHECKED)), np.uint8)
        text = digits(values, np.frombuffer(head, np.uint8), width & ~CHECKED, suffix)
        if suffix.size:
            text[:, -1] = _check_characters(text)
        return text


def _check_characters(text: Bytes) -> Bytes:
    """The ninth character (GB 11714) of rows whose first eight are digits or capitals."""
    points = np.where(text[:, :8] <= 57, text[:, :8] - 48, text[:, :8] - 55).astype(np.int64)
    return np.asarray(CHARACTERS[(11 - points @ WEIGHTS % 11) % 11], np.uint8)
