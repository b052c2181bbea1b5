"""The Merkle tree: equal to an independent library, and no proof of it can be bent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from shirorom.log.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    frontier_at,
    grow,
    home_of,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

SIZE_MAX = 200
ENTRIES = [f"entry {i}".encode() for i in range(SIZE_MAX)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
WHOLE, COMPLETED = grow(Frontier(), LEAVES)

sizes = st.integers(1, SIZE_MAX)


def node_of(level: int, position: int) -> bytes:
    index, place = home_of(level, position)
    return COMPLETED[index][place]


def root_at(size: int) -> bytes:
    return frontier_at(size, node_of).root


@pytest.fixture(scope="module")
def oracle() -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        tree.append_entry(entry)
    return tree


def test_the_empty_tree_has_the_root_of_the_rfc() -> None:
    """RFC 6962 §2.1: the hash of an empty list is the hash of an empty string."""
    assert Frontier().root == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(size=sizes)
def test_roots_equal_pymerkle(oracle: InmemoryTree, size: int) -> None:
    """At every size the root is that of an independent implementation."""
    assert root_at(size) == oracle.get_root(size)


@given(data=st.data(), size=sizes)
def test_inclusion_proofs_equal_pymerkle_and_hold(oracle: InmemoryTree, data: st.DataObject, size: int) -> None:
    """Every leaf's path is the oracle's, and verifies against the root."""
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node_of)
    theirs = oracle.prove_inclusion(index + 1, size)
    assert [bytes.fromhex(node) for node in theirs.serialize()["path"][1:]] == proof
    assert verify_inclusion(LEAVES[index], index, size, proof, root_at(size))


@given(data=st.data(), new=sizes)
def test_consistency_proofs_hold(data: st.DataObject, new: int) -> None:
    """Every tree is shown to begin with every smaller one."""
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(old, new, node_of)
    assert verify_consistency(old, root_at(old), new, root_at(new), proof)


@given(data=st.data(), size=sizes)
def test_a_bent_inclusion_proof_is_refused(data: st.DataObject, size: int) -> None:
    """Another index, another size of other shape, a changed bit, a node more or less: nothing of it verifies."""
    index = data.draw(st.integers(0, size - 1))
    proof, root = inclusion_proof(index, size, node_of), root_at(size)
    leaf = LEAVES[index]
    other = data.draw(st.integers(0, size - 1).filter(lambda i: i != index)) if size > 1 else 1
    assert not verify_inclusion(leaf, other, size, proof, root)
    assert not verify_inclusion(leaf, index, size, [*proof, root], root)
    assert not verify_inclusion(_flipped(data, leaf), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, _flipped(data, root))
    if proof:
        place = data.draw(st.integers(0, len(proof) - 1))
        bent = [*proof[:place], _flipped(data, proof[place]), *proof[place + 1 :]]
        assert not verify_inclusion(leaf, index, size, bent, root)
        assert not verify_inclusion(leaf, index, size, proof[:-1], root)


@given(data=st.data(), new=st.integers(2, SIZE_MAX))
def test_a_bent_consistency_proof_is_refused(data: st.DataObject, new: int) -> None:
    """A forked tree cannot be shown to begin with the old one."""
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new, node_of)
    roots = root_at(old), root_at(new)
    assert not verify_consistency(old, _flipped(data, roots[0]), new, roots[1], proof)
    assert not verify_consistency(old, roots[0], new, _flipped(data, roots[1]), proof)
    assert not verify_consistency(old, roots[0], new, roots[1], [*proof, roots[0]])
    assert not verify_consistency(new, roots[1], old, roots[0], proof)
    place = data.draw(st.integers(0, len(proof) - 1))
    bent = [*proof[:place], _flipped(data, proof[place]), *proof[place + 1 :]]
    assert not verify_consistency(old, roots[0], new, roots[1], bent)
    assert not verify_consistency(old, roots[0], new, roots[1], proof[:-1])


@given(cut=st.integers(0, SIZE_MAX))
def test_growing_in_two_steps_is_growing_in_one(cut: int) -> None:
    """A log that was closed and opened again has the tree of one that never was."""
    first, early = grow(Frontier(), LEAVES[:cut])
    second, late = grow(first, LEAVES[cut:])
    assert (second, early + late) == (WHOLE, COMPLETED)


def test_a_frontier_has_a_peak_for_each_bit() -> None:
    """A frontier that cannot be is refused at birth."""
    with pytest.raises(ValueError, match="peak"):
        Frontier(3, (LEAVES[0],))


def _flipped(data: st.DataObject, value: bytes) -> bytes:
    place = data.draw(st.integers(0, len(value) * 8 - 1))
    changed = bytearray(value)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
