"""The software PSAM: derived keys that live in its memory for a while, MACs and ciphers with them, purchases.

Three command families differ in how a key is delivered (`layout/social.toml`, `pboc.toml`, `health.toml`). A delivered
key belongs to the folder it was derived in and is gone when another is chosen or the power fails.
"""

from __future__ import annotations

from dataclasses import dataclass

from samkeeper.chip import layouts
from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Handler, Says
from samkeeper.chip.memory import ChipKey, File, Life, Usage
from samkeeper.chip.personalising import ALGORITHMS, Personalised
from samkeeper.keys import purchase
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import decrypt_blocks, encrypt_blocks, encrypt_chain
from samkeeper.keys.diversify import authentication_cryptogram, diversify, fold, session_key
from samkeeper.keys.mac import same

TERMINAL_NO, SEQUENCE = 0x0016, 0x0019
ENCRYPTS = (Usage.ENCRYPT, Usage.BOTH, Usage.LOAD)
MACS = (Usage.MAC, Usage.BOTH, Usage.TAC, Usage.RELOAD)
IS_MAC, MORE, HAS_IV = 0x01, 0x02, 0x04


@dataclass(slots=True)
class Delivered:
    """The temporary key: its source's kind, its value, and the MAC chain under way."""

    kind: int
    algorithm: Algorithm
    value: bytes
    chain: bytes | None = None


@dataclass(slots=True)
class Opened:
    """A purchase between MAC1 and MAC2."""

    key: ChipKey
    session: bytes
    amount: int


