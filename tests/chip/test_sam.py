"""The software PSAM's commands against the plain functions of the keys room."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Chip
from samkeeper.chip.link import Card
from samkeeper.chip.memory import ChipKey, Memory
from samkeeper.chip.sam import Sam
from samkeeper.chip.simulator import SimulatedLink
from samkeeper.chip.terminal import MEDICAL, select
from samkeeper.chip.training import Training, blank_chip, sam_memory, user_memory
from samkeeper.chip.user_card import UserCard
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.cipher import encrypt_blocks, pad
from samkeeper.keys.diversify import authentication_cryptogram, diversify, fold, session_key
from samkeeper.keys.mac import mac, short_mac
from samkeeper.keys.secret import Secret

APPLICATION = select(bytes.fromhex("D15600000590"))
CARD, CITY = bytes.fromhex("0011223344556677"), b"445200sx"
RANDOM = bytes.fromhex("1122334455667788")
KEY = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def with_key(training: Training, usage: int, commands: str = "social") -> Card:
    memory = sam_memory(replace(training, commands=commands))
    assert memory.root is not None
    memory.root.folders[0xDF01].put(ChipKey(usage, 0x21, training.algorithm, Secret(KEY, training.algorithm)))
    return chosen(memory)


def chosen(memory: Memory) -> Card:
    card = Card(SimulatedLink(Sam(memory)))
    card.reset()
    card.must(APPLICATION)
    return card


def test_the_public_files_read_as_issued(sam: Card, training: Training) -> None:
    assert sam.must(Command(0x00, 0xB0, 0x95, 0x00, le=10)) == training.serial_no
    assert sam.must(Command(0x00, 0xB0, 0x96, 0x00, le=6)) == training.sam_no
    assert sam.must(Command(0x00, 0xB0, 0x97, 0x00, le=25))[1:4].hex() == training.city
    fci = sam.must(APPLICATION)
    assert tlv.find(fci, 0x6F, 0x84) == bytes.fromhex("D15600000590")
    assert sam.must(Command(0x00, 0xB0, 0x99, 0x00, le=4)) == b"\xff" * 4


def test_data_that_answers_data_waits_to_be_fetched(training: Training) -> None:
    chip = Sam(sam_memory(training))
    answer = chip.transmit(APPLICATION.to_bytes())
    assert answer[0] == 0x61
    assert chip.transmit(bytes([0x00, 0xC0, 0x00, 0x00, 0x01])) == bytes([0x6C, answer[1]])
    assert chip.transmit(bytes([0x00, 0xC0, 0x00, 0x00, answer[1]]))[-2:] == b"\x90\x00"
    assert chip.transmit(bytes([0x00, 0xC0, 0x00, 0x00, answer[1]])) == b"\x6f\x00"


def test_a_delivered_key_answers_a_challenge(training: Training) -> None:
    sam = with_key(training, 0x48)
    sam.must(Command(0xBF, 0xDE, 0x48, 0x21, CARD + CITY + RANDOM))
    session = session_key(training.algorithm, diversify(training.algorithm, KEY, CITY, CARD), RANDOM)
    expected = authentication_cryptogram(training.algorithm, session, RANDOM)
    assert sam.must(Command(0x80, 0xFA, 0x00, 0x00, RANDOM, le=256)) == expected


@pytest.mark.parametrize("size", [5, 48, 96, 100, 150])
@pytest.mark.parametrize("commands", ["social", "pboc"])
def test_a_mac_in_pieces_is_the_mac_of_the_whole(training: Training, size: int, commands: str) -> None:
    sam, block = with_key(training, 0x46, commands), training.algorithm.block
    tail = RANDOM if commands == "social" else b""
    forms = sam_forms(commands)
    sam.must(Command(*forms, 0x46, 0x21, CARD + CITY + tail))
    key = diversify(training.algorithm, KEY, CITY, CARD)
    if tail:
        key = session_key(training.algorithm, key, tail)
    message, iv = os.urandom(size), os.urandom(block)
    assert crypt(sam, iv, pad(message, block)) == short_mac(training.algorithm, key, message, iv)


def sam_forms(commands: str) -> tuple[int, int]:
    return {"social": (0xBF, 0xDE), "pboc": (0x80, 0x1A)}[commands]


def crypt(sam: Card, iv: bytes, padded: bytes) -> bytes:
    """As hosts do: 48 bytes a command, 05 alone or 07, 03 …, 01."""
    parts = [padded[start : start + 48] for start in range(0, len(padded), 48)]
    if len(parts) == 1:
        return sam.must(Command(0x80, 0xFA, 0x05, 0x00, iv + parts[0], le=256))
    sam.must(Command(0x80, 0xFA, 0x07, 0x00, iv + parts[0]))
    for part in parts[1:-1]:
        sam.must(Command(0x80, 0xFA, 0x03, 0x00, part))
    return sam.must(Command(0x80, 0xFA, 0x01, 0x00, parts[-1], le=256))


def test_a_tac_is_rechecked_with_a_key_of_type_4() -> None:
    """建设部's way: the PSAM XORs the halves, DES-MAC over the record."""
    training = Training()
    sam = with_key(training, 0x44, "pboc")
    sam.must(Command(0x80, 0x1A, 0x44, 0x21, CARD + CITY))
    key = fold(diversify(Algorithm.DES3, KEY, CITY, CARD))
    record = bytes.fromhex("0000000109360486112233000000070020261121180000")
    code = sam.must(Command(0x80, 0xFA, 0x05, 0x00, bytes(8) + pad(record, 8), le=256))
    assert code == mac(Algorithm.DES3, key, record)[:4]


