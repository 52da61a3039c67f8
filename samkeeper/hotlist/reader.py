"""Reads a compact list (失效名单) with nothing but the standard library: enough for a terminal.

The module imports nothing of samkeeper, so that it can be copied to a terminal as it is. It checks the digest,
answers number by number, and lays overlays (增量) on what it holds. The format is docs/hotlist-format.md; the
section titles below are that document's.

    held = Reader(Path("list.skh").read_bytes())
    held.answer("11000000012345")          # "valid", "invalid" or "unknown"
    held = Reader(overlay(held.data, Path("delta.skh").read_bytes()))
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

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
EMPTY_BLOCK = 255
WIDTH, BUCKET, THRESHOLDS = 128, 384, (0, 48, 128, 384)

M64 = (1 << 64) - 1
SIP_KEY = 0x7265_7065_656B_6D73  # "smkeeper", little-endian
GOLDEN = 0x9E37_79B9_7F4A_7C15


class Damaged(ValueError):
    """The bytes are not a whole, unaltered list; nothing may be answered from them."""


class WrongBase(ValueError):
    """The overlay does not belong on the list held, or is older than it."""


# --- Digest (GB/T 32905 SM3) ---------------------------------------------------------------------------------------


def digest(data: bytes) -> bytes:
    """SM3 of `data`. A Python whose OpenSSL lacks it does it in plain Python: a second for a city's list."""
    try:
        return hashlib.new("sm3", data).digest()
    except ValueError:
        from samkeeper.hotlist.sm3 import sm3  # noqa: PLC0415  # only where it is needed

        return sm3(data)


