"""Reads a compact list (失效名单) with nothing but the standard library: enough for a terminal.

It checks the digest, answers number by number, and lays overlays (增量) on what it holds. The format is
docs/hotlist-format.md. With `hashes` beside it, it runs wherever Python 3.10 does.

    held = Reader(Path("list.skh").read_bytes())
    held.answer("11000000012345")          # "valid", "invalid" or "unknown"
    held = Reader(overlay(held.data, Path("delta.skh").read_bytes()))
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from samkeeper.hotlist.hashes import GOLDEN, M64, digest, mix, siphash

VALID, INVALID, UNKNOWN = "valid", "invalid", "unknown"

MAGIC = b"SKHL"
VERSION = 1
LIST, OVERLAY, STACK = 0, 1, 2
COMPLEMENT, INHERIT, OPEN, PORTABLE, SAME_ISSUED = 1, 2, 4, 8, 16
CHECKED = 0x80
HEADER = struct.Struct("<4sBBHQqQQQII")
STACK_HEADER = struct.Struct("<4sBBH")
DIGEST_SIZE = 32
MAX_CHARS, MAX_DIGITS = 32, 18
EMPTY_BLOCK, MAX_LOG = 255, 32
WIDTH, BUCKET, THRESHOLDS = 128, 384, (0, 48, 128, 384)


class Damaged(ValueError):
    """The bytes are not a whole, unaltered list; nothing may be answered from them."""


class WrongBase(ValueError):
    """The overlay does not belong on the list held, or is older than it."""


class Cursor:
    """Walks over bytes; running off the end means damage."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def take(self, size: int) -> int:
        """The place of the next `size` bytes, which are stepped over."""
        at = self.at
        if size < 0 or at + size > self.end:
            raise Damaged("a section runs off its end")
        self.at = at + size
        return at

    def chunk(self, size: int) -> bytes:
        at = self.take(size)
        return self.data[at : at + size]

    def word(self, size: int) -> int:
        return int.from_bytes(self.chunk(size), "little")

    def byte(self) -> int:
        return self.data[self.take(1)]

    def varint(self) -> int:
        """LEB128: seven bits a byte, low bits first, the top bit says that more follow."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 56:
                raise Damaged("a number is too long")


class Segment(NamedTuple):
    """The numbers `start` ≤ decimal tail < `stop` of one class; the first has rank `rank`."""

    start: int
    stop: int
    rank: int


@dataclass
class Ranges:
    """Classes (head, width of the decimal tail) with their segments, and the coded marks over the ranks."""

    classes: dict[tuple[bytes, int], list[Segment]]
    checked: bool = False
    span: int = 0
    described: bytes = b""
    log_block: int = 0
    models: list[tuple[int, ...]] = field(default_factory=list)
    block_model: bytes = b""
    block_at: list[int] = field(default_factory=list)


class Layer(NamedTuple):
    seed: int
    columns: int
    meta_at: int
    words_at: int
    last: bool


class Stage(NamedTuple):
    bits: int
    layers: list[Layer]


@dataclass
class Part:
    """A whole list or an overlay as it stands in the file."""

    kind: int
    flags: int
    number: int
    moment: int
    issued: int
    invalid: int
    fingerprint: int
    base: bytes
    new: bytes
    body: bytes
    signature: bytes
    digest: bytes
    end: int
    ranges: Ranges
    stages: list[Stage]


def parts(data: bytes) -> list[Part]:
    """The base and its overlays, oldest first, after every digest was checked. Raises `Damaged`."""
    if len(data) < STACK_HEADER.size + DIGEST_SIZE or data[:4] != MAGIC:
        raise Damaged("not a list")
    _, version, kind, count = STACK_HEADER.unpack_from(data)
    if version != VERSION:
        raise Damaged(f"format version {version} is not known")
    if digest(data[:-DIGEST_SIZE]) != data[-DIGEST_SIZE:]:
        raise Damaged("the digest does not fit: cut short or altered")
    try:
        found = _stacked(data, count) if kind == STACK else [_part(data, 0, len(data), None)]
    except (struct.error, IndexError) as error:
        raise Damaged("a section runs off its end") from error
    if not found or found[-1].end != len(data) - (DIGEST_SIZE if kind == STACK else 0):
        raise Damaged("parts do not fill the file")
    return found


def _stacked(data: bytes, count: int) -> list[Part]:
    found: list[Part] = []
    at = STACK_HEADER.size
    for index in range(count):
        part = _part(data, at, len(data) - DIGEST_SIZE, found[-1] if found else None)
        if part.kind != (OVERLAY if index else LIST) or digest(data[at : part.end - DIGEST_SIZE]) != part.digest:
            raise Damaged("the digest of a part does not fit")
        found.append(part)
        at = part.end
    return found


def _part(data: bytes, at: int, limit: int, below: Part | None) -> Part:
    _, _, kind, flags, number, moment, issued, invalid, fingerprint, size, ranges_size = HEADER.unpack_from(data, at)
    body_end = at + size
    cursor = Cursor(data, at + HEADER.size, limit)
    base, new = (cursor.chunk(DIGEST_SIZE if kind == OVERLAY else 0) for _ in range(2))
    pool_at = cursor.at + ranges_size
    inherited = (below.ranges if below else Ranges({})) if flags & INHERIT else None
    ranges = _ranges(Cursor(data, cursor.take(ranges_size), pool_at), inherited)
    stages = pool_stages(Cursor(data, pool_at, body_end)) if flags & OPEN else []
    tail = Cursor(data, body_end, limit)
    signature, ending = tail.chunk(tail.word(2)), tail.chunk(DIGEST_SIZE)
    return Part(
        kind, flags, number, moment, issued, invalid, fingerprint, base, new, data[at:body_end],
        signature, ending, tail.at, ranges, stages,
    )  # fmt: skip


def _ranges(cursor: Cursor, inherited: Ranges | None) -> Ranges:
    ranges = _segments(cursor) if inherited is None else replace(inherited, models=[], block_at=[])
    if ranges.span == 0:
        return ranges
    ranges.log_block = cursor.byte()
    for _ in range(cursor.byte()):
        ranges.models.append(tuple(cursor.word(2) for _ in range(cursor.byte() + 1)))
    blocks = -(-ranges.span >> ranges.log_block)
    ranges.block_model = cursor.chunk(blocks)
    if set(ranges.block_model) - {*range(len(ranges.models)), EMPTY_BLOCK} or ranges.log_block > MAX_LOG:
        raise Damaged("a block has no model")
    sizes = [cursor.varint() for _ in range(blocks)]
    ranges.block_at = [cursor.at]
    for size in sizes:
        ranges.block_at.append(cursor.take(size) + size)
    return ranges


def _segments(cursor: Cursor) -> Ranges:
    ranges, begin = Ranges({}), cursor.at
    for _ in range(cursor.varint()):
        width = cursor.byte()
        segments = ranges.classes.setdefault((cursor.chunk(cursor.byte()), width), [])
        ranges.checked |= bool(width & CHECKED)
        stop = 0
        for _ in range(cursor.varint()):
            start = stop + cursor.varint()
            stop = start + cursor.varint()
            segments.append(Segment(start, stop, ranges.span))
            ranges.span += stop - start
    ranges.described = cursor.data[begin : cursor.at]
    return ranges


def check_character(number: bytes) -> int:
    """The ninth character of a card number (GB 11714) after eight digits or capitals; -1 where they are not such."""
    total = 0
    for byte, weight in zip(number[:8], (3, 7, 9, 10, 5, 8, 4, 2), strict=True):
        if not (48 <= byte <= 57 or 65 <= byte <= 90):
            return -1
        total += weight * (byte - 48 if byte <= 57 else byte - 55)
    return b"0123456789X"[-total % 11]


def split(number: bytes, checked: bool) -> tuple[bytes, int, int]:
    """Head, width (| CHECKED) and value of the decimal tail, at most 18 digits."""
    width = 0
    if checked and len(number) == 9 and check_character(number) == number[8]:
        number, width = number[:8], CHECKED
    head = max(len(number.rstrip(b"0123456789")), len(number) - MAX_DIGITS)
    tail = number[head:]
    return number[:head], width | len(tail), int(tail or b"0")


def rank(ranges: Ranges, number: bytes) -> int | None:
    """Where `number` stands among all the numbers of the ranges, from 0; None where it lies in none."""
    head, width, value = split(number, ranges.checked)
    for segment in ranges.classes.get((head, width), ()):
        if segment.start <= value < segment.stop:
            return segment.rank + value - segment.start
    return None


class Decoder:
    """Binary range decoder over one block; past its end come zero bytes."""

    def __init__(self, block: bytes) -> None:
        self.bytes: Iterator[int] = iter(block)
        self.range = 0xFFFFFFFF
        self.code = 0
        for _ in range(4):
            self.code = self.code << 8 | next(self.bytes, 0)

    def bit(self, zero: int) -> int:
        """The next bit; `zero` / 65536 is the probability that it is 0."""
        bound = (self.range >> 16) * zero
        bit = int(self.code >= bound)
        if bit:
            self.code -= bound
            self.range -= bound
        else:
            self.range = bound
        while self.range < 1 << 24:
            self.code = self.code << 8 | next(self.bytes, 0)
            self.range <<= 8
        return bit


def marks(block: bytes, model: tuple[int, ...], size: int) -> Iterator[int]:
    """The marked places of a block of `size` places, ascending."""
    decoder, low_bits, place = Decoder(block), len(model) - 1, 0
    while True:
        while place < size and decoder.bit(model[0]):
            place += 1 << low_bits
        if place >= size:
            return
        for low_bit in reversed(range(low_bits)):
            place += decoder.bit(model[1 + low_bit]) << low_bit
        yield place
        place += 1


def marked(data: bytes, ranges: Ranges, at: int) -> bool:
    """Whether the number of rank `at` is marked. Decodes its block up to it."""
    block, place = at >> ranges.log_block, at & (1 << ranges.log_block) - 1
    model = ranges.block_model[block]
    if model == EMPTY_BLOCK:
        return False
    size = min(ranges.span - (block << ranges.log_block), 1 << ranges.log_block)
    coded = data[ranges.block_at[block] : ranges.block_at[block + 1]]
    return next((mark == place for mark in marks(coded, ranges.models[model], size) if mark >= place), False)


def pool_stages(cursor: Cursor) -> list[Stage]:
    stages = []
    for _ in range(cursor.byte()):
        bits, count = cursor.byte(), cursor.byte()
        stages.append(Stage(bits, [_layer(cursor, bits, layer == count - 1) for layer in range(count)]))
    return stages


def _layer(cursor: Cursor, bits: int, last: bool) -> Layer:
    seed, columns = cursor.byte(), 64 * cursor.word(4)
    if columns < WIDTH:
        raise Damaged("a layer is too narrow")
    buckets = 0 if last else -(-(columns - WIDTH + 1) // BUCKET)
    return Layer(seed, columns, cursor.take(-(-buckets // 4)), cursor.take(columns // 8 * bits), last)


def pooled(data: bytes, part: Part, number: bytes) -> bool:
    """Whether `number` is marked in the pool: every filter lets it through and the last stage's bit is 1."""
    hashes, last = siphash(number), len(part.stages) - 1
    return last >= 0 and all(_stage(data, part, i, hashes, is_filter=i < last) for i in range(last + 1))


