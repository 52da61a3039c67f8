"""A terminal's part: a PSAM and a holder's card brought together over two links (LD/T 32, LD/T 33, PBOC)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command
from samkeeper.chip.layouts import Family, family
from samkeeper.chip.link import Card
from samkeeper.errors import BadInput
from samkeeper.keys.diversify import city_factor
from samkeeper.keys.purchase import PURCHASE, Purchase

SHANGHAI = ZoneInfo("Asia/Shanghai")
CARD_ENVIRONMENT = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")  # SSSE, "sx1.sh.社会保障"
MEDICAL = bytes.fromhex("D15600000503")
ISSUER_DATA, HOLDER_DATA = 0x05, 0x06


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a purchase leaves behind: all that a back office needs to confirm the TAC."""

    purchase: Purchase
    terminal_sequence: bytes
    card_factor: bytes
    tac: bytes
    balance_before: int


class Terminal:
    """A reader with two slots. `commands` names the PSAM's command family."""

    def __init__(self, sam: Card, user: Card, commands: str = "social") -> None:
        self.sam, self.user = sam, user
        self.family: Family = family(commands)

    def begin(self) -> bytes:
        """Reset both cards and choose their applications; the holder's card factor comes back."""
        factor = self.user.reset().card_factor
        self.sam.reset()
        self.user.must(select(CARD_ENVIRONMENT))
        self.sam.must(select(self.family.aid("application")))
        return factor

    def city(self) -> str:
        """The six-digit city code in the card identification code (EF05, record 1)."""
        return self.read_record(ISSUER_DATA, 0x01)[:3].hex()

    def authenticate(self, factors: tuple[bytes, ...], *, usage: int, version: int, card_key: int) -> None:
        """The PSAM proves a key to the card (external authentication); `factors` lowest level first."""
        random = self.user.must(Command(0x00, 0x84, 0x00, 0x00, le=8))
        answer = self._answer(factors, usage, version, random)
        self.user.must(Command(0x00, 0x82, 0x00, card_key, answer + random))

    def confirm_card(self, factors: tuple[bytes, ...], *, usage: int, version: int, card_key: int) -> bool:
        """The card proves itself (internal authentication): its answer compared with the PSAM's."""
        random = self.sam.must(Command(0x00, 0x84, 0x00, 0x00, le=8))
        said = self.user.must(Command(0x00, 0x88, 0x00, card_key, random))
        return said == self._answer(factors, usage, version, random)

    def _answer(self, factors: tuple[bytes, ...], usage: int, version: int, random: bytes) -> bytes:
        """The PSAM's cryptogram over `random` under the session key of the same random."""
        blocks = b"".join(factors) + random
        self.sam.must(self.family.command("deliver", usage=usage, version=version, factors=blocks))
        return self.sam.must(self.family.command("cipher", mode=0x00, data=random))

    def read_record(self, short_id: int, tag: int) -> bytes:
        """A record's value, by tag."""
        data = self.user.must(Command(0x00, 0xB2, tag, short_id << 3 | 0x04, le=256))
        found, value = tlv.parse_record(data)
        if found != tag:
            raise BadInput(f"读到的是标签 {found:02X}，不是 {tag:02X}", remedy="请重新插卡")
        return value

    def update_record(self, short_id: int, tag: int, value: bytes) -> None:
        self.user.must(Command(0x00, 0xDC, tag, short_id << 3, tlv.record(tag, value)))

    def terminal_no(self) -> bytes:
        """EF16 of the PSAM, then its application chosen again."""
        self.sam.must(Command(0x00, 0xA4, 0x00, 0x00, bytes.fromhex("3F00")))
        number = self.sam.must(Command(0x00, 0xB0, 0x96, 0x00, le=6))
        self.sam.must(select(self.family.aid("application")))
        return number

    def purchase(self, amount: int, *, at: datetime, card_factor: bytes, key_version: int = 1) -> Receipt:
        """A whole purchase: the card offers, the PSAM gives MAC1, the card debits, the PSAM confirms MAC2."""
        terminal = self.terminal_no()
        self.user.must(select(MEDICAL))
        order = bytes([key_version]) + amount.to_bytes(4, "big") + terminal
        offer = self.user.must(Command(0x80, 0x50, 0x01, 0x02, order, le=15))
        moment = bcd_moment(at)
        answer = self.sam.must(
            self.family.command(
                "init_purchase",
                random=offer[11:15],
                sequence=offer[4:6],
                amount=amount,
                kind=PURCHASE,
                moment=moment,
                version=offer[9],
                algorithm=offer[10],
                factors=card_factor,
            )
        )
        debit = Command(0x80, 0x54, 0x01, 0x00, answer[:4] + moment + answer[4:], le=8)
        codes = self.user.must(debit)
        self.sam.must(self.family.command("credit_purchase", mac2=codes[4:]))
        terms = Purchase(amount, terminal, moment)
        return Receipt(terms, answer[:4], card_factor, codes[:4], int.from_bytes(offer[:4], "big"))


def select(name: bytes) -> Command:
    return Command(0x00, 0xA4, 0x04, 0x00, name)


def holder_factors(card_factor: bytes, city: str) -> tuple[bytes, ...]:
    """The factors a province's PSAM key is led down by: card, then city; lowest level first."""
    return card_factor, city_factor(city)


def bcd_moment(at: datetime) -> bytes:
    """yyyyMMddHHmmss of Shanghai in BCD, 7 bytes."""
    return bytes.fromhex(at.astimezone(SHANGHAI).strftime("%Y%m%d%H%M%S"))
