"""Makes a list from issued and marked numbers: ranges, pool, header, digest (docs/hotlist-format.md).

A list and an overlay are made alike: marked are the invalid numbers, or those whose answer changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from samkeeper.hotlist import blocks, plan, pool, reader
from samkeeper.hotlist.arrays import Flags, Places, Words
from samkeeper.hotlist.hashes import digest
from samkeeper.hotlist.hashing import hash_numbers
from samkeeper.hotlist.plan import Segments
from samkeeper.hotlist.register import Marks, Register

SPELL = 1 << 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Head:
    """What a list says of itself. `base`, `new`: the digests an overlay leads from and to."""

    number: int
    moment: datetime
    issued: int
    invalid: int
    base: bytes = b""
    new: bytes = b""


@dataclass(frozen=True)
class Layout:
    """Where every number goes: `ranged` segments in order of rank; all others are in the pool."""

    ranged: Segments
    open: bool


@dataclass(frozen=True)
class Sections:
    """The body of a part; `pool` is b"" where it has none. `fingerprint`: sum of all issued numbers' first words."""

    ranges: bytes
    pool: bytes
    fingerprint: int


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    since = moment - EPOCH
    return (since.days * 86400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of(count: int) -> datetime:
    """The aware moment of so many microseconds since 1970."""
    return EPOCH.fromtimestamp(count // 1_000_000, UTC).replace(microsecond=count % 1_000_000)


def lay_out(register: Register, marks: Flags, strays: int, marked: int) -> Layout:
    """Choose ranges or pool, segment by segment."""
    found = plan.segments(register.bounds, register.values, marked / max(1, register.count))
    counts = _marked_in(found, marks)
    pooled = plan.pooled(found, counts, open_anyway=strays > 0)
    return Layout(found.keep(~pooled), bool(pooled.any()) or strays > 0)


def _marked_in(parts: Segments, marks: Flags) -> Places:
    below = np.append(0, np.cumsum(marks, dtype=np.int64))
    return np.asarray(below[parts.first + parts.count] - below[parts.first], np.int64)


def sections(register: Register, marks: Marks, layout: Layout, *, inherit: bool = False) -> Sections:
    """Both sections for these marks; `inherit`: the segments are those of the part below."""
    ranges = (b"" if inherit else describe(register, layout.ranged)) + _coded(register, marks.values, layout.ranged)
    if not layout.open:
        return Sections(ranges, b"", 0)
    outside = np.ones(register.values.size, np.bool_)
    for first, count in zip(layout.ranged.first, layout.ranged.count, strict=True):
        outside[first : first + count] = False
    h1, h2 = _hashes(register)
    every = np.concatenate([h1, register.stray1])
    fingerprint = int(np.add.reduce(every, dtype=np.uint64))
    pooled = np.concatenate([outside, np.ones(register.stray1.size, np.bool_)])
    second = np.concatenate([h2, register.stray2])
    both = np.concatenate([marks.values, marks.strays])
    if not pooled.all():
        every, second, both = every[pooled], second[pooled], both[pooled]
    return Sections(ranges, pool.encode(every, second, both), fingerprint)


def _hashes(register: Register) -> tuple[Words, Words]:
    """The hashes of the values, written out as numbers again."""
    first, second = [np.empty(0, np.uint64)], [np.empty(0, np.uint64)]
    for index in range(register.classes.count):
        begin, end = register.bounds[index], register.bounds[index + 1]
        values = register.values[begin:end]
        for at in range(0, values.size, SPELL):
            rows = register.classes.spell(index, values[at : at + SPELL])
            starts = np.arange(len(rows), dtype=np.int64) * rows.shape[1]
            h1, h2 = hash_numbers(rows.reshape(-1), starts, starts + rows.shape[1])
            first.append(h1)
            second.append(h2)
    return np.concatenate(first), np.concatenate(second)


def describe(register: Register, ranged: Segments) -> bytes:
    """The classes and their segments, as differences."""
    used = np.unique(ranged.which)
    out = [blocks.varint(used.size)]
    for index in used:
        mine = ranged.keep(ranged.which == index)
        head, width = register.classes.key(int(index))
        out += [bytes([width, len(head)]), head, blocks.varint(mine.start.size)]
        steps = np.empty(2 * mine.start.size, np.int64)
        steps[0::2] = mine.start - np.append(0, mine.stop[:-1])
        steps[1::2] = mine.stop - mine.start
        out.append(blocks.varints(steps))
    return b"".join(out)


def _coded(register: Register, marks: Flags, ranged: Segments) -> bytes:
    """The marks over the ranks of the ranged segments; b"" where there are none."""
    lengths = ranged.stop - ranged.start
    span = int(lengths.sum())
    if not span:
        return b""
    places = np.flatnonzero(marks)
    index = np.searchsorted(ranged.first, places, "right") - 1
    inside = (index >= 0) & (places < (ranged.first + ranged.count)[index])
    places, index = places[inside], index[inside]
    bases = np.append(0, np.cumsum(lengths)[:-1]) - ranged.start
    ranks = register.values[places] + bases[index]
    return blocks.encode(ranks, span, pool.entropy(ranks.size, span))


def assemble(kind: int, flags: int, head: Head, coded: Sections, sign: Sign | None) -> bytes:
    """Header, sections, signature over both, and the digest over all of it."""
    size = reader.HEADER.size + len(head.base) + len(head.new) + len(coded.ranges) + len(coded.pool)
    header = reader.HEADER.pack(
        reader.MAGIC, reader.VERSION, kind, flags | (reader.OPEN if coded.pool else 0), head.number,
        microseconds(head.moment), head.issued, head.invalid, coded.fingerprint, size, len(coded.ranges),
    )  # fmt: skip
    body = b"".join([header, head.base, head.new, coded.ranges, coded.pool])
    signature = sign(body) if sign else b""
    whole = body + len(signature).to_bytes(2, "little") + signature
    return whole + digest(whole)


def arrange(register: Register, marks: Marks) -> tuple[int, Marks, Layout]:
    """The flags, the marks to code (of the valid ones where they are fewer) and the layout of a full list."""
    flags = 0
    if 2 * marks.count > register.count:
        flags = reader.COMPLEMENT
        marks = Marks(~marks.values, ~marks.strays, register.count - marks.count)
    return flags, marks, lay_out(register, marks.values, register.stray1.size, marks.count)


def encode(register: Register, marks: Marks, head: Head, sign: Sign | None = None) -> bytes:
    """A full list: right for every issued number."""
    flags, coded, layout = arrange(register, marks)
    return assemble(reader.LIST, flags, head, sections(register, coded, layout), sign)
