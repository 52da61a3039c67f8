"""A chip's files: choosing, reading and writing them (ISO 7816-4)."""

from __future__ import annotations

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Handler, Says
from samkeeper.chip.guard import Guarded
from samkeeper.chip.memory import FREE, NEVER, PROTECTED, File, Folder, Life


class Filing(Guarded):
    """A chip with folders, transparent files and files of records."""

    def handlers(self) -> dict[tuple[int, int], Handler]:
        return super().handlers() | {
            (0x00, 0xA4): self.select,
            (0x00, 0xB0): self.read_binary,
            (0x00, 0xB2): self.read_record,
            (0x00, 0xD6): self.update_binary,
            (0x04, 0xD6): self.update_binary,
            (0x00, 0xDC): self.update_record,
            (0x04, 0xDC): self.update_record,
        }

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
