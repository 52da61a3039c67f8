"""Tag, length, value: BER-TLV (ISO 7816-4 annex) of a card's file control information, and the records' plain form."""

from __future__ import annotations

from collections.abc import Iterator

from samkeeper.errors import BadInput

REMEDY = "数据可能在读取时截断，请重读"


def encode(tag: int, value: bytes) -> bytes:
    """One BER-TLV object; tags of one or two bytes, lengths up to 65535."""
    width = 2 if tag > 0xFF else 1
    return tag.to_bytes(width, "big") + _length(len(value)) + value


def parse(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The objects of one level, in order; BadInput where they do not fill `data` exactly."""
    at = 0
    while at < len(data):
        tag, at = _read_tag(data, at)
        size, at = _read_length(data, at)
        if at + size > len(data):
            raise BadInput(f"标签 {tag:02X} 的长度超出数据", remedy=REMEDY)
        yield tag, data[at : at + size]
        at += size


def find(data: bytes, *path: int) -> bytes | None:
    """The value under nested tags, None where one is missing."""
    for tag in path:
        found = dict(parse(data)).get(tag)
        if found is None:
            return None
        data = found
    return data


def record(tag: int, value: bytes) -> bytes:
    """A social security card's record: tag 1 ‖ length 1 ‖ value."""
    return bytes([tag, len(value)]) + value


def parse_record(data: bytes) -> tuple[int, bytes]:
    """Tag and value of a record; what follows the value is filling."""
    if len(data) < 2 or len(data) < 2 + data[1]:
        raise BadInput("记录不完整", remedy=REMEDY)
    return data[0], data[2 : 2 + data[1]]


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes([size])
    return b"\x81" + bytes([size]) if size <= 0xFF else b"\x82" + size.to_bytes(2, "big")


def _read_tag(data: bytes, at: int) -> tuple[int, int]:
    width = 2 if data[at] & 0x1F == 0x1F else 1
    if at + width > len(data):
        raise BadInput("标签不完整", remedy=REMEDY)
    return int.from_bytes(data[at : at + width], "big"), at + width


def _read_length(data: bytes, at: int) -> tuple[int, int]:
    extra = data[at] - 0x80 if at < len(data) and data[at] >= 0x80 else 0
    if at >= len(data) or extra not in (0, 1, 2) or (data[at] == 0x80) or at + 1 + extra > len(data):
        raise BadInput("长度字段读不懂", remedy=REMEDY)
    if not extra:
        return data[at], at + 1
    return int.from_bytes(data[at + 1 : at + 1 + extra], "big"), at + 1 + extra
