"""How a blank chip becomes a card: root, folders, files, keys, end of issue, and back to blank.

Two makers' command families are understood (`layout/yinengda.toml`, `layout/fm1208.toml`). A key that travels is
encrypted and MACed under the control key of its folder, which begins as the chip's transport key.
"""

from __future__ import annotations

from samkeeper.chip import layouts
from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Handler, Says
from samkeeper.chip.filing import Filing
from samkeeper.chip.memory import FREE, ChipKey, File, Folder, Life, Usage
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import decrypt_blocks
from samkeeper.keys.secret import Secret

RECORDS = (0x30, 0x34)
ALGORITHMS = {0x00: Algorithm.DES3, 0x04: Algorithm.SM4}
# FM1208's key kinds in the PSAM trade's usages.
FM_USAGES = {0x30: 0x07, 0x32: 0x06, 0x34: 0x0F, 0x36: 0x01, 0x37: 0x03, 0x38: 0x04, 0x39: 0x0E, 0x3E: 0x22, 0x3F: 0x29}


class Personalised(Filing):
    """A chip that can be issued."""

    def handlers(self) -> dict[tuple[int, int], Handler]:
        family = layouts.family(self.memory.making)
        mine: dict[str, Handler] = {
            "create_root": self.create_root,
            "create_folder": self.create,
            "create_file": self.create,
            "write_key": self.write_key,
            "write_key_protected": self.write_key_protected,
            "end": self.end_issue,
            "recycle": self.recycle,
        }
        known = {(form.cla, form.ins): mine[name] for name, form in family.forms.items()}
        return super().handlers() | known

    def read_form(self, name: str, data: bytes) -> dict[str, bytes] | None:
        """The named values if the data has that form."""
        form = layouts.family(self.memory.making).forms.get(name)
        try:
            return form.read(data) if form else None
        except ValueError:
            return None

    def issuing(self) -> None:
        if self.memory.life not in (Life.BLANK, Life.ISSUING):
            raise Says(0x6985)

    def create_root(self, command: Command) -> bytes:
        """CREATE MF: the root's control key begins as the transport key."""
        if self.memory.life is not Life.BLANK:
            raise Says(0x6985)
        values = self.read_form("create_root", command.data)
        if values is None:
            raise Says(0x6A80)
        self._begin(int.from_bytes(values["fid"], "big"), values["name"][: values["name_size"][0]])
        return b""

    def _begin(self, fid: int, name: bytes) -> None:
        first = self.memory.transport
        control = ChipKey(Usage.CONTROL, 0, first.algorithm, first.value)
        self.memory.root = self.session.folder = Folder(fid, name, keys=[control])
        self.memory.life = Life.ISSUING

    def create(self, command: Command) -> bytes:
        """CREATE FILE: a folder or a file below the current folder."""
        self.issuing()
        folder = self.read_form("create_folder", command.data)
        file = self.read_form("create_file", command.data)
        values = folder or file
        if values is None:
            raise Says(0x6A80)
        fid = int.from_bytes(values["fid"], "big") if "fid" in values else command.p1 << 8 | command.p2
        if self.memory.root is None and folder is not None:
            self._begin(fid, _name(folder))
        elif fid in self.here.files or fid in self.here.folders:
            raise Says(0x9220)
        elif folder is not None:
            control = self.protection_key()
            inherited = ChipKey(Usage.CONTROL, 0, control.algorithm, control.value)
            self.here.folders[fid] = Folder(fid, _name(folder), keys=[inherited])
        else:
            self.here.files[fid] = _file(fid, values)
        return b""

    def write_key(self, command: Command) -> bytes:
        self.issuing()
        self.here.put(self._key(command.data, command.p2))
        return b""

    def write_key_protected(self, command: Command) -> bytes:
        """WRITE KEY under the folder's control key: length ‖ record, padded, encrypted, then MACed."""
        control = self.protection_key()
        cipher = self.verified(command)
        if not cipher or len(cipher) % control.algorithm.block:
            raise Says(0x6A80)
        plain = decrypt_blocks(control.algorithm, control.value.reveal(), cipher)
        key = self._key(plain[1 : 1 + plain[0]], command.p2)
        if self.memory.root is None:
            self.memory.transport = key
        else:
            self.here.put(key)
        return b""

    def _key(self, record: bytes, identifier: int) -> ChipKey:
        values = self.read_form("write_key", record)
        if values is None or len(values["key"]) != 16:
            raise Says(0x6A80)
        if "usage" in values:
            usage, version = values["usage"][0], values["version"][0]
            algorithm = ALGORITHMS.get(values["algorithm"][0])
            left, maximum = values["left"][0], values["maximum"][0]
        else:
            usage, version, algorithm = FM_USAGES.get(values["kind"][0], 0x08), identifier, Algorithm.DES3
            left, maximum = values["tries"][0] & 0x0F, values["tries"][0] >> 4
        if algorithm is None:
            raise Says(0x6A80)
        return ChipKey(usage, version, algorithm, Secret(values["key"], algorithm), left or 3, maximum or 3)

    def end_issue(self, command: Command) -> bytes:
        if self.memory.life is not Life.ISSUING:
            raise Says(0x6985)
        self.memory.life = Life.IN_USE
        return b""

    def recycle(self, command: Command) -> bytes:
        """ERASE MF under the control key: the chip is blank again, its transport key the last control key."""
        if command.p1 != 0x01:
            raise Says(0x6A86)
        if self.memory.root is None:
            raise Says(0x6985)
        self._enter(self.memory.root)
        control = self.protection_key()
        self.verified(command)
        self.memory.transport = ChipKey(Usage.CONTROL, 0, control.algorithm, control.value)
        self.memory.root, self.memory.life = None, Life.BLANK
        self.power_on()
        return b""


def _name(values: dict[str, bytes]) -> bytes:
    size = values["name_size"][0] if "name_size" in values else len(values["name"])
    return values["name"][:size]


def _file(fid: int, values: dict[str, bytes]) -> File:
    size = int.from_bytes(values["size"], "big")
    read, write = values["read"][0], values["write"][0]
    if values["kind"][0] in RECORDS:
        return File(fid, read or FREE, write, size, records={})
    return File(fid, read or FREE, write, size, bytearray(size))
