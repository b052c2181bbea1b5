"""Saved evidence: encrypted, found again by its digest, for the owner alone, never taken for whole when it is not."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters import blobs as blobs_module
from shirorom.adapters.blobs import FileBlobs
from shirorom.adapters.keys import Keys
from shirorom.domain.errors import RequestError, StorageError
from tests.logs import imei

LONG_AGO = 1_000_000_000
PAGE = f"<p>{imei().digits} ○</p>".encode()


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "data", entropy=os.urandom)


def only_file(data: Path) -> Path:
    (path,) = (path for path in (data / "blobs").rglob("*") if path.is_file())
    return path


@pytest.mark.parametrize("content", [b"", PAGE, os.urandom(100_000)], ids=["empty", "page", "picture"])
def test_content_comes_back(blobs: FileBlobs, content: bytes) -> None:
    """By its digest, byte for byte, also by another process."""
    digest = blobs.put(content)
    assert digest == sha256(content).hexdigest()
    assert blobs.get(digest) == content


def test_what_is_not_kept_is_none(blobs: FileBlobs) -> None:
    """Nothing is made up for a digest that was never kept."""
    assert blobs.get(sha256(b"never").hexdigest()) is None


def test_it_is_kept_once(blobs: FileBlobs, tmp_path: Path) -> None:
    """The same content twice is one file, and the second time changes none of its bytes."""
    digest = blobs.put(PAGE)
    before = only_file(tmp_path / "data").read_bytes()
    assert blobs.put(PAGE) == digest
    assert only_file(tmp_path / "data").read_bytes() == before
    assert list(blobs.digests()) == [digest]


def test_neither_name_nor_content_gives_the_number_away(blobs: FileBlobs, tmp_path: Path) -> None:
    """The number, its plain digest and the page's plain digest stand nowhere on the disk."""
    digest = blobs.put(PAGE)
    path = only_file(tmp_path / "data")
    for secret in (imei().digits, imei().key, digest, sha256(imei().digits.encode()).hexdigest()):
        assert secret not in str(path)
        assert secret.encode() not in path.read_bytes()


def test_another_installation_names_it_otherwise(tmp_path: Path) -> None:
    """Names cannot be guessed from content without the key."""
    names = set()
    for place in ("one", "two"):
        FileBlobs(tmp_path / place, entropy=os.urandom).put(PAGE)
        names.add(only_file(tmp_path / place).name)
    assert len(names) == 2


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_seen(tmp_path_factory: pytest.TempPathFactory, place: int, bit: int) -> None:
    """No changed byte of a file is ever returned as content."""
    data = tmp_path_factory.mktemp("flip") / "data"
    blobs = FileBlobs(data, entropy=os.urandom)
    digest, path = blobs.put(PAGE), only_file(data)
    changed = bytearray(path.read_bytes())
    changed[place % len(changed)] ^= 1 << bit
    path.write_bytes(changed)
    with pytest.raises(StorageError) as caught:
        blobs.get(digest)
    assert caught.value.code == "blob-corrupt"


def test_files_that_changed_places_are_seen(blobs: FileBlobs, tmp_path: Path) -> None:
    """One phone's page cannot be put in the place of another's."""
    first = blobs.put(b"one")
    path = only_file(tmp_path / "data")
    sealed = path.read_bytes()
    path.unlink()
    second = blobs.put(b"two")
    only_file(tmp_path / "data").write_bytes(sealed)
    assert blobs.get(first) is None
    with pytest.raises(StorageError):
        blobs.get(second)


def test_damaged_content_is_mended_by_putting_it_again(blobs: FileBlobs, tmp_path: Path) -> None:
    """Whoever has the content can heal the file."""
    digest = blobs.put(PAGE)
    only_file(tmp_path / "data").write_bytes(b"SRB1")
    blobs.put(PAGE)
    assert blobs.get(digest) == PAGE


def test_too_much_is_refused(blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit nothing is kept."""
    monkeypatch.setattr(blobs_module, "BLOB_BYTES_MAX", 10)
    blobs.put(bytes(10))
    with pytest.raises(RequestError) as caught:
        blobs.put(bytes(11))
    assert caught.value.code == "body-too-large"
    assert len(list(blobs.digests())) == 1


def test_what_is_older_than_its_time_goes(blobs: FileBlobs, tmp_path: Path) -> None:
    """Put before the moment: gone. Put again since: kept. Half written long ago: gone as well."""
    old, kept = blobs.put(b"old"), blobs.put(b"kept")
    for path in (tmp_path / "data" / "blobs").glob("*/*"):
        os.utime(path, (LONG_AGO, LONG_AGO))
    half = next((tmp_path / "data" / "blobs").glob("*")) / "left.part"
    half.write_bytes(b"half")
    os.utime(half, (LONG_AGO, LONG_AGO))
    blobs.put(b"kept")
    assert blobs.expire(before=datetime.fromtimestamp(LONG_AGO + 1, UTC)) == 1
    assert (blobs.get(old), blobs.get(kept), half.exists()) == (None, b"kept", False)


def test_only_the_owner_may_read(blobs: FileBlobs, tmp_path: Path) -> None:
    """Directories 0700 and files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        blobs.put(PAGE)
    finally:
        os.umask(before)
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "data").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_lost_key_is_not_replaced(blobs: FileBlobs, tmp_path: Path) -> None:
    """A new key would make all that is kept unreadable and say nothing: it is refused instead."""
    blobs.put(PAGE)
    (tmp_path / "data" / "keys" / "blobs").unlink()
    with pytest.raises(StorageError) as caught:
        FileBlobs(tmp_path / "data", entropy=os.urandom).put(b"new")
    assert caught.value.code == "blob-corrupt"


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    """Every process gets the same 32 bytes; different names, different secrets."""
    first = Keys(tmp_path / "data", entropy=os.urandom).secret("one")
    again = Keys(tmp_path / "data", entropy=os.urandom)
    assert (len(first), again.secret("one")) == (32, first)
    assert again.secret("two") != first


def test_the_first_secret_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes that make one secret at the same time end with one secret, not one each."""
    other = Keys(tmp_path / "data", entropy=os.urandom)

    def late(count: int) -> bytes:
        monkeypatch.setattr(other, "_entropy", os.urandom)
        other.secret("one")  # the other process comes first
        return os.urandom(count)

    ours = Keys(tmp_path / "data", entropy=late).secret("one")
    assert ours == other.secret("one")
    assert [path.name for path in (tmp_path / "data" / "keys").iterdir()] == ["one"]


@pytest.mark.parametrize(("part", "mode"), [("keys", 0o750), ("keys/one", 0o644), ("keys/one", 0o620)])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, part: str, mode: int) -> None:
    """Its owner is told, and it is not used."""
    keys = Keys(tmp_path / "data", entropy=os.urandom)
    keys.secret("one")
    (tmp_path / "data" / part).chmod(mode)
    with pytest.raises(StorageError) as caught:
        keys.secret("one")
    assert caught.value.code == "data-unsafe"


def test_half_a_secret_is_refused(tmp_path: Path) -> None:
    """A file of another length is damage, not a key."""
    keys = Keys(tmp_path / "data", entropy=os.urandom)
    keys.secret("one")
    (tmp_path / "data" / "keys" / "one").write_bytes(b"short")
    with pytest.raises(StorageError):
        keys.secret("one")
