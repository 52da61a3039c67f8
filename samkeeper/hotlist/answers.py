"""Answers as lines of text: number, tab, `valid`, `invalid` or `unknown`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from samkeeper.hotlist import files
from samkeeper.hotlist.files import Numbers
from samkeeper.hotlist.lookup import WORDS, HotList

GIVEN = Path("--card")


def listed(cards: Iterable[str]) -> Numbers:
    """Numbers given one by one, as a chunk; the i-th stands in line i. Raises BadInput as `files.read` does."""
    encoded = [card.strip(" \t\r\n").encode() for card in cards]
    sizes = np.array([len(card) for card in encoded], np.int64)
    stops = np.cumsum(sizes)
    text = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
    numbers = Numbers(GIVEN, text, stops - sizes, stops, np.arange(1, len(encoded) + 1, dtype=np.int64))
    files.check(numbers)
    return numbers


def lines(held: HotList, chunks: Iterable[Numbers]) -> Iterator[str]:
    """The answers, a text of many lines a chunk."""
    endings = [f"\t{word}\n" for word in WORDS]
    for numbers in chunks:
        codes = held.answers(numbers).tolist()
        whole = numbers.text.tobytes()
        places = zip(numbers.starts.tolist(), numbers.stops.tolist(), codes, strict=True)
        yield "".join([whole[start:stop].decode() + endings[code] for start, stop, code in places])
