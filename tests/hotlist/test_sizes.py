"""The bounds promised: 1.12·N·H(n/N) bits + 512 bytes for any numbers, 1.05 for near-dense ones, holes 2 % more."""

from __future__ import annotations

import math
import random

import pytest

SIGNATURE = 72


def bound(marked: int, total: int) -> float:
    """N·H(n/N) in bytes."""
    if not 0 < marked < total:
        return 0.0
    rate = marked / total
    return -total * (rate * math.log2(rate) + (1 - rate) * math.log2(1 - rate)) / 8


def sample(numbers, rate, seed=1):
    chance = random.Random(seed)
    return chance.sample(numbers, round(rate * len(numbers)))


def size(workshop, issued, invalid):
    return workshop.build(issued, invalid).stat().st_size + SIGNATURE


@pytest.mark.parametrize("rate", [0, 0.001, 0.05, 0.2, 0.33, 0.5, 0.8, 1])
@pytest.mark.parametrize("count", [30, 3000, 100_000])
def test_any_numbers_take_at_most_1_12_of_the_bound(workshop, count, rate):
    chance = random.Random(count)
    issued = list({"".join(chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", k=12)) for _ in range(count)})
    invalid = sample(issued, rate)
    assert size(workshop, issued, invalid) <= 1.12 * bound(len(invalid), len(issued)) + 512


def test_numbers_given_many_times_take_no_more(workshop):
    issued = list({f"{random.Random(value).getrandbits(48):012x}z" for value in range(20_000)})
    invalid = sample(issued, 0.1)
    assert size(workshop, issued * 3, invalid * 5) <= 1.12 * bound(len(invalid), len(issued)) + 512


@pytest.mark.parametrize("rate", [0, 1e-4, 0.01, 0.05, 0.3, 0.5, 0.95, 1])
def test_dense_ranges_take_at_most_1_05_of_the_bound(workshop, rate):
    issued = [f"{batch}{value:09d}" for batch in ("1100", "1101", "44") for value in range(7000, 50_000)]
    invalid = sample(issued, rate)
    assert size(workshop, issued, invalid) <= 1.05 * bound(len(invalid), len(issued)) + 512


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05, 0.3])
def test_holes_cost_two_per_cent_at_most(workshop, rate):
    chance = random.Random(2)
    issued = [f"1100{value:09d}" for value in range(150_000) if chance.random() >= 0.1]
    invalid = sample(issued, rate)
    assert size(workshop, issued, invalid) <= 1.07 * bound(len(invalid), len(issued)) + 512


def test_batches_with_rates_of_their_own_beat_the_bound(workshop):
    issued, invalid = [], []
    for batch, rate in enumerate((0.001, 0.01, 0.02, 0.05, 0.3)):
        numbers = [f"{batch}{value:08d}" for value in range(30_000)]
        issued += numbers
        invalid += sample(numbers, rate)
    taken = size(workshop, issued, invalid)
    apart = sum(bound(round(30_000 * rate), 30_000) for rate in (0.001, 0.01, 0.02, 0.05, 0.3))
    assert taken < 0.8 * bound(len(invalid), len(issued))
    assert taken <= 1.02 * apart + 512