def _stage(data: bytes, part: Part, index: int, hashes: tuple[int, int], *, is_filter: bool) -> bool:
    h1, h2 = hashes
    stage = part.stages[index]
    for depth, layer in enumerate(stage.layers):
        step = GOLDEN * (1 + (index << 16 | depth << 8 | layer.seed)) & M64
        x, low = mix((h1 + step) & M64), mix((h2 + step) & M64) | 1
        start = (x >> 32) * (layer.columns - WIDTH + 1) >> 32
        bucket, offset = divmod(start, BUCKET)
        if not layer.last and offset < THRESHOLDS[data[layer.meta_at + bucket // 4] >> 2 * (bucket % 4) & 3]:
            continue  # bumped
        equation = mix((low + GOLDEN) & M64) << 64 | low
        wanted = x & (1 << stage.bits) - 1 if is_filter else 1
        return _solve(data, layer, stage.bits, start, equation) == wanted
    return False


def _solve(data: bytes, layer: Layer, bits: int, start: int, equation: int) -> int:
    """The value the layer holds for an equation: per bit, the parity of the 128 columns it selects."""
    word, shift = divmod(start, 64)
    value = 0
    for bit in range(bits):
        columns = 0
        for block in range(3 if shift else 2):
            at = layer.words_at + 8 * ((word + block) * bits + bit)
            columns |= int.from_bytes(data[at : at + 8], "little") << 64 * block
        value |= ((columns >> shift & equation).bit_count() & 1) << bit
    return value


class Reader:
    """A list held in memory. Raises `Damaged` unless every digest fits."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.parts = parts(data)
        if self.parts[0].kind != LIST:
            raise Damaged("an overlay is no list by itself")
        newest = self.parts[-1]
        self.number, self.moment = newest.number, newest.moment
        self.issued, self.invalid = newest.issued, newest.invalid

    def answer(self, card_no: str) -> str:
        """`valid` or `invalid`, right for every issued number; `unknown` where the newest part has no place for it."""
        number = card_no.strip(" \t\r\n").encode()
        flips, known = False, False
        for part in self.parts:
            at = rank(part.ranges, number)
            known = at is not None or bool(part.flags & OPEN)
            if at is not None:
                flips ^= marked(self.data, part.ranges, at) ^ bool(part.flags & COMPLEMENT)
            elif known:
                flips ^= pooled(self.data, part, number) ^ bool(part.flags & COMPLEMENT)
        return (INVALID if flips else VALID) if known else UNKNOWN


def overlay(held: bytes, delta: bytes) -> bytes:
    """The list `held` with `delta` laid over it. Raises `Damaged`, or `WrongBase` with the reason."""
    under, (upper, *more) = Reader(held), parts(delta)
    if more or upper.kind != OVERLAY:
        raise Damaged("not an overlay")
    newest = under.parts[-1]
    if (upper.number, upper.moment) <= (under.number, under.moment):
        raise WrongBase("the overlay is older than the list held")
    if upper.base != held[-DIGEST_SIZE:] and not (upper.base == newest.new and _stands_in(under.parts, upper)):
        raise WrongBase("the overlay was made for another list")
    below = held[STACK_HEADER.size : -DIGEST_SIZE] if len(under.parts) > 1 else held
    stack = STACK_HEADER.pack(MAGIC, VERSION, STACK, len(under.parts) + 1) + below + delta
    return stack + digest(stack)


def portable(part: Part) -> bool:
    """Whether a number that `part` was not made for gets no mark from it: so in ranges, by chance in a pool."""
    return not part.flags & (OPEN | COMPLEMENT)


def _stands_in(held: list[Part], upper: Part) -> bool:
    """Whether a list with overlays may stand in for the full list of the same number that `upper` was made for.

    Both answer alike for every number issued by then; for those issued since, only where neither marks by chance.
    """
    return bool(upper.flags & SAME_ISSUED) or (bool(upper.flags & PORTABLE) and all(map(portable, held)))
