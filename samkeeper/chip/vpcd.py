"""A software chip as a card in a virtual reader of pcscd (vsmartcard's vpcd): the rest of the machine sees a card.

The wire: two bytes of length, then a body; one byte is a control (power off, on, reset, ATR), more is a command.
"""

from __future__ import annotations

import socket
import time

from samkeeper.chip.engine import Chip
from samkeeper.errors import Fault

PORT = 35963  # the first virtual reader; the second listens on the next
POWER_OFF, POWER_ON, RESET, GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"


def insert(port: int = PORT, *, patience: float = 10.0) -> socket.socket:
    """A way into the reader listening on `port`; Fault where none listens within `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            wire = socket.create_connection(("127.0.0.1", port), timeout=patience)
        except OSError as error:
            if time.monotonic() > deadline:
                raise Fault("虚拟读卡器没有运行。请启动装有 vpcd 的 pcscd。", retry=True) from error
            time.sleep(0.05)
        else:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.settimeout(None)
            return wire


def serve(chip: Chip, wire: socket.socket) -> None:
    """Answer until the reader hangs up, or the socket is shut down: the card is pulled."""
    while (body := _received(wire)) is not None:
        if body in (POWER_OFF, POWER_ON, RESET):
            chip.power_on()
        elif body == GET_ATR:
            _send(wire, chip.atr)
        else:
            _send(wire, chip.transmit(body))


def _received(wire: socket.socket) -> bytes | None:
    head = _exactly(wire, 2)
    return None if head is None else _exactly(wire, int.from_bytes(head, "big"))


def _exactly(wire: socket.socket, size: int) -> bytes | None:
    """`size` bytes, None once the other side is gone."""
    data = b""
    while len(data) < size:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)  # vpcd writes length and body apart: 49 ms without
        try:
            part = wire.recv(size - len(data))
        except OSError:
            return None
        if not part:
            return None
        data += part
    return data


def _send(wire: socket.socket, body: bytes) -> None:
    wire.sendall(len(body).to_bytes(2, "big") + body)
