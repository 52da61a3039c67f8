"""The software user card: the holder's side of authentication, of files, of a purchase (LD/T 32, PBOC)."""

from __future__ import annotations

import os
from dataclasses import dataclass

from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Handler, Says
from samkeeper.chip.memory import HOLDER, ChipKey, Usage
from samkeeper.chip.personalising import Personalised
from samkeeper.keys import purchase
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.diversify import authentication_cryptogram, session_key
from samkeeper.keys.mac import same

BALANCE, SEQUENCE = "balance", "sequence"


@dataclass(slots=True)
class Offered:
    """A purchase between its beginning and the debit."""

    key: ChipKey
    amount: int
    terminal: bytes
    random: bytes
    sequence: bytes


class UserCard(Personalised):
    """A holder's card over a chip's memory. Its keys are those of this one card."""

    def power_on(self) -> None:
        super().power_on()
        self.offered: Offered | None = None

    def leave_folder(self) -> None:
        super().leave_folder()
        self.offered = None

    def handlers(self) -> dict[tuple[int, int], Handler]:
        return super().handlers() | {
            (0x00, 0x88): self.internal_authenticate,
            (0x00, 0x20): self.verify,
            (0x80, 0x50): self.init_purchase,
            (0x80, 0x54): self.debit,
            (0x80, 0x5C): self.balance,
        }

    def verify(self, command: Command) -> bytes:
        """VERIFY: the holder's PIN, as digits in BCD."""
        pin = self.here.of_kind(Usage.PIN) or (self.memory.root.of_kind(Usage.PIN) if self.memory.root else None)
        if pin is None:
            raise Says(0x6A88)
        given = command.data.ljust(16, b"\xff")
        self.tried(pin, same(pin.value.reveal(), given), 0x63C0)
        self.session.proven.add(HOLDER)
        return b""

    def internal_authenticate(self, command: Command) -> bytes:
        """The card proves itself: the cryptogram over the 8 bytes under the session key they make."""
        key = next((key for key in self.here.keys if (key.kind, key.version) == (Usage.INTERNAL, command.p2)), None)
        if key is None:
            raise Says(0x6A88)
        if len(command.data) != 8:
            raise Says(0x6700)
        session = session_key(key.algorithm, key.value.reveal(), command.data)
        return authentication_cryptogram(key.algorithm, session, command.data)

    def init_purchase(self, command: Command) -> bytes:
        """INITIALIZE FOR PURCHASE: key version 1 ‖ amount 4 ‖ terminal 6; answers what MAC1 is made of."""
        self.offered = None
        if len(command.data) != 11 or command.p1 != 0x01:
            raise Says(0x6700 if command.p1 == 0x01 else 0x6A86)
        key = self.here.of_kind(Usage.PURCHASE, command.data[0])
        if key is None:
            raise Says(0x9403)
        amount = int.from_bytes(command.data[1:5], "big")
        if amount > self._purse(BALANCE):
            raise Says(0x9401)
        random, sequence = os.urandom(4), self._purse(SEQUENCE).to_bytes(2, "big")
        self.offered = Offered(key, amount, command.data[5:], random, sequence)
        algorithm = 0x04 if key.algorithm is Algorithm.SM4 else 0x00
        head = self._purse(BALANCE).to_bytes(4, "big") + sequence + bytes(3)
        return head + bytes([key.version, algorithm]) + random

    def debit(self, command: Command) -> bytes:
        """DEBIT FOR PURCHASE: terminal sequence 4 ‖ date 4 ‖ time 3 ‖ MAC1 4; takes the money, gives TAC 4 ‖ MAC2 4."""
        offered, self.offered = self.offered, None
        if offered is None:
            raise Says(0x6985)
        if len(command.data) != 15:
            raise Says(0x6700)
        sequence, moment, mac1 = command.data[:4], command.data[4:11], command.data[11:]
        key, terms = offered.key, purchase.Purchase(offered.amount, offered.terminal, moment)
        value = key.value.reveal()
        session = purchase.purchase_session(key.algorithm, value, offered.random, offered.sequence, sequence)
        tac_key = self.here.of_kind(Usage.TAC)
        if tac_key is None:
            raise Says(0x9403)
        self.tried(key, same(purchase.mac1(key.algorithm, session, terms), mac1), 0x9302)
        self.here.purse[BALANCE] -= offered.amount
        self.here.purse[SEQUENCE] += 1
        tac = purchase.tac(tac_key.algorithm, tac_key.value.reveal(), terms, sequence)
        return tac + purchase.mac2(key.algorithm, session, offered.amount)

    def balance(self, command: Command) -> bytes:
        return self._purse(BALANCE).to_bytes(4, "big")

    def _purse(self, name: str) -> int:
        """6A81 in a folder without a purse."""
        if name not in self.here.purse:
            raise Says(0x6A81)
        return self.here.purse[name]
