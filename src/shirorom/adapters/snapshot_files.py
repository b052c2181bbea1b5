"""Snapshots in the data directory: the one applied, as a register file and a pointer; and those that were given out.

As with the register: a file never changes once it has its name, and `CURRENT` is replaced last. `CURRENT` holds the
signed head, the maker's keys, and the digest of the register, under a check value of its own.
"""

from __future__ import annotations

import mmap
import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from shirorom.adapters.durable import TEMPORARY_SUFFIX, create_private, private_directory, sync_directory, write_durably
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.note import VerifierKey, decode_note
from shirorom.register.applied import Applied
from shirorom.register.build import build_packed
from shirorom.register.content import Content
from shirorom.register.format import Layout, MalformedRegisterError
from shirorom.register.lookup import Register, open_register
from shirorom.register.snapshot import FILE_BYTES_MAX, Snapshot
from shirorom.register.snapshot_head import decode_head

POINTER = "CURRENT"
LOCK = "lock.sqlite"
SUFFIX = ".reg"
GIVEN_SUFFIX = ".snap"
BOX_BYTES_MORE = 1 << 18
"""What encryption adds to a file at most (adapters/sealed_box.py)."""
GIVEN_MAX = 16
"""Files given out of which the whole content is kept."""
DIGITS_MIN = 8
BUSY_MS = 5_000
TRIES = 5

_POINTER_BYTES_MAX = 1 << 20
_NAME = re.compile(r"s-[0-9]{1,19}-[0-9a-f]{16}\.reg")
Seen: TypeAlias = tuple[int, int, int]


class _Pointer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["shirorom-snapshot/v1"]
    register: str
    digest: str
    keys: list[str]
    note: str


