"""Commands and responses of ISO 7816-4, short form."""

from __future__ import annotations

from dataclasses import dataclass

from samkeeper.chip.status import StatusWord
from samkeeper.errors import BadInput


@dataclass(frozen=True, slots=True)
class Command:
    """A command APDU. `le`: how many bytes are expected, 256 for "whatever there is", None for none."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    @classmethod
    def parse(cls, raw: bytes) -> Command:
        """From bytes of cases 1 to 4; BadInput for anything else."""
        head, body = raw[:4], raw[4:]
        if len(head) < 4 or not _whole(body):
            raise BadInput(f"不是完整的短格式命令（{len(raw)}字节）", remedy="CLA INS P1 P2 [Lc 数据] [Le]")
        if len(body) <= 1:
            return cls(head[0], head[1], head[2], head[3], b"", (body[0] or 256) if body else None)
        end = 1 + body[0]
        le = (body[end] or 256) if len(body) > end else None
        return cls(head[0], head[1], head[2], head[3], body[1:end], le)

    @property
    def head(self) -> bytes:
        return bytes([self.cla, self.ins, self.p1, self.p2])

    def to_bytes(self) -> bytes:
        if len(self.data) > 255 or not (self.le is None or 0 < self.le <= 256):
            raise ValueError("a short command carries up to 255 bytes and expects up to 256")
        body = bytes([len(self.data)]) + self.data if self.data else b""
        return self.head + body + (b"" if self.le is None else bytes([self.le & 0xFF]))

    def __str__(self) -> str:
        """Head and lengths only: data may be a secret on its way."""
        return f"{self.head.hex().upper()} Lc={len(self.data)} Le={self.le or 0}"


@dataclass(frozen=True, slots=True)
class Response:
    """A response APDU."""

    data: bytes
    status: StatusWord

    @classmethod
    def parse(cls, raw: bytes) -> Response:
        if len(raw) < 2:
            raise BadInput(f"卡的应答不完整（{len(raw)}字节）", remedy="请清洁触点后重试")
        return cls(raw[:-2], StatusWord(int.from_bytes(raw[-2:], "big")))

    def to_bytes(self) -> bytes:
        return self.data + int(self.status).to_bytes(2, "big")


def _whole(body: bytes) -> bool:
    """Whether what follows the head is nothing, Le, Lc with its data, or that and Le."""
    return len(body) <= 1 or (body[0] > 0 and len(body) - 1 - body[0] in (0, 1))
