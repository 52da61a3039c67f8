"""Kernels of the store: put a batch in order of day and card, and add up."""

from __future__ import annotations

import numpy as np

from samkeeper.screening.native import helper, kernel


@kernel("i4* i8 i8* i8*")
def order(keys, rows, places, out):
    """A stable counting sort: `places` says where each key's first row goes; `out` gets the rows in order."""
    for row in range(rows):
        out[places[keys[row]]] = row
        places[keys[row]] += 1
    return rows


@kernel("u4* i8* i8 i8*")
def latest(cards, moments, rows, last):
    """The newest moment of each card, kept in `last`."""
    for row in range(rows):
        if moments[row] > last[cards[row]]:
            last[cards[row]] = moments[row]
    return rows


@helper
def add(sums, key, amount, verdict):
    at = 4 * np.int64(key)
    refused = 1 if verdict != 0 else 0
    sums[at] += 1
    sums[at + 1] += refused
    sums[at + 2] += amount
    sums[at + 3] += amount * refused
    return 0


@kernel("i4* u4* u1* i8 i8*")
def add_up(keys, amount, verdict, rows, sums):
    """Per key: transactions, refused ones, their amounts together and the refused ones' (four words in `sums`)."""
    for row in range(rows):
        add(sums, keys[row], np.int64(amount[row]), verdict[row])
    return rows


@kernel("i4* i8* u1* i8 i8*")
def add_up_wide(keys, amount, verdict, rows, sums):
    """`add_up` for amounts past 32 bits."""
    for row in range(rows):
        add(sums, keys[row], amount[row], verdict[row])
    return rows