class Sam(Personalised):
    """A PSAM over a chip's memory."""

    def power_on(self) -> None:
        super().power_on()
        self.delivered: Delivered | None = None
        self.opened: Opened | None = None

    def leave_folder(self) -> None:
        super().leave_folder()
        self.delivered = self.opened = None

    def handlers(self) -> dict[tuple[int, int], Handler]:
        forms = layouts.family(self.memory.commands).forms
        mine: dict[str, Handler] = {
            "deliver": self.deliver,
            "cipher": self.cipher,
            "init_purchase": self.init_purchase,
            "credit_purchase": self.credit_purchase,
        }
        return super().handlers() | {(forms[name].cla, forms[name].ins): handler for name, handler in mine.items()}

    def working(self) -> None:
        """Keys work only once the card is issued."""
        if self.memory.life is not Life.IN_USE:
            raise Says(0x6985)

    def deliver(self, command: Command) -> bytes:
        """INIT_FOR_DESCRYPT: P1 usage, P2 version; factors lowest level first, then, in two families, the random."""
        self.working()
        self.delivered = None
        key = self.here.key(command.p1, command.p2)
        if key is None or key.kind not in {*ENCRYPTS, *MACS}:
            raise Says(0x6A88)
        with_session = bool(layouts.family(self.memory.commands).facts["session"])
        if len(command.data) != 8 * (key.levels + with_session):
            raise Says(0x6700)
        blocks = [command.data[start : start + 8] for start in range(0, len(command.data), 8)]
        value = diversify(key.algorithm, key.value.reveal(), *reversed(blocks[: key.levels]))
        if key.kind == Usage.RELOAD and key.algorithm is Algorithm.DES3:
            value = fold(value)
        if with_session:
            value = session_key(key.algorithm, value, blocks[-1])
        self.delivered = Delivered(key.kind, key.algorithm, value)
        return b""

    def cipher(self, command: Command) -> bytes:
        """DES CRYPT: P1 b1 MAC, b2 more blocks follow, b3 the data begins with the IV."""
        key = self.delivered
        if key is None or command.p1 & ~(IS_MAC | MORE | HAS_IV) or command.p2:
            raise Says(0x6985 if key is None else 0x6A86)
        if key.kind not in (MACS if command.p1 & IS_MAC else ENCRYPTS):
            raise Says(0x6985)
        return self._mac(key, command) if command.p1 & IS_MAC else self._encrypted(key, command.data)

    def _encrypted(self, key: Delivered, data: bytes) -> bytes:
        if key.algorithm is Algorithm.SM4 and len(data) == 8:
            return authentication_cryptogram(key.algorithm, key.value, data)
        if not data or len(data) % key.algorithm.block:
            raise Says(0x6700)
        return encrypt_blocks(key.algorithm, key.value, data)

    def _mac(self, key: Delivered, command: Command) -> bytes:
        size, data = key.algorithm.block, command.data
        if not data or len(data) % size:
            raise Says(0x6700)
        state = key.chain or bytes(size)
        if command.p1 & HAS_IV:
            state, data = data[:size], data[size:]
        left = key.value[:8] if key.algorithm is Algorithm.DES3 else key.value
        state = encrypt_chain(key.algorithm, left, state, data)[-size:] if data else state
        key.chain = state if command.p1 & MORE else None
        return b"" if command.p1 & MORE else _finished(key, state)[:4]

    def init_purchase(self, command: Command) -> bytes:
        """INIT_SAM_FOR_PURCHASE: the terminal's next sequence number and MAC1.

        The number is used up even where the purchase goes no further, so that none is ever given twice.
        """
        self.working()
        self.opened = None
        values = self.read_own("init_purchase", command.data)
        key = self._purchase_key(values)
        blocks = [values["factors"][start : start + 8] for start in range(0, len(values["factors"]), 8)]
        card_key = diversify(key.algorithm, key.value.reveal(), *reversed(blocks))
        sequence = self._next_sequence()
        session = purchase.purchase_session(key.algorithm, card_key, values["random"], values["sequence"], sequence)
        amount = int.from_bytes(values["amount"], "big")
        terms = purchase.Purchase(amount, self.terminal_no(), values["moment"], values["kind"][0])
        self.opened = Opened(key, session, amount)
        return sequence + purchase.mac1(key.algorithm, session, terms)

    def _purchase_key(self, values: dict[str, bytes]) -> ChipKey:
        key = self.here.of_kind(Usage.PURCHASE, values["version"][0])
        if key is None or ALGORITHMS.get(values["algorithm"][0]) is not key.algorithm:
            raise Says(0x6A88)
        if key.left == 0:
            raise Says(0x9303)
        if len(values["factors"]) != 8 * key.levels:
            raise Says(0x6700)
        return key

    def credit_purchase(self, command: Command) -> bytes:
        """CREDIT_SAM_FOR_PURCHASE: MAC2 must be right; three false ones in a row lock the purchase key."""
        opened, self.opened = self.opened, None
        if opened is None:
            raise Says(0x6985)
        if len(command.data) != 4:
            raise Says(0x6700)
        expected = purchase.mac2(opened.key.algorithm, opened.session, opened.amount)
        self.tried(opened.key, same(expected, command.data), 0x9302)
        return b""

    def read_own(self, form: str, data: bytes) -> dict[str, bytes]:
        try:
            return layouts.family(self.memory.commands).forms[form].read(data)
        except ValueError:
            raise Says(0x6700) from None

    def terminal_no(self) -> bytes:
        """EF16: the number by which this card appears in transactions."""
        file = self.memory.root.files.get(TERMINAL_NO) if self.memory.root else None
        if file is None:
            raise Says(0x6A82)
        return bytes(file.content)

    def _next_sequence(self) -> bytes:
        """EF19 counted up; FFFFFFFF, as it is born, counts as 0."""
        file: File | None = self.here.files.get(SEQUENCE)
        if file is None:
            raise Says(0x6A82)
        count = int.from_bytes(file.content, "big")
        file.content = bytearray((0 if count == 0xFFFFFFFF else count + 1).to_bytes(4, "big"))
        return bytes(file.content)


def _finished(key: Delivered, state: bytes) -> bytes:
    """The chain's end: a 16-byte 3DES key decrypts with its right half and encrypts with its left again."""
    if key.algorithm is not Algorithm.DES3 or len(key.value) == 8:
        return state
    return encrypt_blocks(Algorithm.DES3, key.value[:8], decrypt_blocks(Algorithm.DES3, key.value[8:], state))
