"""Forged transactions, found by their TAC: the code that only the holder's card can have computed.

The bytes are those of a purchase (PBOC; INIT_SAM_FOR_PURCHASE): amount, type, terminal number, terminal counter,
date and time. The vault derives each card's key and compares; neither key nor code leaves it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any, Protocol

import numpy as np

from samkeeper.screening import moments
from samkeeper.screening.columns import Proofs, Rows
from samkeeper.screening.strings import I8, U1

LABEL = "tac"
PURCHASE = 6
UNCHECKED, FORGED = 2, 1
SECOND, DAY = 1_000_000, 86_400

Rows2D = np.ndarray[Any, np.dtype[np.uint8]]


class Bulk(Protocol):
    """The verb of a vault that is used here."""

    def check_tacs(
        self, path: str, factors: Rows2D, data: Rows2D, tacs: Rows2D
    ) -> np.ndarray[Any, np.dtype[np.bool_]]: ...


class Checker:
    """Safe to share between threads: `single` says that the vault is asked by one at a time."""

    def __init__(self, vault: Bulk, *, single: bool) -> None:
        self.vault = vault
        self._turn: AbstractContextManager[object] = Lock() if single else nullcontext()

    def check(self, rows: Rows, proofs: Proofs) -> U1:
        """1 where the derived key does not confirm the TAC, 2 where one is there that cannot be checked."""
        out = np.zeros(rows.count, np.uint8)
        given = (proofs.tac_ok == 1) & (rows.fault == 0)
        whole = given & (proofs.factor_ok == 1) & (rows.sequence >= 0)
        out[given & ~whole] = UNCHECKED
        chosen = np.flatnonzero(whole)
        if len(chosen):
            factors = big_endian(proofs.factor[chosen], 8)
            tacs = big_endian(proofs.tac[chosen], 4)
            data = message(rows, proofs, chosen)
            with self._turn:
                confirmed = self.vault.check_tacs(LABEL, factors, data, tacs)
            out[chosen[~confirmed]] = FORGED
        return out


def message(rows: Rows, proofs: Proofs, chosen: np.ndarray[Any, Any]) -> Rows2D:
    """The 22 bytes a TAC is computed over, a row each."""
    kind = proofs.kind[chosen]
    out = np.empty((len(chosen), 22), np.uint8)
    out[:, 0:4] = big_endian(rows.amount[chosen].view(np.uint64), 4)
    out[:, 4] = np.where(kind < 0, PURCHASE, kind)
    out[:, 5:11] = big_endian(rows.sam[chosen], 6)
    out[:, 11:15] = big_endian(rows.sequence[chosen].view(np.uint64), 4)
    out[:, 15:22] = bcd(moments.to_local(rows.time[chosen]))
    return out


def big_endian(words: np.ndarray[Any, np.dtype[np.uint64]], size: int) -> Rows2D:
    return np.ascontiguousarray(words.astype(">u8").view(np.uint8).reshape(-1, 8)[:, 8 - size :])


def bcd(local: I8) -> Rows2D:
    """yyyyMMddHHmmss, two digits a byte."""
    seconds = local // SECOND
    day = (seconds // DAY).astype("datetime64[D]")
    month = day.astype("datetime64[M]")
    year = month.astype("datetime64[Y]")
    years = year.astype(np.int64) + 1970
    clock = seconds % DAY
    parts = (
        years // 100,
        years % 100,
        (month - year).astype(np.int64) + 1,
        (day - month).astype(np.int64) + 1,
        clock // 3600,
        clock // 60 % 60,
        clock % 60,
    )
    return np.stack([(part // 10 << 4 | part % 10).astype(np.uint8) for part in parts], axis=1)
