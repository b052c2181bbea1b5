"""People in a backup: there afterwards with cards and passwords, nobody still signed in, damage noticed."""

from __future__ import annotations

import io
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from shirorom.compose import Composition
from shirorom.domain.desk.people import Role
from shirorom.domain.errors import StorageError
from shirorom.edge.cli.context import Options
from tests.people_kit import CALLER, NAME, PASSWORD, Shop, shop_of


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = shop_of(tmp_path / "data")
    made.owner()
    yield made
    made.close()


def save(tmp_path: Path) -> Path:
    composition = Composition(Options(data=tmp_path / "data"))
    composition.backup(tmp_path / "saved.tar")
    composition.close()
    return tmp_path / "saved.tar"


def restore(tmp_path: Path) -> Path:
    composition = Composition(Options(data=tmp_path / "new"))
    composition.restore(tmp_path / "saved.tar")
    composition.close()
    return tmp_path / "new"


def test_people_come_back_and_sign_in_anew(shop: Shop, tmp_path: Path) -> None:
    """Password, card, trusted device and program hold as before; the session of then does not."""
    person, card = shop.staff()
    signed = shop.people.sign_in(NAME, PASSWORD, CALLER, trust=True)
    token = shop.token(person)
    save(tmp_path)  # while the server has it open
    again = shop_of(restore(tmp_path))
    assert again.people.sessions.find(signed.session) is None
    assert again.people.sessions.device(signed.device) is not None
    assert again.people.sign_in(NAME, PASSWORD, CALLER, trust=False).person.role is Role.OWNER
    found = again.people.store.by_staff_code(again.people.secrets.digest("staff", card))
    assert found is not None
    assert found.id == person
    pairing = again.kit.parts.pairing
    assert pairing is not None
    assert pairing.find(token) is not None
    again.close()


def test_restored_file_is_private(shop: Shop, tmp_path: Path) -> None:
    """0600, and no half-written companion beside it."""
    save(tmp_path)
    new = restore(tmp_path)
    assert (new / "desk.sqlite").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in new.glob("desk.sqlite*")) == ["desk.sqlite"]


def test_damaged_people_are_not_saved(shop: Shop, tmp_path: Path) -> None:
    """A good backup is never replaced by a damaged one."""
    good = save(tmp_path).read_bytes()
    shop.close()
    path = tmp_path / "data" / "desk.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"desk-corrupt|storage-failed"):
        save(tmp_path)
    assert (tmp_path / "saved.tar").read_bytes() == good


def test_damaged_people_are_not_restored(shop: Shop, tmp_path: Path) -> None:
    """A changed byte is noticed before the directory becomes the data directory."""
    save(tmp_path)
    content = bytearray((tmp_path / "saved.tar").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(bytes(content))) as tar:
        start = tar.getmember("desk.sqlite").offset_data
    content[start + 5_000] ^= 1
    (tmp_path / "saved.tar").write_bytes(content)
    with pytest.raises(StorageError, match="backup-invalid"):
        restore(tmp_path)
    assert not (tmp_path / "new").exists()
