"""What a chip lets be done: access rights, keys proved from outside, secure messaging, locks (ISO 7816-4, LD/T 32)."""

from __future__ import annotations

import os

from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Chip, Handler, Says
from samkeeper.chip.memory import NEVER, PROTECTED, ChipKey, Life, Usage
from samkeeper.keys.diversify import authentication_cryptogram, session_key
from samkeeper.keys.mac import same, short_mac


class Guarded(Chip):
    """A chip that knows who may do what."""

    def handlers(self) -> dict[tuple[int, int], Handler]:
        return super().handlers() | {
            (0x00, 0x84): self.get_challenge,
            (0x00, 0x82): self.external_authenticate,
            (0x84, 0x16): self.block_card,
            (0x84, 0x1E): self.block_application,
            (0x84, 0x18): self.unblock_application,
        }

    def require(self, access: int) -> None:
        """6982 unless the access byte is satisfied by what was proven since the folder was chosen."""
        if access == NEVER or (access & ~PROTECTED and access & ~PROTECTED not in self.session.proven):
            raise Says(0x6982)

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
