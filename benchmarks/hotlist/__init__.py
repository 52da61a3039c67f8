"""Lists of invalid cards beside what else could hold them: size, build, lookup, wrong answers; overlays; the server.

`python -m benchmarks.hotlist --big` adds a province, 100 million numbers with 5 million invalid,
each build in a process of its own whose peak memory is told. Times are this process's own on the processor.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.hotlist import load
from benchmarks.hotlist.peers import PEERS
from samkeeper.hotlist import codec, files, overlay, pool
from samkeeper.hotlist.lookup import HotList
from samkeeper.hotlist.register import mark, read_register

T = TypeVar("T")
CITY, PROVINCE = (6_000_000, 300_000), (100_000_000, 5_000_000)
BASE = 11_000_000_000_000
LETTERS = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXYZ", np.uint8)


def timed(work: Callable[[], T]) -> tuple[T, float]:
    begin = time.process_time()
    return work(), time.process_time() - begin


def write(path: Path, rows: np.ndarray) -> Path:
    """Rows of characters as lines of text."""
    with path.open("wb") as file:
        for at in range(0, len(rows), 1 << 22):
            part = rows[at : at + (1 << 22)]
            np.concatenate([part, np.full((len(part), 1), 10, np.uint8)], axis=1).tofile(file)
    return path


def serials(count: int, chance: np.random.Generator) -> np.ndarray:
    """Serials of 14 digits, one in ten never issued."""
    return BASE + np.sort(chance.choice(round(count / 0.9), count, replace=False, shuffle=False))


def spelled(values: np.ndarray) -> np.ndarray:
    rows = np.empty((values.size, 14), np.uint8)
    rest = values.copy()
    for place in range(13, -1, -1):
        rest, rows[:, place] = rest // 10, 48 + rest % 10
    return rows


def scattered(count: int, chance: np.random.Generator) -> np.ndarray:
    """Twelve random characters each."""
    return LETTERS[chance.integers(0, LETTERS.size, (count, 12), np.uint8)]


def build(issued: Path, invalid: Path, out: Path, number: int = 1) -> codec.Head:
    register = read_register(issued)
    marks = mark(register, invalid)
    head = codec.Head(number, datetime.now(UTC), register.count, marks.count)
    out.write_bytes(codec.encode(register, marks, head))
    return head


def ask(held: Path, issued: Path, marked: np.ndarray) -> tuple[float, int]:
    """Nanoseconds a number, taken apart and all, in random order; wrong answers among all issued."""
    opened, wrong, seconds, at = HotList.open(held), 0, 0.0, 0
    chance = np.random.default_rng(1)
    for numbers in files.read(issued):
        codes = opened.answers(numbers)
        wrong += int(np.count_nonzero((codes == 1) != marked[at : at + codes.size]))
        at += codes.size
        width = int(numbers.stops[0] - numbers.starts[0])  # all are of one length
        rows = numbers.text.reshape(-1, width + 1)[chance.permutation(codes.size)]
        shuffled = replace(numbers, text=rows.reshape(-1))
        seconds += timed(lambda shuffled=shuffled: opened.answers(shuffled))[1]
    return 1e9 * seconds / at, wrong


def row(name: str, size: float, bound: float, seconds: float, nanoseconds: float, wrong: int) -> None:
    print(f"  {name:24} {size / 1024:10,.1f} KB {size / bound:7.3f}x", end="")
    print(f" {seconds:7.2f} s {nanoseconds:8.0f} ns {wrong:8} wrong")


def ours(name: str, folder: Path, rows: np.ndarray, marked: np.ndarray) -> Path:
    issued, invalid = write(folder / "issued.txt", rows), write(folder / "invalid.txt", rows[marked])
    held = folder / f"{name}.skh"
    head, seconds = timed(lambda: build(issued, invalid, held))
    nanoseconds, wrong = ask(held, issued, marked)
    row(name, held.stat().st_size, pool.entropy(head.invalid, head.issued) / 8, seconds, nanoseconds, wrong)
    return held


def city(folder: Path, chance: np.random.Generator) -> None:
    count, bad = CITY
    print(f"{count:,} issued, {bad:,} invalid: size, against N·H(n/N), build, lookup, wrong answers")
    values = serials(count, chance)
    marked = np.zeros(count, np.bool_)
    marked[chance.choice(count, bad, replace=False)] = True
    held = ours("ours, serials, 10% holes", folder, spelled(values), marked)
    bound, mixed = pool.entropy(bad, count) / 8, chance.permutation(count)
    for peer in PEERS:
        peer.build(values[marked])  # compiles
        (size, asked), seconds = timed(lambda peer=peer: peer.build(values[marked]))
        asked(values[:10])
        answers, spent = timed(lambda asked=asked: asked(values[mixed]))
        row(peer.name, size, bound, seconds, 1e9 * spent / count, int(np.count_nonzero(answers != marked[mixed])))
    changes(folder, held, values, marked, chance)
    load.measure(held, [str(value) for value in chance.choice(values, 500_000)])
    ours("ours, any numbers", folder, scattered(count, chance), marked)
    batches(folder, chance)


def changes(folder: Path, held: Path, values: np.ndarray, marked: np.ndarray, chance: np.random.Generator) -> None:
    """A day's overlay: 500 changes, four in five of them new."""
    new = marked.copy()
    new[chance.choice(np.flatnonzero(marked), 100, replace=False)] = False
    new[chance.choice(np.flatnonzero(~marked), 400, replace=False)] = True
    paths = [folder / name for name in ("issued.txt", "invalid.txt", "later.txt")]
    write(paths[2], spelled(values[new]))
    later = folder / "later.skh"
    build(paths[0], paths[2], later, 2)
    delta, seconds = timed(lambda: overlay.make(overlay.Source(held, later, *paths)))
    bound = pool.entropy(500, values.size) / 8
    print(f"  overlay of 500 changes: {len(delta)} bytes (bound {bound:.0f}), {seconds:.1f} s")


