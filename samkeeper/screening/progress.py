"""How far a run is: for a person who watches a terminal."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

EVERY = 0.2  # seconds


class Progress(Protocol):
    def start(self, rows: int) -> None: ...
    def advance(self, rows: int) -> None: ...
    def close(self) -> None: ...


class Silent:
    def start(self, rows: int) -> None:
        """Nobody watches."""

    def advance(self, rows: int) -> None:
        """Nobody watches."""

    def close(self) -> None:
        """Nobody watches."""


class Line:
    """One line that is written over: how much is done, how fast, how long still."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.total = self.done = 0
        self.began = self.shown = time.monotonic()

    def start(self, rows: int) -> None:
        self.total, self.done = rows, 0
        self.began = time.monotonic()

    def advance(self, rows: int) -> None:
        self.done += rows
        now = time.monotonic()
        if now - self.shown >= EVERY:
            self.shown = now
            self.stream.write("\r\033[K" + words(self.done, self.total, now - self.began))
            self.stream.flush()

    def close(self) -> None:
        self.stream.write("\r\033[K")
        self.stream.flush()


def words(done: int, total: int, seconds: float) -> str:
    total = max(total, done)
    speed = done / seconds if seconds > 0 else 0.0
    left = f"，约剩 {duration((total - done) / speed)}" if speed else ""
    share = 100 * done // total if total else 100
    return f"后督 {share}%  {done:,}/{total:,} 笔，每秒 {speed:,.0f} 笔{left}"


def duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}小时{minutes}分" if hours else f"{minutes}分{rest}秒" if minutes else f"{rest}秒"
