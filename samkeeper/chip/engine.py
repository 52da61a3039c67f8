"""The heart of a software chip: one command APDU in, one response APDU out, and what is forgotten with the power.

A chip takes one command APDU and gives one response APDU, as over T=0: data that answers data waits for GET RESPONSE.
What lives only as long as the power (chosen folder, random, proven keys) is in `Session`; the rest in `Memory`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from samkeeper.chip.apdu import Command, Response
from samkeeper.chip.memory import File, Folder, Image, Life, Memory
from samkeeper.chip.status import OK, StatusWord
from samkeeper.errors import BadInput


class Says(Exception):
    """The chip answers with this status and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}")
        self.status = StatusWord(status)


@dataclass(slots=True)
class Session:
    """What the chip forgets with the power."""

    folder: Folder | None = None
    file: File | None = None
    random: bytes = b""
    proven: set[int] = field(default_factory=set)
    waiting: bytes = b""


WHEN_BLOCKED = (0xA4, 0x84, 0x18, 0x16)
Handler = Callable[[Command], bytes]


class Chip:
    """The common part of a PSAM and a user card."""

    def __init__(self, memory: Memory, image: Image | None = None) -> None:
        self.memory = memory
        self._image = image
        self.session = Session()
        self.power_on()

    @property
    def atr(self) -> bytes:
        return self.memory.atr

    def power_on(self) -> None:
        """Reset: the session is forgotten, the root chosen."""
        self.session = Session(folder=self.memory.root)

    def transmit(self, raw: bytes) -> bytes:
        """One command in, one response out; never raises for anything a terminal may send."""
        try:
            command = Command.parse(raw)
        except BadInput:
            return Response(b"", StatusWord(0x6700)).to_bytes()
        try:
            answer = self._answer(command)
        except Says as said:
            answer = Response(b"", said.status)
        if self._image is not None:
            self._image.save(self.memory)
        return answer.to_bytes()

    def handlers(self) -> dict[tuple[int, int], Handler]:
        """Commands by class and instruction; each layer adds its own."""
        return {}

    def _answer(self, command: Command) -> Response:
        if (command.cla, command.ins) == (0x00, 0xC0):
            return self._waiting(command)
        self.session.waiting = b""
        if self.memory.life is Life.BLOCKED:
            raise Says(0x6A81)
        if self.session.folder and self.session.folder.blocked and command.ins not in WHEN_BLOCKED:
            raise Says(0x9303)
        data = self._handler(command)(command)
        if not command.data:
            return _fitted(data, command.le)
        self.session.waiting = data
        return Response(b"", StatusWord(0x6100 | len(data) & 0xFF) if data else OK)

    def _handler(self, command: Command) -> Handler:
        handlers = self.handlers()
        handler = handlers.get((command.cla, command.ins))
        if handler is None:
            known = any(ins == command.ins for _, ins in handlers)
            raise Says(0x6E00 if known else 0x6D00)
        return handler

    def _waiting(self, command: Command) -> Response:
        answer = _fitted(self.session.waiting, command.le)
        if not self.session.waiting:
            raise Says(0x6F00)
        if answer.status.ok:
            self.session.waiting = b""
        return answer

    @property
    def here(self) -> Folder:
        """The current folder; 6A82 on a chip that has none yet."""
        if self.session.folder is None:
            raise Says(0x6A82)
        return self.session.folder

    def leave_folder(self) -> None:
        self.session.proven.clear()


def _fitted(data: bytes, le: int | None) -> Response:
    """Data that answers a command without data: all of it, or 6Cxx where Le does not fit."""
    if data and le is not None and le not in (len(data), 256):
        return Response(b"", StatusWord(0x6C00 | len(data) & 0xFF))
    return Response(data, OK)