def batches(folder: Path, chance: np.random.Generator) -> None:
    """Batches of 100,000 cards, older ones with more invalid: what adapting to them is worth."""
    rates = 0.2 * 0.9 ** np.arange(60)
    values = BASE + np.arange(6_000_000)
    marked = chance.random(values.size) < np.repeat(rates, 100_000)
    print(f"{rates.size} batches with {rates[-1]:.2%} to {rates[0]:.0%} invalid, {marked.mean():.2%} in all")
    held = ours("ours, batches", folder, spelled(values), marked)
    apart = sum(pool.entropy(int(part.sum()), part.size) for part in np.split(marked, rates.size)) / 8
    print(f"  {held.stat().st_size / apart:.3f}x the bound of the batches taken one by one")


def province(folder: Path, chance: np.random.Generator) -> None:
    count, bad = PROVINCE
    print(f"{count:,} issued, {bad:,} invalid")
    marked = np.zeros(count, np.bool_)
    marked[chance.choice(count, bad, replace=False)] = True
    for name in ("serials", "any"):
        rows = spelled(serials(count, chance)) if name == "serials" else scattered(count, chance)
        issued, invalid = write(folder / "issued.txt", rows), write(folder / "invalid.txt", rows[marked])
        del rows
        held = folder / f"{name}.skh"
        program = "import sys; from benchmarks import hotlist; hotlist.alone(*sys.argv[1:])"
        command = [sys.executable, "-c", program, issued, invalid, held]
        seconds, peak = map(float, subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.split())
        nanoseconds, wrong = ask(held, issued, marked)
        row(f"ours, {name}", held.stat().st_size, pool.entropy(bad, count) / 8, seconds, nanoseconds, wrong)
        print(f"    peak memory of the build {peak:.2f} GB")


def alone(issued: str, invalid: str, out: str) -> None:
    """A build in a process of its own: seconds, peak GB."""
    _, seconds = timed(lambda: build(Path(issued), Path(invalid), Path(out)))
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())  # getrusage counts the parent's
    print(seconds, int(peak[1]) / 2**20 if peak else 0)


def main(*, big: bool = False) -> None:
    with tempfile.TemporaryDirectory() as folder:
        chance = np.random.default_rng(8)
        city(Path(folder), chance)
        if big:
            province(Path(folder), chance)
