"""The register in files: `CURRENT` names a base and perhaps its delta, both mapped while they are in use (ADR 0029).

A file never changes once it has its name, which says what is in it; `CURRENT` is replaced last. So a reader, in any
process, has the older register or the newer one, and a full disk leaves the older one whole.
"""

from __future__ import annotations

import mmap
import os
import re
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from shirorom.adapters.durable import TEMPORARY_SUFFIX, private_directory, write_durably
from shirorom.adapters.storage_errors import code_of_os, storage_errors
from shirorom.domain.errors import StorageError
from shirorom.ports.clock import Clock
from shirorom.ports.register import MadeFrom
from shirorom.register.format import MalformedRegisterError, Purpose, unseal
from shirorom.register.lookup import Part, Register

POINTER = "CURRENT"
SUFFIX = ".reg"
AGE_MAX = timedelta(hours=24)
"""How old the newest book in a register may be (DESIGN §3.5)."""
KEPT = timedelta(hours=1)
"""How long a file stays that `CURRENT` does not name: one may just be opening it, or just be about to point to it."""
TRIES = 5
"""How often a reader looks again when what `CURRENT` named was taken away before it could be opened."""
REFUSED = frozenset({"register-corrupt", "register-foreign"})
"""What another look at the same files would say again."""

_POINTER_BYTES_MAX = 1_024
_NAME = r"[rd]-[0-9]{1,19}-[0-9a-f]{16}\.reg"
_POINTER = re.compile(rf"shirorom register v1\nbase ({_NAME})\n(?:delta ({_NAME})\n)?")
Names: TypeAlias = tuple[str, str | None]
Seen: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was loaded, by which names, and the state of the pointer that gave them."""

    seen: Seen
    names: Names
    register: Register


class RegisterFiles:
    """The registers of one log in one directory (ports.register.Registers). Thread-safe; one publisher at a time."""

    def __init__(
        self,
        directory: Path,
        log: MadeFrom,
        clock: Clock,
        *,
        age_max: timedelta = AGE_MAX,
        purpose: Purpose | None = None,
    ) -> None:
        """`purpose`: what the registers are for; None: marks. Any other is refused."""
        self._directory, self._log, self._clock, self._age_max = directory, log, clock, age_max
        self._purpose = purpose
        self._pointer = os.fspath(directory / POINTER)
        self._lock = threading.Lock()
        self._loaded: Loaded | None = None
        self._refused: tuple[Seen, StorageError] | None = None  # what was looked through once is not again

    def current(self) -> Register:
        """The newest register. Where `CURRENT` did not change, this costs one look at the file's state."""
        loaded = self._loaded
        if loaded is None or self._seen() != loaded.seen:
            with self._lock:
                loaded = self._load()
        register = loaded.register
        age = self._clock.now() - max(one.as_of for one in register.stamp.carriers)
        if age > self._age_max:
            raise StorageError("register-stale", hours=int(age.total_seconds() // 3600))
        return register

    def published_at(self) -> datetime | None:
        """When `CURRENT` was written."""
        try:
            return datetime.fromtimestamp(self._seen()[0] // 1_000_000_000, UTC)
        except StorageError as error:
            if error.code != "register-missing":
                raise
            return None

    def publish(self, base: bytes) -> Register:
        """Check it, write it, point to it."""
        with self._lock:
            part = self._part(base)
            self._refuse_foreign(self._together(part, None))
            with storage_errors(self._directory):
                return self._point(self._written(part, base, "r"), None)

    def publish_delta(self, delta: bytes) -> Register:
        """Check it, write it, point to it and to the base that is there."""
        with self._lock:
            there, part = self._load(), self._part(delta)
            self._refuse_foreign(self._together(there.register.base, part))
            with storage_errors(self._directory):
                return self._point(there.names[0], self._written(part, delta, "d"))

    def _seen(self) -> Seen:
        try:
            state = os.stat(self._pointer)  # for each request: Path.stat takes twice as long
        except FileNotFoundError:
            raise StorageError("register-missing") from None
        except OSError as error:
            raise StorageError("storage-failed") from error
        return state.st_mtime_ns, state.st_ino, state.st_size

    def _load(self) -> Loaded:
        """Load what `CURRENT` names, unless it is loaded or was refused. Under the lock."""
        for _ in range(TRIES):
            seen, loaded, refused = self._seen(), self._loaded, self._refused
            if loaded is not None and loaded.seen == seen:
                return loaded
            if refused is not None and refused[0] == seen:
                raise StorageError(refused[1].code, **refused[1].details)
            with suppress(FileNotFoundError):  # replaced in between
                self._loaded = self._opened(seen)
                return self._loaded
        raise StorageError("register-corrupt", part=POINTER)

    def _opened(self, seen: Seen) -> Loaded:
        try:
            names = base, delta = self._names()
            register = self._together(self._mapped(base), None if delta is None else self._mapped(delta))
            self._refuse_foreign(register)
        except StorageError as error:
            if error.code in REFUSED:
                self._refused = seen, error
            raise
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageError(code_of_os(error)) from error
        return Loaded(seen, names, register)

    def _names(self) -> Names:
        with (self._directory / POINTER).open("rb") as file:
            content = file.read(_POINTER_BYTES_MAX)
        body, _, _ = content.partition(b"sha256 ")
        match = _POINTER.fullmatch(body.decode("ascii", "replace"))
        if match is None or _pointer_of((match[1], match[2])) != content:
            raise StorageError("register-corrupt", part=POINTER)
        return match[1], match[2]

    def _mapped(self, name: str) -> Part:
        """One file, checked whole; one that is in use already is not checked again."""
        loaded = self._loaded
        if loaded is not None and loaded.names[0] == name:
            return loaded.register.base
        with (self._directory / name).open("rb") as file:
            if not os.fstat(file.fileno()).st_size:  # nothing cannot be mapped
                raise StorageError("register-corrupt", part=name)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)  # lives as long as arrays upon it
        part = self._part(memoryview(mapped))
        if _name_of(part, name[0]) != name:
            raise StorageError("register-corrupt", part=name)
        return part

    def _part(self, content: bytes | memoryview) -> Part:
        try:
            return Part(unseal(content))
        except MalformedRegisterError as error:
            raise StorageError("register-corrupt", part=error.part) from error

    def _together(self, base: Part, delta: Part | None) -> Register:
        try:
            return Register(base, delta)
        except MalformedRegisterError as error:
            raise StorageError("register-corrupt", part=error.part) from error

    def _refuse_foreign(self, register: Register) -> None:
        """A register is used only beside the log that it was made from."""
        made_from, practice = register.stamp.log, register.stamp.practice
        if register.stamp.purpose != self._purpose:
            raise StorageError("register-foreign")
        if made_from.origin != self._log.origin or practice != self._log.practice:
            raise StorageError("register-foreign")
        if made_from.size > self._log.head().size or self._log.root_at(made_from.size) != made_from.root:
            raise StorageError("register-foreign")

    def _written(self, part: Part, content: bytes, kind: str) -> str:
        """The name of the file that holds it. What is there under that name was written whole, or is written anew."""
        private_directory(self._directory)
        name = _name_of(part, kind)
        path = self._directory / name
        if not path.exists() or path.read_bytes() != content:
            write_durably(path, content)
        return name

    def _point(self, base: str, delta: str | None) -> Register:
        write_durably(self._directory / POINTER, _pointer_of((base, delta)))
        register = self._load().register
        self._sweep({base, delta})
        return register

    def _sweep(self, named: set[str | None]) -> None:
        """Take away older registers, and what a publisher that was killed left. What is in use goes another time."""
        before = self._clock.now().timestamp() - KEPT.total_seconds()
        for path in self._directory.iterdir():
            if path.suffix in (SUFFIX, TEMPORARY_SUFFIX) and path.name not in named:
                with suppress(OSError):  # Windows keeps a file that is mapped
                    if path.stat().st_mtime < before:
                        path.unlink()


def _name_of(part: Part, kind: str) -> str:
    """By the log's size and the register's digest: another content never has the name of a file that may be mapped."""
    return f"{kind}-{part.opened.stamp.log.size}-{part.opened.digest.hex()[:16]}{SUFFIX}"


def _pointer_of(names: Names) -> bytes:
    base, delta = names
    body = f"shirorom register v1\nbase {base}\n" + (f"delta {delta}\n" if delta is not None else "")
    return f"{body}sha256 {sha256(body.encode()).hexdigest()}\n".encode()
