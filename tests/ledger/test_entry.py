"""Canonical bytes, held against a general implementation of RFC 8785."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from samkeeper.ledger import entry
from samkeeper.ledger.entry import Entry, canonical, parse

KEYS = st.from_regex(entry.KEY, fullmatch=True)
TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]))
INTEGERS = st.integers(-entry.MAX_INTEGER, entry.MAX_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
LINE = (
    '{"body":{"move":"bind","place":"一号窗口"},"epoch":0,"kind":"card:move",'
    '"recorded_at":"2026-03-01T01:30:00.000000Z","seq":1,"subject":"card17"}'
)


@given(VALUES)
@example('\x1f\x7f\u2028"\\/\b\f\n\r\t𠮷')
@example({"z": 1, "a_": 2, "a1": 3, "a": 4})
def test_canonical_is_rfc_8785(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"a": [1, 2.0]}, r"\$\.a\[1\]: float"),
        ({"a": {"b": datetime(2026, 1, 1, tzinfo=UTC)}}, r"\$\.a\.b: datetime"),
        ({"a": 2**53}, r"\$\.a: 9007199254740992 is beyond"),
        ({"a": -(2**53)}, r"\$\.a: -9007199254740992 is beyond"),
        ({"a": 2**64}, "64-bit"),
        ({"Name": 1}, r"\$\.Name: a key"),
        ({"名": 1}, r"\$\.名: a key"),
        ({1: 1}, "key"),
        ("nul\0", "NUL"),
        ("\ud800", "surrogates"),
        (b"bytes", "bytes"),
        ({1, 2}, "set"),
    ],
)
def test_canonical_refuses_and_says_where(value: object, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        canonical(value)


def test_stamp_is_utc_to_the_microsecond() -> None:
    eight = timezone(timedelta(hours=8))
    assert entry.stamp(datetime(2026, 3, 1, 9, 30, tzinfo=eight)) == "2026-03-01T01:30:00.000000Z"
    with pytest.raises(ValueError, match="no time zone"):
        entry.stamp(datetime(2026, 3, 1, 9, 30))


def test_parse_reads_what_line_wrote() -> None:
    found = parse(LINE.encode())
    body = {"move": "bind", "place": "一号窗口"}
    assert found == Entry(body, 0, "card:move", "2026-03-01T01:30:00.000000Z", 1, "card17")
    assert found.line() == LINE.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seq":1', '"seq": 1'),
        ('"seq":1', '"seq":1.0'),
        ('"seq":1', '"seq":1,"seq":1'),
        ('"seq":1', '"seq":"1"'),
        ('"seq":1', '"seq":true'),
        ('"epoch":0', '"epoch":null'),
        ('"epoch":0,', ""),
        ("一", "\\u4e00"),
        ("card:move", "moved"),
        ("card17", "卡"),
        ("2026-03-01T", "2026-02-30T"),
        (".000000Z", "Z"),
        (".000000Z", "+00:00"),
        ('{"move":"bind","place":"一号窗口"}', "[]"),
        ("{", "["),
        ("}", ""),
        ("bind", "bi\nnd"),
        ("17", "17\ufffe\ud800"),
        ('"bind"', "NaN"),
        ('"bind"', "[" * 5000 + "]" * 5000),
    ],
)
def test_parse_refuses_every_other_way_of_writing_it(old: str, new: str) -> None:
    changed = LINE.replace(old, new, 1)
    assert changed != LINE
    with pytest.raises(ValueError):
        parse(changed.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=40))
def test_parse_of_noise_is_a_value_error(noise: bytes) -> None:
    with pytest.raises(ValueError):
        parse(noise)


@given(VALUES, VALUES)
def test_commitment_opens_to_its_value_only(value: Any, other: Any) -> None:
    salt = bytes(range(32))
    made = entry.commitment(salt, value)
    assert entry.opens(made, salt, value)
    assert entry.opens(made, salt, other) is (canonical(value) == canonical(other))
    assert not entry.opens(made, bytes(32), value)


def test_commitment_wants_a_whole_salt() -> None:
    with pytest.raises(ValueError, match="31 bytes"):
        entry.commitment(bytes(31), "张三")
