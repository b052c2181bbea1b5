"""Publishing: what is signed and shown follows from the log, holds together, and never goes back (T8)."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import decode_checkpoint
from shirorom.log.keyring import decode_keys
from shirorom.log.tiles import Tile, decode_bundle, nodes_by_tiles, split_tile
from shirorom.log.tree import frontier_at, leaf_hash
from shirorom.service.checkpoints import Signed
from tests.c2sp import opened
from tests.logs import START, imei
from tests.publishing_kit import PublishedLog


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[PublishedLog]:
    made = PublishedLog(tmp_path / "data")
    yield made
    made.close()


def root_by_files(shop: PublishedLog) -> bytes:
    """What a stranger computes from the files alone."""
    size = shop.published().checkpoint.size

    def hashes_of(tile: Tile) -> list[bytes]:
        content = shop.shelf.get(tile.path)
        return split_tile(content if content is not None else (shop.shelf.get(tile.full.path) or b""), tile)

    return frontier_at(size, nodes_by_tiles(size, hashes_of)).root


@pytest.mark.parametrize("steps", [(1,), (0, 3), (255, 1), (256,), (257, 300, 1)])
def test_the_files_lead_to_the_signed_root(shop: PublishedLog, steps: tuple[int, ...]):
    """At once or bit by bit: tiles hash to the root of the checkpoint, which is the log's."""
    for count in steps:
        if count:
            shop.grow(count)
        shop.publish()
    found = shop.published().checkpoint
    assert (found.size, found.root) == (shop.log.head().size, shop.log.head().root)
    assert root_by_files(shop) == found.root


def test_the_checkpoint_opens_with_twenty_lines_of_other_code(shop: PublishedLog):
    """A plain Ed25519 library, and the key from the keys file."""
    shop.grow(2)
    shop.publish()
    (key,) = decode_keys(shop.shelf.get("keys.json") or b"").keys
    text = opened(shop.shelf.get("checkpoint") or b"", key.key.text)
    assert text is not None
    assert decode_checkpoint(text).size == 2


def test_bundles_hold_the_entries_of_their_tile(shop: PublishedLog):
    """Every hash of a tile is of the entry beside it."""
    shop.grow(258)
    shop.publish()
    for tile in (Tile(0, 0), Tile(0, 1, 2)):
        entries = decode_bundle(shop.shelf.get(tile.entries_path) or b"", tile.width)
        assert [leaf_hash(one) for one in entries] == split_tile(shop.shelf.get(tile.path) or b"", tile)


def test_nothing_that_is_published_names_a_phone(shop: PublishedLog):
    """No number, no carrier, no glyph, no secret: the statement never leaves."""
    shop.grow(3, phones=3)
    shop.publish()
    whole = b"".join(path.read_bytes() for path in shop.shelf.root.rglob("*") if path.is_file())
    assert not re.search(rb"docomo|softbank|rakuten|clear|seed|statement|salt|glyph", whole)
    assert all(imei(n).key.encode() not in whole for n in range(3))


def test_a_full_tile_takes_the_place_of_its_beginnings(shop: PublishedLog):
    """Partial tiles are removed once the full one is there."""
    for count in (3, 200, 100):
        shop.grow(count)
        shop.publish()
    assert sorted(path.name for path in (shop.shelf.root / "tile/0").iterdir()) == ["000", "001.p"]


def test_publishing_again_writes_nothing_new(shop: PublishedLog):
    """The same checkpoint, to the byte."""
    shop.grow(5)
    shop.publish()
    before = shop.shelf.get("checkpoint")
    assert shop.publish().files == 1
    assert shop.shelf.get("checkpoint") == before


