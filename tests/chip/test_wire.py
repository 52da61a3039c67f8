"""Commands, answers, TLV and answers to reset as values."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command, Response
from samkeeper.chip.atr import Atr, social_atr
from samkeeper.chip.status import StatusWord
from samkeeper.errors import BadInput

BYTE = st.integers(0, 255)
COMMANDS = st.builds(Command, BYTE, BYTE, BYTE, BYTE, st.binary(max_size=255), st.none() | st.integers(1, 256))


@settings(deadline=None)
@given(COMMANDS)
def test_a_command_is_read_as_it_was_written(command: Command) -> None:
    assert Command.parse(command.to_bytes()) == command


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_command_or_refused(raw: bytes) -> None:
    try:
        command = Command.parse(raw)
    except BadInput:
        return
    assert command.to_bytes() == raw


def test_a_command_shows_no_data() -> None:
    assert str(Command(0x84, 0xD4, 0, 0, b"\x11\x22\x33")) == "84D40000 Lc=3 Le=0"


@pytest.mark.parametrize(("data", "le"), [(bytes(256), None), (b"", 0), (b"", 257)])
def test_what_a_short_command_cannot_carry_is_refused(data: bytes, le: int | None) -> None:
    with pytest.raises(ValueError, match="short command"):
        Command(0, 0, 0, 0, data, le).to_bytes()


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_a_cut_answer_is_refused(raw: bytes) -> None:
    with pytest.raises(BadInput, match="不完整"):
        Response.parse(raw)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0x9000, "正常"),
        (0x63C2, "认证失败，还可再试2次"),
        (0x6983, "密钥已锁定"),
        (0x6110, "还有16字节待取"),
        (0x1234, "未知的状态字"),
    ],
)
def test_a_status_word_says_what_it_means(value: int, told: str) -> None:
    assert StatusWord(value).meaning == told


def test_a_status_word_knows_its_families() -> None:
    assert (StatusWord(0x6100).waiting, StatusWord(0x6C00).right_length) == (256, 256)
    assert (StatusWord(0x63C0).tries_left, StatusWord(0x6983).tries_left, StatusWord(0x6982).tries_left) == (0, 0, None)
    assert f"{StatusWord(0x6A82)}" == "6A82"


TAGS = st.sampled_from([0x6F, 0x84, 0xA5, 0x9F0C, 0xBF0C, 0x50])


@settings(deadline=None)
@given(st.lists(st.tuples(TAGS, st.binary(max_size=400)), max_size=5))
def test_tlv_is_read_as_it_was_written(objects: list[tuple[int, bytes]]) -> None:
    assert list(tlv.parse(b"".join(tlv.encode(tag, value) for tag, value in objects))) == objects


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_tlv_or_refused(data: bytes) -> None:
    try:
        objects = list(tlv.parse(data))
    except BadInput:
        return
    assert sum(len(value) + 2 for _, value in objects) <= len(data)


def test_nested_objects_are_found_by_their_path() -> None:
    fci = tlv.encode(0x6F, tlv.encode(0x84, b"name") + tlv.encode(0xA5, tlv.encode(0x9F0C, b"x")))
    assert tlv.find(fci, 0x6F, 0xA5, 0x9F0C) == b"x"
    assert tlv.find(fci, 0x6F, 0x50) is None


def test_a_record_ends_where_it_says() -> None:
    assert tlv.parse_record(tlv.record(0x07, b"A12345674") + b"\xff\xff") == (0x07, b"A12345674")
    with pytest.raises(BadInput):
        tlv.parse_record(b"\x07\x09A123")


def test_a_social_answer_to_reset_carries_the_factors() -> None:
    atr = Atr.parse(social_atr(bytes.fromhex("0011223344556677")))
    assert atr.protocols == (0,)
    assert atr.card_factor.hex() == "0011223344556677"
    assert atr.transport_factor.hex() == "0000223344556677"


@pytest.mark.parametrize(
    ("raw", "protocols", "historical"),
    [
        ("3B6C00021302863818435607 1E102B23", (0,), "1302863818435607 1E102B23"),  # a maker's PSAM
        ("3B6D00000031C071D66438D00300849000", (0,), "0031C071D66438D00300849000"),  # vsmartcard's example
        ("3B80800101", (0, 1), ""),  # contactless storage card, check byte 01
    ],
)
def test_known_answers_to_reset_are_understood(raw: str, protocols: tuple[int, ...], historical: str) -> None:
    atr = Atr.parse(bytes.fromhex(raw))
    assert atr.protocols == protocols
    assert atr.historical == bytes.fromhex(historical)


@pytest.mark.parametrize("raw", ["", "3B", "00", "3B6D0000", "3B80800102", "3BFF", "3B6000000000"])
def test_a_damaged_answer_to_reset_is_refused(raw: str) -> None:
    with pytest.raises(BadInput):
        Atr.parse(bytes.fromhex(raw))


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_an_answer_to_reset_or_refused(raw: bytes) -> None:
    try:
        assert Atr.parse(raw).raw == raw
    except BadInput:
        return


def test_an_answer_without_a_serial_is_told() -> None:
    with pytest.raises(BadInput, match="没有卡序列号"):
        Atr.parse(bytes.fromhex("3B80800101")).card_factor  # noqa: B018
