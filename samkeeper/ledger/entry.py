"""One entry of the ledger as bytes: RFC 8785, integers only, ids and commitments instead of personal data.

An entry is one JSON object on one line:

    {"body":{…},"epoch":0,"kind":"card:move","recorded_at":"2026-03-01T01:30:00.000000Z","seq":1,"subject":"card17"}

`seq` counts from 1 without gaps, so the entry `seq` is leaf `seq - 1` of the tree and a ledger of size N holds the
entries 1 … N. `kind` is source:subject:action or shorter, `subject` the id of what the entry is about, `epoch` grows
by one whenever a restored copy was behind what had been published.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from samkeeper.ledger.tree import sm3

FORK = "ledger:fork"
KIND = re.compile(r"[a-z_]{1,20}(:[a-z_]{1,20}){1,2}")
SUBJECT = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
KEY = re.compile(r"[a-z][a-z0-9_]*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3 with RFC 7493: beyond it other languages would round
MAX_LINE = 65_536
FIELDS = ("body", "epoch", "kind", "recorded_at", "seq", "subject")
TYPES = (dict, int, str, str, int, str)


class Entry(NamedTuple):
    """One entry; fields in the order of their names, as they stand on the line. `recorded_at` as `stamp` writes it."""

    body: Mapping[str, Any]
    epoch: int
    kind: str
    recorded_at: str
    seq: int
    subject: str

    def line(self) -> bytes:
        """The canonical bytes, without the newline. ValueError where the entry is no entry."""
        if not KIND.fullmatch(self.kind) or not SUBJECT.fullmatch(self.subject):
            raise ValueError(f"no kind or subject of the ledger: {self.kind!r}, {self.subject!r}")
        line = canonical(self._asdict())
        if len(line) > MAX_LINE:
            raise ValueError(f"an entry of {len(line)} bytes; the ledger takes {MAX_LINE}: commit to a hash instead")
        return line


def canonical(value: object) -> bytes:
    """`value` in the JSON Canonicalization Scheme of RFC 8785; ValueError for what has no place in the ledger.

    Within what is let through (integers, lower-case ASCII keys) a sorting encoder writes just that, many times faster
    than a general implementation; the tests hold it against one.
    """
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:  # half a character, nested too deep, a type JSON does not know
        raise ValueError(str(error)) from None
    if fault := _fault(value):
        raise ValueError(f"${fault}")
    return written


def _fault(value: object) -> str | None:
    """The path to the first thing out of place, and why: floats, dates, odd keys."""
    if isinstance(value, str):
        return ": NUL, which PostgreSQL cannot keep" if "\0" in value else None
    if value is None or isinstance(value, int):
        return f": {value} is beyond ±(2⁵³ - 1)" if value and abs(value) > MAX_INTEGER else None
    if isinstance(value, dict):
        for key, inner in value.items():
            if fault := _odd(key) or _fault(inner):
                return f".{key}{fault}"
        return None
    if isinstance(value, list | tuple):
        return next((f"[{index}]{fault}" for index, inner in enumerate(value) if (fault := _fault(inner))), None)
    return f": {type(value).__name__} has no place in an entry: write an integer or a string"


@lru_cache
def _odd(key: str) -> str | None:
    return None if KEY.fullmatch(key) else ": a key is a lower-case ASCII word"


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the microsecond: always 27 characters, so that they sort as the moments do."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse(line: bytes) -> Entry:
    """The entry on a line. ValueError, saying why, unless the line is exactly the canonical form of one."""
    fields = orjson.loads(line)
    if not isinstance(fields, dict) or tuple(fields) != FIELDS or canonical(fields) != line:
        raise ValueError("not an entry in canonical form")
    entry = Entry(*fields.values())
    if tuple(map(type, entry)) != TYPES:
        raise ValueError("a field of the wrong type")
    if not (KIND.fullmatch(entry.kind) and SUBJECT.fullmatch(entry.subject) and MOMENT.fullmatch(entry.recorded_at)):
        raise ValueError("kind, subject or recorded_at written in another way")
    datetime.fromisoformat(entry.recorded_at)
    return entry


def commitment(salt: bytes, value: object) -> str:
    """SM3(salt ‖ canonical value), 64 hex digits: binds to personal data that lies elsewhere and can be erased.

    The salt has 32 random bytes and is erased with the data; without it nothing can be guessed from the hash.
    """
    if len(salt) != 32:
        raise ValueError(f"a salt of {len(salt)} bytes; 32 are needed")
    return sm3(salt + canonical(value)).hex()


def opens(commitment_: str, salt: bytes, value: object) -> bool:
    """Whether `commitment_` was made of this salt and this value."""
    return hmac.compare_digest(commitment(salt, value), commitment_)
