"""Lists answer right for every issued number, whatever the numbers look like."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from samkeeper.hotlist.lookup import WORDS, HotList
from samkeeper.hotlist.reader import Reader
from samkeeper.keys.card_number import check_character

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

any_number = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\t ", exclude_categories=["Cs"]), min_size=1, max_size=32
)
counter = st.builds(
    lambda head, width, value: f"{head}{value:0{width}d}",
    st.sampled_from(["", "A", "1100", "京"]), st.integers(0, 20), st.integers(0, 10**6),
)  # fmt: skip
long_digits = st.text("0123456789", min_size=15, max_size=32)
issued_numbers = st.lists(any_number | counter | long_digits, min_size=1, max_size=200, unique=True)


def check(workshop, issued, invalid):
    held = workshop.build(issued, invalid)
    marked = set(invalid)
    expected = ["invalid" if number in marked else "valid" for number in issued]
    assert workshop.answers(held, issued) == expected
    reader = Reader(held.read_bytes())
    some = random.Random(1).sample(range(len(issued)), min(60, len(issued)))
    assert [reader.answer(issued[i]) for i in some] == [expected[i] for i in some]
    opened = HotList.open(held)
    assert [WORDS[opened.answer(issued[i].encode())] for i in some] == [expected[i] for i in some]
    assert (reader.issued, reader.invalid) == (len(set(issued)), len(marked))
    return held


@QUICK
@given(issued=issued_numbers, data=st.data())
def test_list_of_any_numbers_is_exact(workshops, issued, data):
    invalid = data.draw(st.lists(st.sampled_from(issued), unique=True))
    check(workshops(), issued, invalid)


@QUICK
@given(
    runs=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**12), st.integers(1, 400)), min_size=1, max_size=6),
    rate=st.sampled_from([0, 0.01, 0.3, 0.5, 0.95, 1]),
    holes=st.sampled_from([0, 0.1, 0.6]),
    seed=st.integers(0, 2**32),
)
def test_list_of_runs_is_exact(workshops, runs, rate, holes, seed):
    chance = random.Random(seed)
    whole = {f"{head}{value:013d}" for head, first, size in runs for value in range(first, first + size)}
    issued = [number for number in sorted(whole) if chance.random() >= holes] or [min(whole)]
    check(workshops(), issued, [number for number in issued if chance.random() < rate])


@pytest.mark.parametrize("rate", [0.001, 0.05, 0.2, 0.5, 0.9])
def test_list_of_many_strays_is_exact(workshop, rate):
    chance = random.Random(17)
    issued = list({"".join(chance.choices("ABCDEFGH0123", k=14)) for _ in range(20_000)})
    held = check(workshop, issued, [number for number in issued if chance.random() < rate])
    assert workshop.answers(held, issued[::-1])[::-1] == workshop.answers(held, issued)


@pytest.mark.parametrize("numbers", [["7"], ["卡" * 32], [""" a"b,c;'"""[1:]], ["0" * 32]])
@pytest.mark.parametrize("all_invalid", [False, True])
def test_list_of_one_number_is_exact(workshop, numbers, all_invalid):
    held = check(workshop, numbers, numbers if all_invalid else [])
    assert held.stat().st_size < 512
    assert workshop.answers(held, ["8"]) == ["unknown"]


def test_ranges_know_what_lies_outside_them(workshop):
    issued = [f"110{value:06d}" for value in range(1000, 9000)]
    held = workshop.build(issued, issued[::20])
    outside = ["110000999", "110009000", "111001000", "A110001000", "1100001000", "x", "00110001000"]
    assert workshop.answers(held, outside) == ["unknown"] * len(outside)
    reader = Reader(held.read_bytes())
    assert {reader.answer(number) for number in outside} == {"unknown"}


def test_check_characters_are_left_off(workshop):
    """卡号: eight digits or capitals and the check character of GB 11714 make dense ranges all the same."""
    issued = [body + check_character(body) for body in (f"B{value:07d}" for value in range(40_000))]
    held = check(workshop, issued, issued[::25])
    assert held.stat().st_size < 1.4 * 40_000 / 8 * 0.2423  # N·H(1/25), and no room for eleven endings
    wrong = issued[0][:8] + ("0" if issued[0][8] != "0" else "1")
    assert workshop.answers(held, [wrong]) == ["unknown"]


def test_check_characters_come_back_in_the_pool(workshop):
    """Letters and digits as chance has them: no ranges, and the numbers are spelled again to be hashed."""
    chance = random.Random(6)
    bodies = {"".join(chance.choices("ABCXYZ0123456789", k=5)) + f"{chance.randrange(1000):03d}" for _ in range(3000)}
    issued = [body + check_character(body) for body in sorted(bodies)]
    held = check(workshop, issued, issued[::10])
    assert Reader(held.read_bytes()).parts[0].stages


def test_numbers_given_twice_count_once(workshop):
    strays = ["A1B", "Q", "Q", "A1B", "-x-"]
    issued = [f"{value:08d}" for value in range(100)] * 2
    held = workshop.build(issued + strays, [*issued[:3], *issued[:3], "Q", "Q"])
    reader = Reader(held.read_bytes())
    assert (reader.issued, reader.invalid) == (103, 4)
    assert workshop.answers(held, ["00000002", "00000003", "Q", "A1B"]) == ["invalid", "valid", "invalid", "valid"]


def test_mixed_list_keeps_ranges_and_pools_the_rest(workshop):
    chance = random.Random(3)
    strays = list({"".join(chance.choices("BCDFGHJK", k=12)) for _ in range(3000)})
    issued = [f"{value:010d}" for value in range(5000, 25_000)] + strays
    held = check(workshop, issued, [number for number in issued if chance.random() < 0.1])
    part = Reader(held.read_bytes()).parts[0]
    assert part.ranges.span == 20_000
    assert part.stages
