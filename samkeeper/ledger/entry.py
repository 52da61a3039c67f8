"""One entry of the ledger as bytes: RFC 8785, integers only, ids and commitments instead of personal data.

An entry is one JSON object on one line:

    {"body":{…},"epoch":0,"kind":"card:move","recorded_at":"2026-03-01T01:30:00.000000Z","seq":1,"subject":"D15600000017"}

`seq` counts from 1 without gaps, so the entry `seq` is leaf `seq - 1` of the tree and a ledger of size N holds the
entries 1 … N. `kind` is source:subject:action or shorter, `subject` the id of what the entry is about, `epoch` grows
by one whenever a restored copy was behind what had been published.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from samkeeper.ledger.tree import sm3

FORK = "ledger:fork"
KIND = re.compile(r"[a-z_]{1,20}(:[a-z_]{1,20}){1,2}")
SUBJECT = re.compile(r"[0-9A-Za-z_.:-]{1,64}")
KEY = re.compile(r"[a-z][a-z0-9_]*")
MAX_INTEGER = 2**53 - 1  # RFC 8785 §3.2.2.3 with RFC 7493: beyond it other languages would round
MAX_LINE = 65_536
FIELDS = ("body", "epoch", "kind", "recorded_at", "seq", "subject")

_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Entry(NamedTuple):
    """One entry; fields in the order of their names, as they stand on the line."""

    body: Mapping[str, Any]
    epoch: int
    kind: str
    recorded_at: datetime
    seq: int
    subject: str

    def line(self) -> bytes:
        """The canonical bytes, without the newline. ValueError where the entry is no entry."""
        if not KIND.fullmatch(self.kind) or not SUBJECT.fullmatch(self.subject):
            raise ValueError(f"no kind or subject of the ledger: {self.kind!r}, {self.subject!r}")
        line = canonical({**self._asdict(), "recorded_at": stamp(self.recorded_at)})
        if len(line) > MAX_LINE:
            raise ValueError(f"an entry of {len(line)} bytes; the ledger takes {MAX_LINE}: commit to a hash instead")
        return line


def canonical(value: object) -> bytes:
    """`value` in the JSON Canonicalization Scheme of RFC 8785.

    Within what `check` lets through (integers, lower-case ASCII keys) the standard library's encoder writes just
    that, several times faster than a general implementation; the tests hold it against one. ValueError otherwise.
    """
    check(value)
    return _encode(value).encode()


def check(value: object, where: str = "$") -> None:
    """ValueError, with the path, at the first thing that has no canonical form here: floats, dates, odd keys."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str) or not KEY.fullmatch(key):
                raise ValueError(f"{where}: key {key!r} is not a lower-case ASCII word")
            check(inner, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            check(inner, f"{where}[{index}]")
    elif fault := _fault(value):
        raise ValueError(f"{where}: {fault}")


def _fault(value: object) -> str | None:
    """What speaks against a single value."""
    if isinstance(value, str):
        return "text with NUL, which PostgreSQL cannot keep" if "\0" in value else None
    if isinstance(value, int):
        return None if abs(value) <= MAX_INTEGER else f"{value} is beyond ±(2⁵³ - 1)"
    return None if value is None else f"{type(value).__name__} has no place in an entry: write an integer or a string"


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the microsecond: always 27 characters, so that they sort as the moments do."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def parse(line: bytes) -> Entry:
    """The entry on a line. ValueError, saying why, unless the line is exactly the canonical form of one."""
    fields = json.loads(line)
    if not isinstance(fields, dict) or tuple(fields) != FIELDS:
        raise ValueError("not the six fields of an entry, in their order")
    entry = Entry(**fields)
    if not (type(entry.seq) is type(entry.epoch) is int and isinstance(entry.body, dict)):
        raise ValueError("a field of the wrong type")
    if not KIND.fullmatch(entry.kind) or not SUBJECT.fullmatch(entry.subject):
        raise ValueError("no kind or subject of the ledger")
    moment = datetime.fromisoformat(entry.recorded_at)  # type: ignore[arg-type]
    if stamp(moment) != fields["recorded_at"] or _encode(fields).encode() != line:
        raise ValueError("not in canonical form")
    return entry._replace(recorded_at=moment)


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
