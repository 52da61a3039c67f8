"""A training set: a PSAM and a holder's card that fit each other, with keys that protect nothing.

The keys are digests of their own names, known to everyone who reads this. They lead down as real ones do: from a
nation's root to the province's key in the PSAM and the card's own key in the holder's card.
"""

from __future__ import annotations

from dataclasses import dataclass

from samkeeper.chip.atr import social_atr
from samkeeper.chip.layouts import family
from samkeeper.chip.memory import NEVER, PROTECTED, ChipKey, File, Folder, Life, Memory, Usage
from samkeeper.chip.terminal import CARD_ENVIRONMENT, MEDICAL
from samkeeper.chip.tlv import record
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.card_number import card_id_code
from samkeeper.keys.diversify import city_factor, diversify, province_factor
from samkeeper.keys.secret import Secret
from samkeeper.keys.sm3 import sm3

UPDATE, PURCHASE_KEY, PROOF = (0x48, 0x12), (0x22, 0x01), (0x48, 0x13)  # usage and version in the PSAM
CARD_UPDATE, CARD_PROOF = 0x04, 0x0D  # identifiers in the holder's card
BALANCE = 100_000


@dataclass(frozen=True, slots=True)
class Training:
    """What the set is made for. `city`: six digits; serials in bytes; `sam_no` 6 bytes, `serial_no` 10."""

    algorithm: Algorithm = Algorithm.DES3
    city: str = "445200"
    commands: str = "social"
    making: str = "yinengda"
    sam_no: bytes = bytes.fromhex("445200000017")
    serial_no: bytes = bytes.fromhex("44520026000000000017")
    sam_serial: bytes = bytes.fromhex("0000445200000017")
    card_serial: bytes = bytes.fromhex("0011223344556677")

    def root(self, name: str) -> Secret:
        """A nation's training root by its key's name."""
        return Secret(sm3(f"samkeeper training key {name}".encode())[:16], self.algorithm)

    def key(self, name: str, *factors: bytes) -> Secret:
        return Secret(diversify(self.algorithm, self.root(name).reveal(), *factors), self.algorithm)

    def province(self, name: str) -> Secret:
        return self.key(name, province_factor(self.city))

    def card(self, name: str) -> Secret:
        return self.key(name, province_factor(self.city), city_factor(self.city), self.card_serial)

    def transport(self) -> Secret:
        return Secret(sm3(b"samkeeper training transport key")[:16], self.algorithm)


def blank_chip(training: Training) -> Memory:
    """A chip as its maker delivers it: a transport key and nothing else."""
    atr = social_atr(training.sam_serial)
    return Memory(atr, training.commands, training.making, _key(training, 0x00, 0, training.transport()))


def sam_memory(training: Training) -> Memory:
    """An issued PSAM: its public files, a province's keys, the city's purchase key."""
    memory = blank_chip(training)
    control = _key(training, 0x00, 0, training.key("control", training.sam_serial))
    facts = family(training.commands)
    root = Folder(0x3F00, facts.aid("mf_name"), keys=[control])
    for fid, content, write in (
        (0x0015, training.serial_no + bytes.fromhex("01010101"), PROTECTED),
        (0x0016, training.sam_no, PROTECTED),
        (0x0017, _application_data(training), PROTECTED),
    ):
        root.files[fid] = File(fid, 0x00, write, len(content), bytearray(content))
    keys = [
        _key(training, *UPDATE, training.province("update")),
        _key(training, *PROOF, training.province("proof")),
        _key(training, *PURCHASE_KEY, training.key("purchase")),
    ]
    application = Folder(0xDF01, facts.aid("application"), keys=[control, *keys])
    application.files[0x0019] = File(0x0019, 0x00, NEVER, 4, bytearray(b"\xff" * 4))
    root.folders[0xDF01] = application
    memory.root, memory.life = root, Life.IN_USE
    return memory


def user_memory(training: Training) -> Memory:
    """A holder's card of the same city: issuer and holder data, an update key, a purse."""
    memory = Memory(social_atr(training.card_serial), training.commands, training.making, _control(training))
    keys = [
        _control(training),
        _key(training, Usage.EXTERNAL, CARD_UPDATE, training.card("update")),
        _key(training, Usage.INTERNAL, CARD_PROOF, training.card("proof")),
        _key(training, Usage.PIN, 0x00, Secret(b"\x12\x34\x56".ljust(16, b"\xff"), training.algorithm)),
    ]
    root = Folder(0x3F00, CARD_ENVIRONMENT, keys=keys)
    root.files[0xEF05] = File(0xEF05, 0x00, CARD_UPDATE, 0, records=_issuer_records(training))
    root.files[0xEF06] = File(0xEF06, 0x00, CARD_UPDATE, 0, records=_holder_records())
    codes = [
        _key(training, Usage.PURCHASE, 0x01, training.key("purchase", training.card_serial)),
        _key(training, Usage.TAC, 0x01, training.key("tac", training.card_serial)),
    ]
    root.folders[0xDF03] = Folder(0xDF03, MEDICAL, keys=codes, purse={"balance": BALANCE, "sequence": 1})
    memory.root, memory.life = root, Life.IN_USE
    return memory


def _key(training: Training, usage: int, version: int, value: Secret) -> ChipKey:
    return ChipKey(usage, version, training.algorithm, value)


def _control(training: Training) -> ChipKey:
    return _key(training, Usage.CONTROL, 0, training.key("control", training.card_serial))


def _application_data(training: Training) -> bytes:
    """EF17: purchase key index 1 ‖ issuer 8 ‖ user 8 ‖ start 4 ‖ expiry 4."""
    issuer = bytes.fromhex(training.city).ljust(8, b"\xff")
    return b"\x01" + issuer + issuer + bytes.fromhex("2026010120361231")


def _issuer_records(training: Training) -> dict[int, bytes]:
    code = card_id_code(training.card("internal").reveal(), bytes.fromhex(training.city), training.card_serial)
    values = {
        0x01: code,
        0x02: b"\x01",
        0x03: b"3.00",
        0x04: bytes(12),
        0x05: bytes.fromhex("20260101"),
        0x06: bytes.fromhex("20360101"),
        0x07: b"A12345674",
    }
    return {tag: record(tag, value) for tag, value in values.items()}


def _holder_records() -> dict[int, bytes]:
    values = {0x08: b"445200200001010000", 0x09: "训练卡".encode("gb18030").ljust(30, b"\0"), 0x0A: b"1"}
    return {tag: record(tag, value) for tag, value in values.items()}
