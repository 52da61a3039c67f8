"""The Merkle tree of RFC 9162 §2.1 with SM3 (GB/T 32905) in place of SHA-256.

A *node* is a perfect subtree: (level, index) stands for the leaves [index << level, (index + 1) << level) and never
changes once its last leaf is in. Any other range hash folds up from nodes, so nodes are all that is ever kept: each
leaf brings its own hash and those of the nodes it completes, two hashes a leaf on average. Written one after the
other they are the tree in post-order, and `position` finds each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from cryptography.hazmat.primitives import hashes

DIGEST = 32

Node: TypeAlias = tuple[int, int]
Range: TypeAlias = tuple[int, int]


def _hasher(prefix: bytes) -> Callable[[bytes], bytes]:
    """SM3(prefix ‖ data) as a function; copying a started state costs half of looking the algorithm up again."""
    if "sm3" not in hashlib.algorithms_available:  # a Python with an OpenSSL of its own, built without SM3
        return lambda data: _portable(prefix + data)
    started = hashlib.new("sm3", prefix)

    def digest(data: bytes) -> bytes:
        state = started.copy()
        state.update(data)
        return state.digest()

    return digest


def _portable(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


sm3 = _hasher(b"")
leaf_hash = _hasher(b"\0")
_node_hash = _hasher(b"\1")
EMPTY_ROOT = sm3(b"")


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return _node_hash(left + right)


class Frontier:
    """The right edge of a growing tree: the roots of its largest perfect subtrees, largest first."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self.peaks = list(peaks)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        return cls(size, [bytes(data[start : start + DIGEST]) for start in range(0, len(data), DIGEST)])

    def to_bytes(self) -> bytes:
        return b"".join(self.peaks)

    def append(self, leaf: bytes) -> list[bytes]:
        """Add a leaf hash; the hashes of the nodes it completes, itself first. O(log n)."""
        completed = [leaf]
        full = self.size
        while full & 1:
            leaf = node_hash(self.peaks.pop(), leaf)
            completed.append(leaf)
            full >>= 1
        self.peaks.append(leaf)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The tree's root (MTH of RFC 9162 §2.1.1)."""
        return fold(self.peaks) if self.peaks else EMPTY_ROOT


def fold(peaks: Sequence[bytes]) -> bytes:
    """The hash over neighbouring perfect subtrees, larger ones first."""
    *rest, folded = peaks
    for peak in reversed(rest):
        folded = node_hash(peak, folded)
    return folded


def cover(start: int, end: int) -> Iterator[Node]:
    """The largest nodes that make up the leaves [start, end), where `start` is aligned to the range's own size."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def position(node: Node) -> int:
    """Where a node's hash stands, in hashes, when all leaves' completed nodes are written one after the other."""
    level, index = node
    last = ((index + 1) << level) - 1
    return 2 * last - last.bit_count() + level


def inclusion_path(index: int, size: int) -> list[Range]:
    """The ranges whose hashes prove leaf `index` in the tree of `size` leaves (PATH of RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that `new` leaves begin with the `old` (PROOF of RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise ValueError(f"no proof leads from a tree of {old} to one of {new}")
    path = []
    start, end = 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start:  # otherwise the old tree is itself a node on the way, and the verifier has its root
        path.append((start, end))
    return path[::-1]


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether `path` leads from leaf hash `leaf` at `index` to the root of `size` leaves."""
    if not 0 <= index < size:
        return False
    first, second, folded = index, size - 1, leaf
    for step in path:
        if second == 0:
            return False
        if first & 1 or first == second:
            folded = node_hash(step, folded)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            folded = node_hash(folded, step)
        first, second = first >> 1, second >> 1
    return second == 0 and folded == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """RFC 9162 §2.1.4.2: whether `path` shows that the tree of `new` leaves begins with that of `old`."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        return False
    first, second = old - 1, new - 1
    while first & 1:
        first, second = first >> 1, second >> 1
    old_folded = new_folded = steps[0]
    for step in steps[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            old_folded, new_folded = node_hash(step, old_folded), node_hash(step, new_folded)
            while not first & 1 and first:
                first, second = first >> 1, second >> 1
        else:
            new_folded = node_hash(new_folded, step)
        first, second = first >> 1, second >> 1
    return second == 0 and old_folded == old_root and new_folded == new_root
