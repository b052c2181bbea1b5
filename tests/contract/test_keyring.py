"""The signing keys of a log (ports.signing.Keyring), held to their promise against files."""

from __future__ import annotations

import os
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.adapters.signing_keys import FileKeyring
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.keyring import KeyState, KnownKeys, decode_keys, encode_keys
from tests.logs import START

ORIGIN = "shirorom/practice/" + "0" * 32
LATER, LATEST = START + timedelta(days=30), START + timedelta(days=60)


@pytest.fixture
def keys(tmp_path: Path) -> FileKeyring:
    return keyring(tmp_path)


def keyring(data: Path) -> FileKeyring:
    return FileKeyring(data, practice=True, origin=lambda: ORIGIN, entropy=os.urandom)


def test_the_first_key_is_made_once(tmp_path: Path, keys: FileKeyring):
    """Whoever asks, and however often: it is the same key."""
    assert keys.signer(START).key == keyring(tmp_path).signer(LATER).key


def test_before_the_first_signature_there_is_no_key(keys: FileKeyring):
    """Looking makes nothing."""
    assert keys.known() == KnownKeys(ORIGIN, ())


@pytest.mark.skipif(os.name != "posix", reason="the profile directory protects it")
def test_nobody_else_may_read_a_key(tmp_path: Path, keys: FileKeyring):
    """0600, and refused where somebody made it looser."""
    keys.signer(START)
    (path,) = (tmp_path / "keys").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(StorageError) as raised:
        keys.signer(START)
    assert raised.value.code == "data-unsafe"


def test_many_at_once_make_one_first_key(tmp_path: Path):
    """Two processes never make two first keys."""
    made: list[str] = []
    barrier = threading.Barrier(6)

    def run() -> None:
        barrier.wait()
        made.append(keyring(tmp_path).signer(START).key.text)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(made)) == 1
    assert len(made) == 6


def test_rotation_ends_one_key_where_the_next_begins(keys: FileKeyring):
    """At every moment from the first on, one key is in force."""
    first = keys.signer(START).key
    second = keys.rotate(LATER)
    known = keys.known()
    assert [known.in_force(at) for at in (START, LATER - timedelta(seconds=1), LATER)] == [
        (first,),
        (first,),
        (second,),
    ]
    assert keys.signer(LATEST).key == second


def test_rotation_destroys_the_old_secret(tmp_path: Path, keys: FileKeyring):
    """One file is left, and it holds one secret: a thief of today cannot sign as yesterday's key."""
    keys.signer(START)
    before = {path.name for path in (tmp_path / "keys").iterdir()}
    keys.rotate(LATER)
    assert len(list((tmp_path / "keys").iterdir())) == 1
    assert before & {path.name for path in (tmp_path / "keys").iterdir()} == set()


def test_what_an_old_key_signed_holds_after_rotation(keys: FileKeyring):
    """The keys file still has it, without a word against it."""
    signer = keys.signer(START)
    signature = signer.sign(b"a checkpoint")
    keys.rotate(LATER)
    old = keys.known().find(signer.key)
    assert old is not None
    assert old.state(START) is KeyState.VALID
    assert old.key.verify(b"a checkpoint", signature)


def test_a_clock_put_back_does_not_turn_the_keys_around(keys: FileKeyring):
    """A key never ends before it began."""
    keys.signer(LATER)
    keys.rotate(START)
    assert all(one.until is None or one.until >= one.since for one in keys.known().keys)


def test_revoking_the_key_in_force_puts_another_in_its_place(keys: FileKeyring):
    """A stolen key signs nothing more here."""
    stolen = keys.signer(START).key
    keys.revoke(stolen.id.hex(), LATER, "盗まれた", LATEST)
    assert keys.signer(LATEST).key != stolen
    found = keys.known().find(stolen)
    assert found is not None
    assert [found.state(at) for at in (START, LATER, LATEST)] == [KeyState.VALID, KeyState.REVOKED, KeyState.REVOKED]


def test_an_old_key_is_revoked_and_the_new_one_stays(keys: FileKeyring):
    """Also a key that was rotated away may turn out to have been stolen."""
    first = keys.signer(START).key
    second = keys.rotate(LATER)
    keys.revoke(first.id.hex(), START, "漏れた", LATEST)
    assert keys.signer(LATEST).key == second
    assert keys.known().unrevoked() == (second,)


@pytest.mark.parametrize(("key", "code"), [("00000000", "key-unknown"), ("own", "key-revoked-already")])
def test_what_cannot_be_revoked(keys: FileKeyring, key: str, code: str):
    """A key that is not ours, and one that is revoked: its moment stays."""
    own = keys.signer(START).key.id.hex()
    keys.revoke(own, START, "漏れた", LATER)
    with pytest.raises(ShiroromError) as raised:
        keys.revoke(own if key == "own" else key, LATER, "", LATEST)
    assert raised.value.code == code


def test_a_change_over_another_change_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two processes that change the keys at once: one of them hears of it, none is lost."""
    keys = keyring(tmp_path)
    keys.signer(START)
    stale = keys._read()
    keyring(tmp_path).rotate(LATER)
    keyring(tmp_path).rotate(LATEST)
    monkeypatch.setattr(keys, "_read", lambda: stale)
    with pytest.raises(StorageError) as raised:
        keys.rotate(LATEST)
    assert raised.value.code == "keys-conflict"
    assert len(keyring(tmp_path).known().keys) == 3


@pytest.mark.parametrize("at", [0, 40, 120, -3])
def test_a_damaged_file_is_called_damaged(tmp_path: Path, keys: FileKeyring, at: int):
    """No new key is made over it, and nothing is signed."""
    keys.signer(START)
    (path,) = (tmp_path / "keys").iterdir()
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with pytest.raises(StorageError) as raised:
        keys.signer(START)
    assert raised.value.code == "keys-corrupt"


def test_a_keys_file_is_read_as_it_was_written(keys: FileKeyring):
    """What is published is what the reader pins."""
    keys.signer(START)
    keys.rotate(LATER)
    assert decode_keys(encode_keys(keys.known())) == keys.known()
    assert b"seed" not in encode_keys(keys.known())


@pytest.mark.parametrize(
    "bend",
    [("v1", "v2"), ('"name"', '"nome"'), ("practice/0", "real/0"), ("2026-11-23T", "2026-11-23 "), ("null", "0")],
)
def test_a_keys_file_in_another_form_is_refused(keys: FileKeyring, bend: tuple[str, str]):
    """Another version, an unknown name, keys of another log, another spelling of a time."""
    keys.signer(START)
    with pytest.raises(MalformedError):
        decode_keys(encode_keys(keys.known()).decode().replace(*bend, 1).encode())
