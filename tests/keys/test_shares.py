from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samkeeper.errors import BadInput, Refused
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.protocol import KeptShare, KeyPath, KeyVault, Wrapped
from samkeeper.keys.secret import Secret
from samkeeper.keys.shares import Share, join, split

KEYS = st.binary(min_size=16, max_size=16)


@settings(deadline=None, max_examples=30)
@given(key=KEYS, count=st.integers(2, 5), data=st.data())
def test_any_m_of_n_shares_bring_the_key_back(key: bytes, count: int, data: st.DataObject) -> None:
    threshold = data.draw(st.integers(2, count))
    shares = split(Secret(key), threshold=threshold, count=count)
    for chosen in combinations(shares, threshold):
        assert join(chosen) == Secret(key)


def test_too_few_shares_fit_every_key() -> None:
    """One of two: for each key there is a second share that leads to it, so the first tells nothing."""
    (first, _) = split(Secret(b"\x42"), threshold=2, count=2)
    led = {join([first, Share(2, Secret(bytes([value])))]).reveal() for value in range(256)}
    assert len(led) == 256


def test_known_shares_join() -> None:
    """f(x) = 42 + 13x over x⁸+x⁴+x³+x+1, computed by hand: f(1) = 51, f(2) = 64."""
    assert join([Share(1, Secret(b"\x51")), Share(2, Secret(b"\x64"))]) == Secret(b"\x42")


@pytest.mark.parametrize(("threshold", "count"), [(1, 3), (4, 3), (2, 16)])
def test_impossible_splits_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(BadInput):
        split(Secret(bytes(16)), threshold=threshold, count=count)


@pytest.mark.parametrize("numbers", [[1], [2, 2], [0, 1], [1, 16]])
def test_impossible_joins_are_refused(numbers: list[int]) -> None:
    with pytest.raises(BadInput):
        join([Share(number, Secret(bytes(16))) for number in numbers])


def test_shares_of_different_lengths_are_refused() -> None:
    with pytest.raises(BadInput):
        join([Share(1, Secret(bytes(16))), Share(2, Secret(bytes(8)))])


@pytest.fixture
def carriers(vault: KeyVault) -> list[KeyPath]:
    for label in ("one", "two", "three"):
        vault.generate(f"carrier.{label}", Algorithm.SM4, Purpose.WRAP)
    return [KeyPath(f"carrier.{label}") for label in ("one", "two", "three")]


@pytest.mark.parametrize("algorithm", [Algorithm.DES3, Algorithm.SM4])
def test_a_lost_key_comes_back_from_two_of_three_carriers(
    vault: KeyVault, carriers: list[KeyPath], algorithm: Algorithm
) -> None:
    lost = vault.generate("root", algorithm)
    kept = vault.split("root", threshold=2, carriers=carriers)
    vault.destroy("root@1")
    back = vault.import_shares("root", algorithm, kept[1:], expected=bytes.fromhex(lost.check_value))
    assert back.check_value == lost.check_value


def test_a_false_share_or_too_few_are_refused(vault: KeyVault, carriers: list[KeyPath]) -> None:
    expected = bytes.fromhex(vault.generate("root", Algorithm.SM4).check_value)
    kept = list(vault.split("root", threshold=3, carriers=carriers))
    with pytest.raises(Refused, match="校验值不符"):
        vault.import_shares("root", Algorithm.SM4, kept[:2], expected=expected)
    false = KeptShare(3, Wrapped(kept[1].wrapped.cryptogram, kept[2].wrapped.check_value), carriers[2])
    with pytest.raises(Refused, match="第3份"):
        vault.import_shares("root", Algorithm.SM4, [*kept[:2], false], expected=expected)


def test_a_root_itself_is_wrapped_for_the_level_below(vault: KeyVault, carriers: list[KeyPath]) -> None:
    root = vault.generate("root", Algorithm.DES3)
    wrapped = vault.wrap("root", under=carriers[0])
    assert vault.import_wrapped("copy", Algorithm.DES3, wrapped, under=carriers[0]).check_value == root.check_value