def test_whole_blocks_are_encrypted(training: Training) -> None:
    sam = with_key(training, 0x07, "pboc")
    sam.must(Command(0x80, 0x1A, 0x07, 0x21))
    data = bytes(range(32))
    expected = encrypt_blocks(training.algorithm, KEY, data)
    assert sam.must(Command(0x80, 0xFA, 0x00, 0x00, data, le=256)) == expected


def test_a_delivered_key_is_gone_with_its_folder_and_with_the_power(training: Training) -> None:
    sam = with_key(training, 0x48)
    deliver = Command(0xBF, 0xDE, 0x48, 0x21, CARD + CITY + RANDOM)
    cipher = Command(0x80, 0xFA, 0x00, 0x00, RANDOM, le=256)
    for leave in (lambda: sam.must(Command(0x00, 0xA4, 0x00, 0x00, b"\x3f\x00")), sam.reset):
        sam.must(deliver)
        leave()
        sam.must(APPLICATION)
        assert f"{sam.ask(cipher).status}" == "6985"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (Command(0xBF, 0xDE, 0x48, 0x99, bytes(24)), "6A88"),
        (Command(0xBF, 0xDE, 0x48, 0x12, bytes(16)), "6700"),
        (Command(0xBF, 0xDE, 0x22, 0x01, bytes(16)), "6A88"),
        (Command(0x80, 0x70, 0x00, 0x00, bytes(28)), "6A88"),
        (Command(0x80, 0x72, 0x00, 0x00, bytes(4)), "6985"),
        (Command(0x80, 0xFA, 0x00, 0x00, bytes(8)), "6985"),
        (Command(0x00, 0xB0, 0x8A, 0x00, le=4), "6A82"),
        (Command(0x00, 0xD6, 0x99, 0x00, bytes(4)), "6982"),
        (Command(0x80, 0xE0, 0x00, 0x01, bytes(7)), "6D00"),
        (Command(0x80, 0x80, 0x00, 0x00, bytes(8)), "6985"),
        (Command(0x80, 0xB0, 0x99, 0x00, le=4), "6E00"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_status(sam: Card, command: Command, said: str) -> None:
    sam.must(APPLICATION)
    assert f"{sam.ask(command).status}" == said


@pytest.mark.parametrize(("usage", "mode"), [(0x46, 0x00), (0x47, 0x05)])
def test_a_key_serves_its_kind_only(training: Training, usage: int, mode: int) -> None:
    sam = with_key(training, usage)
    sam.must(Command(0xBF, 0xDE, usage, 0x21, CARD + CITY + RANDOM))
    assert f"{sam.ask(Command(0x80, 0xFA, mode, 0x00, bytes(32))).status}" == "6985"


def chips() -> list[Chip]:
    training = Training()
    return [
        Sam(sam_memory(training)),
        UserCard(user_memory(training)),
        Sam(blank_chip(training)),
        Sam(blank_chip(replace(training, making="fm1208"))),
    ]


KNOWN = sorted({head for chip in chips() for head in chip.handlers()} | {(0x00, 0xC0)})
SENSIBLE = st.builds(
    lambda head, p1, p2, data, le: Command(*head, p1, p2, data, le).to_bytes(),
    st.sampled_from(KNOWN),
    st.sampled_from([0x00, 0x01, 0x02, 0x04, 0x05, 0x07, 0x22, 0x48, 0x81, 0x95, 0x96, 0x99]),
    st.sampled_from([0x00, 0x01, 0x02, 0x04, 0x12, 0x2C, 0x34, 0xFF]),
    st.sampled_from([b"", b"\x3f\x00", b"\x00\x16", APPLICATION.data, MEDICAL]) | st.binary(max_size=60),
    st.none() | st.sampled_from([1, 4, 8, 256]),
)


@settings(max_examples=400, deadline=None)
@given(kind=st.integers(0, 3), commands=st.lists(SENSIBLE | st.binary(max_size=40), max_size=12))
def test_no_commands_make_a_chip_fail(kind: int, commands: list[bytes]) -> None:
    chip = chips()[kind]
    for raw in commands:
        assert 2 <= len(chip.transmit(raw)) <= 258
