"""Tiles: names and places as c2sp.org/tlog-tiles has them, and proofs that are read from them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from shirorom.log.entry import MalformedError
from shirorom.log.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    decode_bundle,
    encode_bundle,
    is_tile_path,
    nodes_by_tiles,
    root_of,
    tile_at,
    tiles_between,
)
from shirorom.log.tree import (
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

SIZE_MAX = 1_000
LEAVES = [leaf_hash(b"%d" % n) for n in range(SIZE_MAX)]
WHOLE, COMPLETED = grow(Frontier(), LEAVES)


def node(level: int, position: int) -> bytes:
    index, place = home_of(level, position)
    return COMPLETED[index][place]


def hashes_of(tile: Tile) -> list[bytes]:
    return [node(tile.level * HEIGHT, tile.first + i) for i in range(tile.width)]


def test_the_path_of_the_specification():
    """Index 1234067 is x001/x234/067."""
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"


@pytest.mark.parametrize(
    ("size", "tiles"),
    [
        (70_000, {(0, True): 273, (0, 112): 1, (1, True): 1, (1, 17): 1, (2, 1): 1}),
        (256, {(0, True): 1, (1, 1): 1}),
        (0, {}),
    ],
)
def test_a_tree_has_the_tiles_that_the_specification_counts(size: int, tiles: dict[tuple[int, int], int]):
    """Its own examples: 70,000 entries, and 256."""
    found: dict[tuple[int, int], int] = {}
    for tile in tiles_between(0, size):
        key = (tile.level, tile.width == WIDTH or tile.width)
        found[key] = found.get(key, 0) + 1
    assert found == tiles


@pytest.mark.parametrize(
    "path",
    ["tile/0/000", "tile/7/999", "tile/entries/x001/000.p/255", "tile/0/000.p/1", "tile/1/x001/x234/067"],
)
def test_a_tile_has_one_name(path: str):
    """What the specification would name so."""
    assert is_tile_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "tile/8/000", "tile/00/000", "tile/0/0", "tile/0/x000/001", "tile/0/001/000", "tile/0/000.p/0",
        "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/../../keys", "tile/0/000/", "tile/entries/000.p/",
        "checkpoint", "tile/0/000\n",
    ],
)  # fmt: skip
def test_no_other_spelling_names_a_tile(path: str):
    """Nothing else is looked for on the disk."""
    assert not is_tile_path(path)


@given(old=st.integers(0, 200_000), more=st.integers(0, 2_000))
@settings(max_examples=50, deadline=None)
def test_what_one_publication_leaves_the_next_one_adds(old: int, more: int):
    """Every tile of the new size was there, full, or is added."""
    whole, before = set(tiles_between(0, old + more)), {t for t in tiles_between(0, old) if t.width == WIDTH}
    added = set(tiles_between(old, old + more))
    assert whole - added <= set(tiles_between(0, old))
    assert not added & before


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_by_tiles_are_proofs(data: st.DataObject):
    """Inclusion, consistency and root from the tiles alone hold against the tree."""
    size = data.draw(st.integers(1, SIZE_MAX))
    old, index = data.draw(st.integers(1, size)), data.draw(st.integers(0, size - 1))
    by_tiles = nodes_by_tiles(size, hashes_of)
    root, old_root = frontier_at(size, by_tiles).root, frontier_at(old, node).root
    assert root == frontier_at(size, node).root
    assert verify_inclusion(LEAVES[index], index, size, inclusion_proof(index, size, by_tiles), root)
    assert verify_consistency(old, old_root, size, root, consistency_proof(old, size, by_tiles))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
def test_the_root_by_tiles_is_pymerkles(size: int):
    """A library that we did not write hashes the same entries to the same root."""
    oracle = InmemoryTree(algorithm="sha256")
    for n in range(size):
        oracle.append_entry(b"%d" % n)
    assert frontier_at(size, nodes_by_tiles(size, hashes_of)).root == oracle.get_root(size)


def test_a_hash_of_a_tile_is_the_root_of_the_one_below():
    """Level 1 is made of full tiles of level 0."""
    assert hashes_of(Tile(1, 0, 1)) == [root_of(hashes_of(Tile(0, 0)))]


def test_a_tree_has_no_tile_beyond_its_edge():
    """Nobody asks for what cannot be there."""
    with pytest.raises(MalformedError):
        tile_at(0, 1, 256)


@given(entries=st.lists(st.binary(max_size=40), min_size=1, max_size=20), at=st.integers(0, 5))
def test_a_bundle_is_read_as_it_was_written(entries: list[bytes], at: int):
    """Exactly so many entries, and nothing after them."""
    content = encode_bundle(entries)
    assert decode_bundle(content, len(entries)) == entries
    for bent in (content + b"\0", content[: len(content) - 1 - at]):
        with pytest.raises(MalformedError):
            decode_bundle(bent, len(entries))


def test_an_entry_too_long_for_a_bundle_is_refused():
    """Two bytes say its length."""
    with pytest.raises(ValueError, match="65,535"):
        encode_bundle([bytes(65_536)])