def test_a_log_that_went_back_is_never_signed(tmp_path: Path, shop: PublishedLog):
    """T8: yesterday's copy of the log, with its own yesterday's checkpoint, against what was signed since."""
    shop.grow(4)
    shop.close()
    shutil.copytree(shop.data / "log", tmp_path / "log")
    shutil.copy(shop.data / "checkpoint-practice.last", tmp_path)
    grown = PublishedLog(shop.data)
    grown.grow(3)
    grown.publish()
    grown.close()
    shutil.rmtree(shop.data / "log")
    shutil.move(tmp_path / "log", shop.data / "log")
    shutil.move(tmp_path / "checkpoint-practice.last", shop.data / "checkpoint-practice.last")
    back = PublishedLog(shop.data)
    with pytest.raises(StorageError) as raised:
        back.publish()
    assert raised.value.code == "log-rolled-back"
    back.grow(5)  # longer than what was signed, but another history
    with pytest.raises(StorageError) as raised:
        back.publish()
    assert raised.value.code == "log-rolled-back"
    assert back.published().checkpoint.size == 7
    back.close()


def test_many_who_sign_at_once_sign_one_history(shop: PublishedLog):
    """Each head that was signed is at or before the next; the last one is the log's."""
    shop.grow(1)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            for _ in range(4):
                shop.publish()
        except BaseException as error:  # noqa: BLE001  # told to the test
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for one in threads:
        one.start()
    for _ in range(6):
        shop.grow(1)
    for one in threads:
        one.join()
    shop.publish()
    assert failed == []
    assert shop.published().checkpoint.size == 7
    assert root_by_files(shop) == shop.published().checkpoint.root


def test_old_checkpoints_hold_after_rotation(shop: PublishedLog):
    """By the keys file of today; and the head is signed anew by the new key, though nothing was added."""
    shop.grow(2)
    shop.publish()
    old = shop.published()
    new_key = shop.keys.rotate(START + timedelta(days=30))
    shop.publish()
    known = decode_keys(shop.shelf.get("keys.json") or b"")
    assert old.note.verified_by(known.verifiers) == (known.keys[0].key,)
    assert shop.published().note.verified_by(known.verifiers) == (new_key,)


def test_a_memory_signed_by_a_stranger_is_damage(shop: PublishedLog, tmp_path: Path):
    """Somebody else's note in our memory signs nothing away."""
    other = PublishedLog(tmp_path / "other")
    other.grow(1)
    theirs = other.checkpoints.signed().note
    other.close()
    shop.heads.advance(shop.log.origin, theirs.encode(), expected=None)
    with pytest.raises(StorageError) as raised:
        shop.checkpoints.signed()
    assert raised.value.code == "log-corrupt"


@pytest.mark.parametrize("content", [b"", bytes(32)])
def test_a_bent_tile_is_written_anew(shop: PublishedLog, content: bytes):
    """No checkpoint is published over tiles that lead elsewhere: the log is the truth, its files are made of it."""
    shop.grow(256)
    shop.publish()
    shop.shelf.put("tile/1/000.p/1", content)
    shop.publish()
    assert root_by_files(shop) == shop.log.head().root


def test_a_log_whose_own_tree_is_damaged_is_not_published(shop: PublishedLog, monkeypatch: pytest.MonkeyPatch):
    """Stored hashes that the entries do not hash to: the older checkpoint stays."""
    shop.grow(2)
    shop.publish()
    before = shop.shelf.get("checkpoint")
    shop.grow(1)
    monkeypatch.setattr(shop.log, "nodes", lambda level, first, count: [bytes(32)] * count)
    with pytest.raises(StorageError):
        shop.publish()
    assert shop.shelf.get("checkpoint") == before


def test_without_tiles_all_are_written_anew(shop: PublishedLog):
    """`publish/` may be thrown away but for what was signed."""
    shop.grow(300)
    shop.publish()
    shutil.rmtree(shop.shelf.root)
    shop.publish()
    assert root_by_files(shop) == shop.log.head().root


def test_an_empty_log_has_a_checkpoint(shop: PublishedLog):
    """Size 0, and the root over nothing."""
    assert shop.checkpoints.signed().checkpoint.size == 0
    shop.grow(1)
    assert isinstance(shop.checkpoints.signed(), Signed)