# --- Parts ---------------------------------------------------------------------------------------------------------


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

    def byte(self) -> int:
        return self.data[self.take(1)]

    def word(self, size: int) -> int:
        at = self.take(size)
        return int.from_bytes(self.data[at : at + size], "little")

    def varint(self) -> int:
        """LEB128: seven bits a byte, low bits first, the top bit says that more follow."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7


@dataclass
class Segment:
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


@dataclass
class Layer:
    seed: int
    columns: int
    meta_at: int
    words_at: int
    last: bool


@dataclass
class Stage:
    bits: int
    layers: list[Layer]


@dataclass
class Part:
    """A whole list or an overlay as it stands in the file; `at` is where it begins."""

    at: int
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
        if kind != STACK:
            return [_part(data, 0, len(data), None)]
        found: list[Part] = []
        at = STACK_HEADER.size
        for _ in range(count):
            found.append(_part(data, at, len(data) - DIGEST_SIZE, found[-1] if found else None))
            at = found[-1].end
    except (struct.error, IndexError) as error:
        raise Damaged("a section runs off its end") from error
    if at != len(data) - DIGEST_SIZE or not found:
        raise Damaged("parts do not fill the file")
    return found


def _part(data: bytes, at: int, limit: int, below: Part | None) -> Part:
    _, _, kind, flags, number, moment, issued, invalid, fingerprint, size, ranges_size = HEADER.unpack_from(data, at)
    body_end = at + size
    cursor = Cursor(data, at + HEADER.size, limit)
    base = new = b""
    if kind == OVERLAY:
        cursor.take(2 * DIGEST_SIZE)
        base, new = data[cursor.at - 64 : cursor.at - 32], data[cursor.at - 32 : cursor.at]
    pool_at = cursor.at + ranges_size
    inherited = (below.ranges if below else Ranges({})) if flags & INHERIT else None
    ranges = _ranges(Cursor(data, cursor.take(ranges_size), pool_at), inherited)
    stages = pool_stages(Cursor(data, pool_at, body_end)) if flags & OPEN else []
    tail = Cursor(data, body_end, limit)
    signature_size = tail.word(2)
    signature_at = tail.take(signature_size)
    end = tail.take(DIGEST_SIZE) + DIGEST_SIZE
    if digest(data[at : end - DIGEST_SIZE]) != data[end - DIGEST_SIZE : end]:
        raise Damaged("the digest of a part does not fit")
    return Part(
        at, kind, flags, number, moment, issued, invalid, fingerprint, base, new, data[at:body_end],
        data[signature_at : signature_at + signature_size], data[end - DIGEST_SIZE : end], end, ranges, stages,
    )  # fmt: skip


# --- Ranges --------------------------------------------------------------------------------------------------------


def _ranges(cursor: Cursor, inherited: Ranges | None) -> Ranges:
    ranges = _segments(cursor) if inherited is None else replace(inherited, models=[], block_at=[])
    if ranges.span == 0:
        return ranges
    ranges.log_block = cursor.byte()
    for _ in range(cursor.byte()):
        ranges.models.append(tuple(cursor.word(2) for _ in range(cursor.byte() + 1)))
    blocks = -(-ranges.span >> ranges.log_block)
    at = cursor.take(blocks)
    ranges.block_model = cursor.data[at : at + blocks]
    sizes = [cursor.varint() for _ in range(blocks)]
    ranges.block_at = [cursor.at]
    for size in sizes:
        ranges.block_at.append(cursor.take(size) + size)
    return ranges


def _segments(cursor: Cursor) -> Ranges:
    ranges, begin = Ranges({}), cursor.at
    for _ in range(cursor.varint()):
        width = cursor.byte()
        head_at = cursor.take(size := cursor.byte())
        segments = ranges.classes.setdefault((cursor.data[head_at : head_at + size], width), [])
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
    head = len(number)
    while head and len(number) - head < MAX_DIGITS and 48 <= number[head - 1] <= 57:
        head -= 1
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


# --- Pool ----------------------------------------------------------------------------------------------------------


def pool_stages(cursor: Cursor) -> list[Stage]:
    stages = []
    for _ in range(cursor.byte()):
        bits, count = cursor.byte(), cursor.byte()
        stages.append(Stage(bits, [_layer(cursor, bits, layer == count - 1) for layer in range(count)]))
    return stages


def _layer(cursor: Cursor, bits: int, last: bool) -> Layer:
    seed, columns = cursor.byte(), 64 * cursor.word(4)
    buckets = 0 if last else -(-(columns - WIDTH + 1) // BUCKET)
    return Layer(seed, columns, cursor.take(-(-buckets // 4)), cursor.take(columns // 8 * bits), last)


def _rotate(word: int, by: int) -> int:
    return (word << by | word >> (64 - by)) & M64


def _sip_rounds(v: list[int], rounds: int) -> None:
    v0, v1, v2, v3 = v
    for _ in range(rounds):
        v0, v2 = (v0 + v1) & M64, (v2 + v3) & M64
        v1, v3 = _rotate(v1, 13) ^ v0, _rotate(v3, 16) ^ v2
        v0, v2 = (_rotate(v0, 32) + v3) & M64, (v2 + v1) & M64
        v1, v3 = _rotate(v1, 17) ^ v2, _rotate(v3, 21) ^ v0
        v2 = _rotate(v2, 32)
    v[:] = v0, v1, v2, v3


def siphash(data: bytes, k0: int = 0, k1: int = SIP_KEY) -> tuple[int, int]:
    """SipHash-2-4 with 128 bits of output, as two words."""
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    padded = data + bytes(7 - len(data) % 8) + bytes([len(data) & 255])
    for (word,) in struct.iter_unpack("<Q", padded):
        v[3] ^= word
        _sip_rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xEE
    _sip_rounds(v, 4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    _sip_rounds(v, 4)
    return first, v[0] ^ v[1] ^ v[2] ^ v[3]


def mix(word: int) -> int:
    """A bijection of 64-bit words that leaves no pattern (the finalizer of SplitMix64)."""
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 & M64
    word = (word ^ word >> 27) * 0x94D049BB133111EB & M64
    return word ^ word >> 31


def pooled(data: bytes, part: Part, number: bytes) -> bool:
    """Whether `number` is marked in the pool: every filter lets it through and the last stage's bit is 1."""
    h1, h2 = siphash(number)
    *filters, exact = range(len(part.stages)) or (None,)
    if exact is None or not all(_stage(data, part, stage, (h1, h2), is_filter=True) for stage in filters):
        return False
    return _stage(data, part, exact, (h1, h2), is_filter=False)


def _stage(data: bytes, part: Part, index: int, hashes: tuple[int, int], *, is_filter: bool) -> bool:
    h1, h2 = hashes
    stage = part.stages[index]
    for depth, layer in enumerate(stage.layers):
        step = GOLDEN * (1 + (index << 16 | depth << 8 | layer.seed)) & M64
        x, low = mix((h1 + step) & M64), mix((h2 + step) & M64) | 1
        start = (x >> 32) * (layer.columns - WIDTH + 1) >> 32
        if not layer.last and _bumped(data, layer.meta_at, start):
            continue
        equation = mix((low + GOLDEN) & M64) << 64 | low
        wanted = x & (1 << stage.bits) - 1 if is_filter else 1
        return _solve(data, layer, stage.bits, start, equation) == wanted
    return False


def _bumped(data: bytes, meta_at: int, start: int) -> bool:
    bucket, offset = divmod(start, BUCKET)
    level = data[meta_at + bucket // 4] >> 2 * (bucket % 4) & 3
    return offset < THRESHOLDS[level]


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


# --- Answers -------------------------------------------------------------------------------------------------------


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
        if not known:
            return UNKNOWN
        return INVALID if flips else VALID


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
