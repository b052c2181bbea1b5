"""The Merkle tree of RFC 6962 §2.1: hashes, roots, proofs and their verification (RFC 9162 §2.1.3.2, §2.1.4.2).

A node is named by (level, position): it covers the 2**level leaves from position * 2**level on. Only nodes that are
full are ever stored, so a stored node never changes: it is stored with the leaf that made it full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

NodeOf = Callable[[int, int], bytes]
"""Gives the hash of a full node by (level, position)."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two nodes of the same level."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to append and to name the root: the full nodes that no larger full node covers.

    Attributes:
        size: Leaves.
        peaks: One hash for each bit set in `size`, the largest subtree first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError("a frontier has one peak for each bit of its size")

    @property
    def root(self) -> bytes:
        """The tree head: RFC 6962's MTH over all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self.peaks))


def grow(frontier: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[bytes]]:
    """Append leaf hashes; returns the new frontier, and for each leaf the hashes of the nodes that it made full.

    Those stand one behind the other: the leaf itself (level 0), then its ancestors upwards. `home_of` finds them.
    """
    size, peaks, completed = frontier.size, list(frontier.peaks), []
    for leaf in leaves:
        node, made, position = leaf, [leaf], size
        while position & 1:
            node = node_hash(peaks.pop(), node)
            made.append(node)
            position >>= 1
        peaks.append(node)
        completed.append(b"".join(made))
        size += 1
    return Frontier(size, tuple(peaks)), completed


def home_of(level: int, position: int) -> tuple[int, slice]:
    """Where a full node is kept: the index of the leaf that made it full, and its place in what that leaf completed."""
    return ((position + 1) << level) - 1, slice(level * HASH_BYTES, (level + 1) * HASH_BYTES)


def frontier_at(size: int, node_of: NodeOf) -> Frontier:
    """The frontier that a tree had at a size."""
    peaks = []
    first = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            peaks.append(node_of(level, first >> level))
            first += 1 << level
    return Frontier(size, tuple(peaks))


def inclusion_proof(index: int, size: int, node_of: NodeOf) -> list[bytes]:
    """The audit path of a leaf in the tree of a size (RFC 6962 §2.1.1), nearest the leaf first."""
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of this size")
    proof: list[bytes] = []
    first, count = 0, size
    while count & (count - 1):
        left = _split(count)
        if index < first + left:
            proof.append(_range_hash(first + left, count - left, node_of))
            count = left
        else:
            proof.append(node_of(left.bit_length() - 1, first // left))
            first, count = first + left, count - left
    inner = [
        node_of(level, index >> level ^ 1) for level in range(count.bit_length() - 1)
    ]  # a full tree from here down
    return inner + proof[::-1]


def consistency_proof(old: int, new: int, node_of: NodeOf) -> list[bytes]:
    """The proof that the tree of size `new` begins with the tree of size `old` (RFC 6962 §2.1.2)."""
    if not 0 < old <= new:
        raise ValueError("a consistency proof goes from a tree that is not empty to one at least as large")
    proof: list[bytes] = []
    first, count, whole = 0, new, True
    while first + count != old:
        left = _split(count)
        if old <= first + left:
            proof.append(_range_hash(first + left, count - left, node_of))
            count = left
        else:
            proof.append(_range_hash(first, left, node_of))
            first, count, whole = first + left, count - left, False
    if not whole:
        proof.append(_range_hash(first, count, node_of))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows the leaf at the index of the tree with this size and root (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, fn, sn = leaf, index, size - 1
    for sibling in proof:
        if sn == 0 or len(sibling) != HASH_BYTES:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == root


def verify_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the proof shows that the new tree begins with the old one (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new or any(len(node) != HASH_BYTES for node in proof):
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = path[0]
    for node in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_node, new_node = node_hash(node, old_node), node_hash(node, new_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = node_hash(new_node, node)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_node == old_root and new_node == new_root


def _split(count: int) -> int:
    """The largest power of two smaller than a count of at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _range_hash(first: int, count: int, node_of: NodeOf) -> bytes:
    """The root over leaves that start at a multiple of the largest power of two in their count."""
    peaks = []
    for level in reversed(range(count.bit_length())):
        if count >> level & 1:
            peaks.append(node_of(level, first >> level))
            first += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))
