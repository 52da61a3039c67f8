"""Answer to reset (ISO 7816-3): what a chip says of itself when it wakes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from samkeeper.errors import BadInput


@dataclass(frozen=True, slots=True)
class Atr:
    """An answer to reset, taken apart. `protocols`: those offered, T=0 where none is named."""

    raw: bytes
    historical: bytes
    protocols: tuple[int, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Atr:
        """BadInput for an answer that is cut, of an unknown convention or with a false check byte."""
        if len(raw) < 2 or raw[0] not in (0x3B, 0x3F):
            raise BadInput("复位应答读不懂", remedy="请确认插的是接触式卡，并清洁触点")
        try:
            protocols, at = _interface(raw)
        except IndexError:
            raise BadInput("复位应答不完整", remedy="请清洁触点后重插") from None
        historical = raw[at : at + (raw[1] & 0x0F)]
        checked = any(protocol != 0 for protocol in protocols)
        if len(raw) != at + (raw[1] & 0x0F) + checked or (checked and reduce(xor, raw[1:])):
            raise BadInput("复位应答的长度或校验字节不对", remedy="请清洁触点后重插")
        return cls(raw, historical, tuple(protocols) or (0,))

    @property
    def card_factor(self) -> bytes:
        """The card's 8-byte serial, its diversification factor: the last historical bytes T6 to TD (LD/T 32)."""
        return self._last(8)

    @property
    def transport_factor(self) -> bytes:
        """The factor of the transport key: 0000 before T8 to TD."""
        return bytes(2) + self._last(6)

    def _last(self, size: int) -> bytes:
        if len(self.historical) < 13:
            raise BadInput("复位应答中没有卡序列号", remedy="请确认是社会保障卡或其PSAM卡")
        return self.historical[-size:]


def social_atr(serial: bytes, *, maker: bytes = b"SAMKP") -> bytes:
    """The 17 bytes of a social security chip: 4 interface bytes, 5 of the maker's, the 8-byte serial."""
    if len(serial) != 8 or len(maker) != 5:
        raise ValueError("a serial has 8 bytes, a maker's mark 5")
    return b"\x3b\x6d\x00\x00" + maker + serial


def _interface(raw: bytes) -> tuple[list[int], int]:
    """The protocols named by the TDi, and where the historical bytes begin."""
    protocols: list[int] = []
    announced, at = raw[1] >> 4, 2
    while True:
        at += (announced & 0x7).bit_count()
        if not announced & 0x8:
            return protocols, at
        protocols.append(raw[at] & 0x0F)
        announced, at = raw[at] >> 4, at + 1
