"""A secret that shows only its check value."""

from __future__ import annotations

import hmac
from typing import NoReturn

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.check_value import check_value


class Secret:
    """Key bytes that never print, format, compare in plain time or pickle; only `reveal` hands them out.

    `algorithm` is the cipher the key is for: its check value is what `str` and `repr` show. A secret that is no
    cipher key (a passphrase, a private key) has none and shows nothing.
    """

    __slots__ = ("_value", "algorithm")
    __hash__ = None  # type: ignore[assignment]  # a hash would tell equal keys apart

    def __init__(self, value: bytes, algorithm: Algorithm | None = None) -> None:
        self._value = bytes(value)
        self.algorithm = algorithm

    def reveal(self) -> bytes:
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __repr__(self) -> str:
        if self.algorithm is None:
            return "<Secret>"
        return f"<Secret {self.algorithm} {check_value(self.algorithm, self._value).hex().upper()}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never pickled or copied out of its vault")
