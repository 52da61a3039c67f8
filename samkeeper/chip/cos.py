"""What every software chip does: selecting, reading, writing, proving keys, secure messaging (ISO 7816-4, LD/T 32).

A chip takes one command APDU and gives one response APDU, as over T=0: data that answers data waits for GET RESPONSE.
What lives only as long as the power (chosen folder, random, proven keys) is in `Session`; the rest in `Memory`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command, Response
from samkeeper.chip.memory import FREE, NEVER, PROTECTED, ChipKey, File, Folder, Image, Life, Memory, Usage
from samkeeper.chip.status import OK, StatusWord
from samkeeper.errors import BadInput
from samkeeper.keys.diversify import authentication_cryptogram, session_key
from samkeeper.keys.mac import same, short_mac


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
        """Commands by class and instruction."""
        return {
            (0x00, 0xA4): self.select,
            (0x00, 0xB0): self.read_binary,
            (0x00, 0xB2): self.read_record,
            (0x00, 0xD6): self.update_binary,
            (0x04, 0xD6): self.update_binary,
            (0x00, 0xDC): self.update_record,
            (0x04, 0xDC): self.update_record,
            (0x00, 0x84): self.get_challenge,
            (0x00, 0x82): self.external_authenticate,
            (0x84, 0x16): self.block_card,
            (0x84, 0x1E): self.block_application,
            (0x84, 0x18): self.unblock_application,
        }

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

    # Files.

    @property
    def here(self) -> Folder:
        """The current folder; 6A82 on a chip that has none yet."""
        if self.session.folder is None:
            raise Says(0x6A82)
        return self.session.folder

    def select(self, command: Command) -> bytes:
        """SELECT by file identifier or by name; a folder answers with its name as FCI."""
        if self.memory.root is None:
            raise Says(0x6A82)
        if command.p1 == 0x04:
            found = [folder for folder in self.memory.root.all() if command.data and folder.name == command.data]
            return self._enter(found[0] if found else None)
        if command.p1 not in (0x00, 0x02) or len(command.data) != 2:
            raise Says(0x6A86)
        fid = int.from_bytes(command.data, "big")
        file = self.here.files.get(fid)
        if file is not None:
            self.session.file = file
            return b""
        return self._enter(self._folder(fid))

    def _folder(self, fid: int) -> Folder | None:
        root = self.memory.root
        return root if root is not None and fid == root.fid else self.here.folders.get(fid)

    def _enter(self, folder: Folder | None) -> bytes:
        """Make a folder the current one. What was proven in another is proven no longer; the root's keys stay."""
        if folder is None:
            raise Says(0x6A82)
        if folder is not self.session.folder:
            self.leave_folder()
        self.session.folder, self.session.file = folder, None
        if folder.blocked:
            raise Says(0x6283)
        return tlv.encode(0x6F, tlv.encode(0x84, folder.name) + tlv.encode(0xA5, b""))

    def leave_folder(self) -> None:
        self.session.proven.clear()

    def _file(self, command: Command) -> tuple[File, int]:
        """The file P1 names, or the current one, and the offset."""
        if command.p1 & 0x80:
            return self._short(command.p1 & 0x1F), command.p2
        if self.session.file is None:
            raise Says(0x6986)
        return self.session.file, command.p1 << 8 | command.p2

    def _short(self, short_id: int) -> File:
        for file in self.here.files.values():
            if file.short_id == short_id:
                self.session.file = file
                return file
        raise Says(0x6A82)

    def read_binary(self, command: Command) -> bytes:
        file, offset = self._file(command)
        if file.records is not None:
            raise Says(0x6981)
        self.require(file.read)
        if offset >= len(file.content):
            raise Says(0x6B00)
        wanted = command.le or 256
        return bytes(file.content[offset : offset + wanted])

    def update_binary(self, command: Command) -> bytes:
        file, offset = self._file(command)
        if file.records is not None:
            raise Says(0x6981)
        data = self._authorised(command, file)
        if offset + len(data) > file.size:
            raise Says(0x6B00)
        file.content[offset : offset + len(data)] = data
        return b""

    def read_record(self, command: Command) -> bytes:
        file = self._record_file(command)
        self.require(file.read)
        if file.records is None or command.p1 not in file.records:
            raise Says(0x6A83)
        return file.records[command.p1]

    def update_record(self, command: Command) -> bytes:
        """Replace a record by its tag: tag ‖ length ‖ value."""
        file = self._record_file(command)
        data = self._authorised(command, file)
        if file.records is None or command.p1 not in file.records:
            raise Says(0x6A83)
        if len(data) < 2 or len(data) != 2 + data[1] or len(data) > len(file.records[command.p1]):
            raise Says(0x6A80)
        file.records[command.p1] = data
        return b""

    def _record_file(self, command: Command) -> File:
        file = self._short(command.p2 >> 3) if command.p2 >> 3 else self.session.file
        if file is None:
            raise Says(0x6986)
        if file.records is None:
            raise Says(0x6981)
        return file

    # Rights.

    def require(self, access: int) -> None:
        """6982 unless the access byte is satisfied by what was proven since the folder was chosen."""
        if access == NEVER or (access & ~PROTECTED and access & ~PROTECTED not in self.session.proven):
            raise Says(0x6982)

    def _authorised(self, command: Command, file: File) -> bytes:
        """The data to write, once rights and secure messaging are in order; while issuing both are waived."""
        if self.memory.life is Life.ISSUING and command.cla == 0x00:
            return command.data
        self.require(FREE if file.write == PROTECTED else file.write)
        if command.cla == 0x04:
            return self.verified(command)
        if file.write & PROTECTED and file.write != NEVER:
            raise Says(0x6987)
        return command.data

    def verified(self, command: Command) -> bytes:
        """A protected command's data without its MAC; 6988 where the MAC is false, and the key's counter falls."""
        key = self.protection_key()
        random, self.session.random = self.session.random, b""
        if not random:
            raise Says(0x6984)
        if len(command.data) < 4:
            raise Says(0x6987)
        data, given = command.data[:-4], command.data[-4:]
        covered = command.head + bytes([len(command.data)]) + data
        code = short_mac(key.algorithm, key.value.reveal(), covered, random)
        self.tried(key, same(code, given), 0x6988)
        return data

    def protection_key(self) -> ChipKey:
        """The folder's maintenance key, else its control key; on a blank chip, the transport key."""
        if self.memory.root is None:
            return self.memory.transport
        for folder in (self.here, self.memory.root):
            key = folder.of_kind(Usage.MAINTENANCE) or folder.of_kind(Usage.CONTROL)
            if key is not None:
                return key
        raise Says(0x6A88)

    def tried(self, key: ChipKey, right: bool, status: int) -> None:
        """Count a try at a key: right, and its counter is full again; wrong, and it falls; at none, 6983."""
        if key.left == 0:
            raise Says(0x6983)
        key.left = key.maximum if right else key.left - 1
        if not right:
            raise Says(status if status != 0x63C0 else status | key.left)

    def get_challenge(self, command: Command) -> bytes:
        if command.le not in (4, 8):
            raise Says(0x6700)
        self.session.random = os.urandom(command.le)
        return self.session.random

    def external_authenticate(self, command: Command) -> bytes:
        """The outside proves a key: cryptogram(8) over the challenge it sends (8), under the session key of our random.

        A bare cryptogram (8) is over our random under the key itself; the health card's form ends in the algorithm, 01.
        """
        key = self.key_to_prove(command.p2)
        random, self.session.random = self.session.random, b""
        if len(random) != 8:
            raise Says(0x6984)
        if key.left == 0:
            raise Says(0x6983)
        self.tried(key, same(_expected(key, random, command.data), command.data[:8]), 0x63C0)
        self.session.proven.add(command.p2)
        return b""

    def key_to_prove(self, identifier: int) -> ChipKey:
        for folder in filter(None, (self.here, self.memory.root)):
            for key in folder.keys:
                if key.version == identifier and key.kind in (Usage.CONTROL, Usage.MAINTENANCE, Usage.EXTERNAL):
                    return key
        raise Says(0x6A88)

    # Ends.

    def block_card(self, command: Command) -> bytes:
        self.verified(command)
        self.memory.life = Life.BLOCKED
        return b""

    def block_application(self, command: Command) -> bytes:
        self.verified(command)
        self.here.blocked = True
        return b""

    def unblock_application(self, command: Command) -> bytes:
        self.verified(command)
        self.here.blocked = False
        return b""


def _expected(key: ChipKey, random: bytes, data: bytes) -> bytes:
    value = key.value.reveal()
    if len(data) == 17 and data[-1] == 0x01:
        data = data[:-1]
    if len(data) == 16:
        return authentication_cryptogram(key.algorithm, session_key(key.algorithm, value, random), data[8:])
    if len(data) == 8:
        return authentication_cryptogram(key.algorithm, value, random)
    raise Says(0x6700)


def _fitted(data: bytes, le: int | None) -> Response:
    """Data that answers a command without data: all of it, or 6Cxx where Le does not fit."""
    if data and le is not None and le not in (len(data), 256):
        return Response(b"", StatusWord(0x6C00 | len(data) & 0xFF))
    return Response(data, OK)