class SnapshotFiles:
    """The snapshot of one world in one directory (ports.snapshot.Shelf). Thread-safe."""

    def __init__(self, directory: Path, layout: Layout = Layout.COMPACT, busy_ms: int = BUSY_MS) -> None:
        """`busy_ms`: how long `changing` waits for another process."""
        self._directory, self._layout, self._busy_ms = directory, layout, busy_ms
        self._pointer = os.fspath(directory / POINTER)
        self._lock = threading.Lock()
        self._loaded: tuple[Seen, Applied | StorageError] | None = None  # what was looked through once is not again

    def current(self) -> Applied | None:
        """The one in force."""
        for _ in range(TRIES):
            with storage_errors(self._directory):
                seen = self._seen()
                loaded = self._loaded
                if seen is None:
                    return None
                if loaded is None or loaded[0] != seen:
                    with self._lock:
                        loaded = self._look(seen)
                if loaded is not None:
                    return _said(loaded[1])
        raise StorageError("snapshot-corrupt", part=POINTER)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A lock that ends with the process that holds it: a transaction of SQLite."""
        with storage_errors(self._directory):
            private_directory(self._directory)
            with suppress(FileExistsError):
                os.close(create_private(self._directory / LOCK))
            lock = sqlite3.connect(self._directory / LOCK, timeout=self._busy_ms / 1_000, isolation_level=None)
        with closing(lock):
            with storage_errors(self._directory):
                lock.execute("BEGIN EXCLUSIVE")
            yield

    def put(self, snapshot: Snapshot, content: Content, keys: Sequence[VerifierKey]) -> Applied:
        """The register first, then what names it."""
        made = build_packed(content.packed, content.stamp, self._layout)
        register = open_register(made)
        name = f"s-{content.stamp.log.size}-{register.base.opened.digest.hex()[:16]}{SUFFIX}"
        pointer = _Pointer(
            "shirorom-snapshot/v1", name, register.base.opened.digest.hex(), [key.text for key in keys],
            snapshot.note.encode().decode(),
        )  # fmt: skip
        with storage_errors(self._directory):
            private_directory(self._directory)
            path = self._directory / name
            if not path.exists() or path.read_bytes() != made:  # one that is mapped cannot be replaced on Windows
                write_durably(path, made)
            write_durably(Path(self._pointer), _sealed(pointer))
            self._sweep(name)
        return Applied(snapshot.head, register, tuple(keys))

    def forget(self) -> bool:
        """The pointer first: without it nothing is in force."""
        with storage_errors(self._directory):
            try:
                os.unlink(self._pointer)
            except FileNotFoundError:
                return False
            sync_directory(self._directory)
            self._sweep("")
        return True

    def _look(self, seen: Seen) -> tuple[Seen, Applied | StorageError] | None:
        """What is there, or why it is refused; None: it was replaced in between."""
        try:
            self._loaded = seen, self._opened()
        except FileNotFoundError:
            return None
        except StorageError as error:
            self._loaded = seen, error
        return self._loaded

    def _seen(self) -> Seen | None:
        try:
            state = os.stat(self._pointer)
        except FileNotFoundError:
            return None
        return state.st_mtime_ns, state.st_ino, state.st_size

    def _opened(self) -> Applied:
        with open(self._pointer, "rb") as file:
            pointer = _unsealed(file.read(_POINTER_BYTES_MAX))
        try:
            head = decode_head(decode_note(pointer.note.encode()).text)
            keys = tuple(map(VerifierKey.parse, pointer.keys))
        except MalformedError as error:
            raise StorageError("snapshot-corrupt", part=POINTER) from error
        register = self._mapped(pointer.register)
        if register.base.opened.digest.hex() != pointer.digest or register.stamp != head.stamp:
            raise StorageError("snapshot-corrupt", part=pointer.register)
        return Applied(head, register, keys)

    def _mapped(self, name: str) -> Register:
        with (self._directory / name).open("rb") as file:
            if not os.fstat(file.fileno()).st_size:  # nothing cannot be mapped
                raise StorageError("snapshot-corrupt", part=name)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lives as long as arrays upon it
        try:
            return open_register(memoryview(mapped))
        except MalformedRegisterError as error:
            raise StorageError("snapshot-corrupt", part=error.part) from error

    def _sweep(self, named: str) -> None:
        """Take away older ones, and what was cut off. Whoever has one open keeps it; Windows takes it another time."""
        for path in self._directory.iterdir():
            if path.suffix in (SUFFIX, TEMPORARY_SUFFIX) and path.name != named:
                with suppress(OSError):
                    path.unlink()


class GivenFiles:
    """What was given out, in one directory (ports.snapshot.Given)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def keep(self, given: bytes, whole: bytes) -> None:
        """Under the digest of what was given."""
        with storage_errors(self._directory):
            private_directory(self._directory)
            write_durably(self._directory / f"{sha256(given).hexdigest()}{GIVEN_SUFFIX}", whole)
            kept = sorted(self._directory.glob(f"*{GIVEN_SUFFIX}"), key=lambda path: path.stat().st_mtime_ns)
            for path in kept[:-GIVEN_MAX]:
                path.unlink(missing_ok=True)

    def since(self, name: str) -> bytes | None:
        """The one whose digest begins so, where there is one only."""
        if not re.fullmatch(rf"[0-9a-f]{{{DIGITS_MIN},64}}", name):
            return None
        with storage_errors(self._directory):
            found = list(self._directory.glob(f"{name}*{GIVEN_SUFFIX}")) if self._directory.is_dir() else []
            return found[0].read_bytes() if len(found) == 1 else None


def _said(loaded: Applied | StorageError) -> Applied:
    if isinstance(loaded, StorageError):
        raise StorageError(loaded.code, **loaded.details)
    return loaded


def read_file(path: Path) -> bytes:
    """A snapshot's file, encrypted or not. Raises `snapshot-malformed` where it is larger than any can be."""
    most = FILE_BYTES_MAX + BOX_BYTES_MORE
    with storage_errors(path), path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ShiroromError("snapshot-malformed", part="length")
    return content


def _sealed(pointer: _Pointer) -> bytes:
    body = msgspec.json.encode(pointer)
    return body + b"\nsha256 " + sha256(body).hexdigest().encode() + b"\n"


def _unsealed(content: bytes) -> _Pointer:
    body, _, _ = content.partition(b"\n")
    try:
        pointer = msgspec.json.decode(body, type=_Pointer)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StorageError("snapshot-corrupt", part=POINTER) from error
    if _sealed(pointer) != content or not _NAME.fullmatch(pointer.register):
        raise StorageError("snapshot-corrupt", part=POINTER)
    return pointer
