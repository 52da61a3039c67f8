"""Asks a list in bulk: opened by memory map, blocks decoded once, when first asked for."""

from __future__ import annotations

import mmap
from bisect import bisect_right
from pathlib import Path

import numpy as np
from numba import njit

from samkeeper.errors import BadInput
from samkeeper.hotlist import reader
from samkeeper.hotlist.arrays import Bytes, Places
from samkeeper.hotlist.blocks import Coded, rows
from samkeeper.hotlist.files import Numbers
from samkeeper.hotlist.pool import Pool
from samkeeper.hotlist.reader import COMPLEMENT, INVALID, OPEN, UNKNOWN, VALID, Part, Ranges
from samkeeper.hotlist.shapes import Classes

WORDS = (VALID, INVALID, UNKNOWN)
NOWHERE = -1
FIRST = np.zeros(1, np.int64)
NOT_SKIPPED = np.zeros(1, np.bool_)


@njit(cache=True, nogil=True)
def _ranks(which, values, bounds, starts, stops, bases):  # type: ignore[no-untyped-def]
    """The rank of every (class, value), NOWHERE where no segment holds it."""
    ranks = np.full(which.size, NOWHERE, np.int64)
    for i in range(which.size):
        if which[i] < 0:
            continue
        low, high = bounds[which[i]], bounds[which[i] + 1]
        while low < high:
            middle = (low + high) >> 1
            if stops[middle] > values[i]:
                high = middle
            else:
                low = middle + 1
        if low < bounds[which[i] + 1] and starts[low] <= values[i]:
            ranks[i] = bases[low] + values[i] - starts[low]
    return ranks


@njit(cache=True, nogil=True)
def _asked_blocks(ranks, log_size, decoded):  # type: ignore[no-untyped-def]
    """The blocks not decoded yet that these ranks lie in; they are noted as decoded."""
    out = np.empty(decoded.size, np.int64)
    count = 0
    for rank in ranks:
        if rank >= 0 and not decoded[rank >> log_size]:
            decoded[rank >> log_size] = True
            out[count] = rank >> log_size
            count += 1
    return out[:count]


@njit(cache=True, nogil=True)
def _flip(ranks, bitmap, complement, answers):  # type: ignore[no-untyped-def]
    for i in range(ranks.size):
        rank = ranks[i]
        if rank >= 0:
            answers[i] ^= ((bitmap[rank >> 3] >> (rank & 7)) & 1) ^ complement


class SegmentTable:
    """The segments of a part, as arrays."""

    def __init__(self, ranges: Ranges) -> None:
        self.classes = Classes(checked=ranges.checked)
        counts, flat = [0], []
        for (head, width), segments in ranges.classes.items():
            self.classes.add(head, width)
            counts.append(len(segments))
            flat += [(segment.start, segment.stop, segment.rank) for segment in segments]
        self.by_class = {
            key: ([segment.stop for segment in segments], segments) for key, segments in ranges.classes.items()
        }
        self.bounds = np.cumsum(counts, dtype=np.int64)
        table = np.array(flat, np.int64).reshape(-1, 3)
        self.starts, self.stops, self.bases = (np.ascontiguousarray(column) for column in table.T)

    def rank(self, number: bytes) -> int:
        """The rank of one number, or NOWHERE."""
        head, width, value = reader.split(number, self.classes.checked)
        stops, segments = self.by_class.get((head, width), ((), ()))
        at = bisect_right(stops, value)
        if at == len(stops) or value < segments[at].start:
            return NOWHERE
        return segments[at].rank + value - segments[at].start

    def ranks(self, numbers: Numbers) -> Places:
        if not self.by_class:
            return np.full(numbers.starts.size, NOWHERE, np.int64)
        which, values = self.classes.locate(numbers)
        return np.asarray(_ranks(which, values, self.bounds, self.starts, self.stops, self.bases), np.int64)


