"""Answers as lines of text: number, tab, `valid`, `invalid` or `unknown`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from samkeeper.errors import BadInput
from samkeeper.hotlist import files
from samkeeper.hotlist.files import Numbers
from samkeeper.hotlist.lookup import WORDS, HotList

GIVEN = Path("--card")


def listed(cards: Sequence[str]) -> Numbers:
    """Numbers given one by one, as a chunk; the i-th stands in line i. Raises BadInput as `files.read` does."""
    text = "\n".join([card.strip(" \t\r\n") for card in cards])
    if text.count("\n") >= max(1, len(cards)):
        raise BadInput("卡号中不能换行", remedy="请逐个给出卡号")
    try:
        numbers, _ = files.lines(GIVEN, f"{text}\n".encode(), 1)
    except UnicodeEncodeError:
        raise BadInput("卡号不是有效的文字", remedy="请检查终端的编码") from None
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
