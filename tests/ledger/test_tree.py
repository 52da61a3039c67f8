"""The tree against RFC 9162's own recursive definitions, written down naively."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from gmssl import sm3 as second_opinion
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.ledger import tree
from samkeeper.ledger.tree import Frontier, leaf_hash, sm3

SIZES = st.integers(1, 70)


def data(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def split(size: int) -> int:
    """The largest power of two smaller than `size` (RFC 9162 §2.1.1)."""
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH of §2.1.1."""
    if not entries:
        return sm3(b"")
    if len(entries) == 1:
        return sm3(b"\0" + entries[0])
    k = split(len(entries))
    return sm3(b"\1" + mth(entries[:k]) + mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of §2.1.3.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], complete: bool = True) -> list[bytes]:
    """SUBPROOF of §2.1.4.1."""
    if m == len(entries):
        return [] if complete else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], complete), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def grown(size: int) -> tuple[Frontier, list[bytes]]:
    """A frontier of `size` entries, and all nodes in the order they were completed."""
    frontier, nodes = Frontier(), []
    for entry in data(size):
        nodes += frontier.append(leaf_hash(entry))
    return frontier, nodes


def hashes(ranges: Sequence[tree.Range], nodes: Sequence[bytes]) -> list[bytes]:
    """The hash of each range, from the nodes as a file holds them."""
    return [tree.fold([nodes[tree.position(node)] for node in tree.cover(*one)]) for one in ranges]


def test_sm3_is_that_of_gbt_32905() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"\0\1" * 50).hex() == second_opinion.sm3_hash(list(b"\0\1" * 50))


def test_sm3_is_the_same_without_the_systems_own() -> None:
    assert tree._portable(b"abc") == sm3(b"abc")


def test_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == sm3(b"")


@given(SIZES)
def test_root_is_the_rfcs(size: int) -> None:
    assert grown(size)[0].root() == mth(data(size))


@given(SIZES)
def test_frontier_survives_storage(size: int) -> None:
    frontier = grown(size)[0]
    again = Frontier.from_bytes(size, frontier.to_bytes())
    assert again.append(leaf_hash(b"next")) == frontier.append(leaf_hash(b"next"))
    assert again.root() == frontier.root()


def test_frontier_refuses_the_wrong_number_of_peaks() -> None:
    with pytest.raises(ValueError, match="a tree of 3 leaves has 2 peaks, not 1"):
        Frontier(3, [b"x" * 32])


@given(SIZES, st.data())
def test_inclusion_path_is_the_rfcs_and_verifies(size: int, draw: st.DataObject) -> None:
    index = draw.draw(st.integers(0, size - 1))
    entries = data(size)
    proof = hashes(tree.inclusion_path(index, size), grown(size)[1])
    assert proof == path(index, entries)
    assert tree.verify_inclusion(leaf_hash(entries[index]), index, size, proof, mth(entries))


@given(SIZES, st.data())
def test_inclusion_of_anything_else_does_not_verify(size: int, draw: st.DataObject) -> None:
    index, claimed = draw.draw(st.integers(0, size - 1)), draw.draw(st.integers(-1, size))
    entries, root = data(size), mth(data(size))
    leaf, proof = leaf_hash(entries[index]), path(index, entries)
    assert tree.verify_inclusion(leaf, claimed, size, proof, root) is (claimed == index)
    assert not tree.verify_inclusion(leaf_hash(b"forged"), index, size, proof, root)
    assert not tree.verify_inclusion(leaf, index, size, [*proof, root], root)
    assert not tree.verify_inclusion(leaf, index, size, proof[:-1], root) or size == 1
    assert not tree.verify_inclusion(leaf, index, size, proof, leaf_hash(b"root"))


@given(SIZES, st.data())
def test_consistency_path_is_the_rfcs_and_verifies(new: int, draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, new))
    entries = data(new)
    proof = hashes(tree.consistency_path(old, new), grown(new)[1])
    assert proof == subproof(old, entries)
    assert tree.verify_consistency(old, new, mth(entries[:old]), mth(entries), proof)


@given(SIZES, st.data())
def test_consistency_of_a_rewritten_ledger_does_not_verify(new: int, draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, new))
    entries, proof = data(new), subproof(old, data(new))
    rewritten = [b"other", *entries[1:]]
    assert not tree.verify_consistency(old, new, mth(rewritten[:old]), mth(entries), proof)
    assert not tree.verify_consistency(old, new, mth(entries[:old]), mth(rewritten), proof)
    assert not tree.verify_consistency(old, new, mth(entries[:old]), mth(entries), [*proof, b"x" * 32])
    assert not tree.verify_consistency(old, new, mth(entries[:old]), mth(entries), proof[:-1]) or not proof


def test_consistency_leads_only_forwards_and_from_something() -> None:
    root = mth(data(3))
    assert not tree.verify_consistency(0, 3, sm3(b""), root, [])
    assert not tree.verify_consistency(4, 3, root, root, [])
    assert not tree.verify_consistency(2, 3, mth(data(2)), root, [])
    with pytest.raises(ValueError, match="no proof leads from a tree of 4 to one of 3"):
        tree.consistency_path(4, 3)
    with pytest.raises(ValueError, match="no leaf 3 in a tree of 3"):
        tree.inclusion_path(3, 3)