class Marked:
    """The coded marks of a part: a bitmap over the ranks, filled as it is asked."""

    def __init__(self, text: Bytes, ranges: Ranges) -> None:
        self.text = text
        table, low_bits = rows(ranges.models)
        which = np.frombuffer(ranges.block_model, np.uint8)
        begins = np.array(ranges.block_at, np.int64)
        self.coded = Coded(table, low_bits, which, begins, ranges.log_block, ranges.span)
        self.bitmap = np.zeros(ranges.span // 8 + 1, np.uint8)
        self.decoded = np.zeros(which.size, np.bool_)

    def at(self, rank: int) -> int:
        """The mark of one rank."""
        if not self.decoded[rank >> self.coded.log_size]:
            block = rank >> self.coded.log_size
            self.decoded[block] = True
            self.coded.decode(self.text, np.array([block]), self.bitmap)
        return int(self.bitmap[rank >> 3]) >> (rank & 7) & 1

    def flip(self, ranks: Places, complement: bool, answers: Bytes) -> None:
        self.coded.decode(self.text, _asked_blocks(ranks, self.coded.log_size, self.decoded), self.bitmap)
        _flip(ranks, self.bitmap, complement, answers)


class HotList:
    """A list, with the overlays laid on it, as `samkeeper hotlist query` and the status server ask it.

    `number`, `moment` (microseconds since 1970), `issued` and `invalid` are those of the newest part.
    """

    def __init__(self, data: bytes | mmap.mmap) -> None:
        """Raises `reader.Damaged` unless every digest fits."""
        self.data = data
        self.reader = reader.Reader(data)  # type: ignore[arg-type]  # a map is sliced like bytes
        self.text = np.frombuffer(data, np.uint8)
        self.parts = self.reader.parts
        newest = self.parts[-1]
        self.number, self.moment = newest.number, newest.moment
        self.issued, self.invalid = newest.issued, newest.invalid
        self._tables: dict[bytes, SegmentTable] = {}
        self._marked = [Marked(self.text, part.ranges) if part.ranges.span else None for part in self.parts]
        self._pools = [Pool(self.text, part.stages) for part in self.parts]

    @classmethod
    def open(cls, path: Path) -> HotList:
        """Map a list file. BadInput where it cannot be read, is damaged or cut short, or is an overlay."""
        try:
            with path.open("rb") as file:
                return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except OSError as error:
            raise BadInput(f"无法读取（{error.strerror}）", where=str(path), remedy="请检查文件名和权限") from None
        except (ValueError, OverflowError):
            raise damaged(path) from None

    @property
    def digest(self) -> bytes:
        """The SM3 digest the file ends in: the list's identity."""
        return bytes(self.data[-reader.DIGEST_SIZE :])

    def answers(self, numbers: Numbers) -> Bytes:
        """An index into WORDS per number: right for every issued number."""
        answers = np.zeros(numbers.starts.size, np.uint8)
        known = np.zeros(answers.size, np.bool_)
        ranks: dict[bytes, Places] = {}
        for part, marked, pool in zip(self.parts, self._marked, self._pools, strict=True):
            key = part.ranges.described
            if key not in ranks:
                ranks[key] = self._segments(part).ranks(numbers)
            known = ranks[key] >= 0
            if marked:
                marked.flip(ranks[key], bool(part.flags & COMPLEMENT), answers)
            if part.flags & OPEN and not known.all():
                pool.flip(numbers, known, bool(part.flags & COMPLEMENT), answers)
                known[:] = True
        answers[~known] = WORDS.index(UNKNOWN)
        return answers

    def decode(self) -> None:
        """Decode every block now, rather than when it is first asked for."""
        for marked in filter(None, self._marked):
            wanted = np.flatnonzero(~marked.decoded)
            marked.coded.decode(self.text, wanted, marked.bitmap)
            marked.decoded[:] = True

    def answer(self, number: bytes) -> int:
        """`answers` for one number, trimmed: a few microseconds, for the status server."""
        flips, known = 0, False
        for part, marked, pool in zip(self.parts, self._marked, self._pools, strict=True):
            rank = self._segments(part).rank(number)
            known = True
            if rank != NOWHERE and marked:
                flips ^= marked.at(rank) ^ (part.flags & COMPLEMENT)
            elif part.flags & OPEN:
                told = np.zeros(1, np.uint8)
                pool.flip(_alone(number), NOT_SKIPPED, bool(part.flags & COMPLEMENT), told)
                flips ^= int(told[0])
            else:
                known = False
        return flips if known else WORDS.index(UNKNOWN)

    def _segments(self, part: Part) -> SegmentTable:
        key = part.ranges.described
        if key not in self._tables:
            self._tables[key] = SegmentTable(part.ranges)
        return self._tables[key]


def _alone(number: bytes) -> Numbers:
    """A chunk of one number."""
    text = np.frombuffer(number, np.uint8)
    return Numbers(Path(), text, FIRST, np.array([text.size]), FIRST)


def damaged(path: Path) -> BadInput:
    return BadInput("不是完好的失效名单文件（已损坏、被截断或被改动）", where=str(path), remedy="请重新获取")
