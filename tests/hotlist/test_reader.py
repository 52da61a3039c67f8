"""The plain reader beside what is known, and beside a reader in C written from the format document."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from samkeeper.hotlist import hashes, hashing, overlay, reader

SOURCE = Path(__file__).with_name("reader.c")


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_plain_sm3_gives_the_standards_examples(message, digest):
    """GB/T 32905-2016, annex A."""
    assert hashes.sm3(message).hex() == digest


def test_digest_is_the_same_without_openssl(monkeypatch):
    messages = [bytes(range(256))[:size] for size in (0, 1, 55, 56, 63, 64, 65, 200)]
    fast = [hashes.digest(message) for message in messages]

    def new(name, data):
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", new)
    assert [hashes.digest(message) for message in messages] == fast


def test_siphash_gives_its_authors_example():
    key = bytes(range(16))
    words = (int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little"))
    first, second = hashes.siphash(b"", *words)
    assert (first.to_bytes(8, "little") + second.to_bytes(8, "little")).hex() == "a3817f04ba25a8e66df67214c7550293"


def test_compiled_hash_is_the_readers():
    numbers = [bytes(random.Random(size).randbytes(size)) for size in range(1, 129)]
    stops = np.cumsum([len(number) for number in numbers])
    starts = stops - [len(number) for number in numbers]
    first, second = hashing.hash_numbers(np.frombuffer(b"".join(numbers), np.uint8), starts, stops)
    assert [(int(a), int(b)) for a, b in zip(first, second, strict=True)] == [hashes.siphash(n) for n in numbers]


def test_reader_needs_the_standard_library_only():
    program = "import sys, samkeeper.hotlist.reader; print(*{name.split('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True,
                            cwd=Path(reader.__file__).parents[2]).stdout.split()  # fmt: skip
    assert set(loaded) - {"samkeeper"} <= sys.stdlib_module_names | {"__main__"}


@pytest.fixture(scope="session")
def c_reader(tmp_path_factory):
    program = tmp_path_factory.mktemp("c") / "reader"
    subprocess.run(["gcc", "-O2", "-Wall", "-Werror", "-Wno-parentheses", "-o", program, SOURCE], check=True)
    return program


def ask(program, held, asked):
    with asked.open() as numbers:
        return subprocess.run([program, held], stdin=numbers, capture_output=True, text=True, check=True).stdout


def million():
    """Two dense batches, holes, strays; a million numbers in all, 40,000 of them not issued."""
    chance = random.Random(8)
    dense = [f"11{batch}{value:07d}" for batch in "AB" for value in range(1000, 451_000)]
    strays = list({f"{chance.randrange(16**11):011x}x" for _ in range(160_000)})
    return dense, strays[: 1_000_000 - len(dense)]


def test_c_reader_agrees_on_a_million_numbers(workshop, c_reader):
    dense, strays = million()
    chance = random.Random(9)
    issued = [number for number in dense + strays if chance.random() >= 0.04]
    asked = dense + strays
    first = workshop.build(issued, [number for number in issued if chance.random() < 0.05], 1)
    assert len(asked) == 1_000_000
    expected = "".join(f"{answer[0]}\n" for answer in workshop.answers(first, asked))
    assert ask(c_reader, first, workshop.folder / "asked.txt") == expected


def test_c_reader_agrees_on_overlays(workshop, c_reader):
    issued = [f"{value:09d}" for value in range(20_000)]
    lists = [workshop.build(issued[: 15_000 + number], issued[number:15_000:31], number) for number in (1, 2)]
    paths = [workshop.folder / name for name in ("issued2.txt", "invalid1.txt", "invalid2.txt")]
    delta, laid = workshop.folder / "delta.skh", workshop.folder / "laid.skh"
    delta.write_bytes(overlay.make(overlay.Source(*lists, *paths)))
    laid.write_bytes(overlay.lay(lists[0], delta))
    expected = "".join(f"{answer[0]}\n" for answer in workshop.answers(laid, issued))
    assert "u" in expected
    assert ask(c_reader, laid, workshop.folder / "asked.txt") == expected


def test_c_reader_refuses_what_is_damaged(workshop, c_reader):
    whole = workshop.build(["1", "2", "3"], ["2"]).read_bytes()
    path = workshop.folder / "damaged.skh"
    for damaged in (whole[:-1], whole[:50] + b"!" + whole[51:], b"", whole + b"\0"):
        path.write_bytes(damaged)
        assert (
            subprocess.run([c_reader, path], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 2
        )
