"""A data directory as one tar file (ports.Archive): any tar can open it in ten years.

The last member, `MANIFEST`, is a line with the SHA-256 of the rest of itself, then JSON: version, time, what each log
stands at, and of every other member its name, size and SHA-256.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tarfile
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import IO

import msgspec

from shirorom.adapters.durable import create_private, private_directory, sync_directory
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint

MANIFEST = "MANIFEST"
MANIFEST_BYTES_MAX = 256_000_000
CHUNK = 1 << 20

_NAMES = re.compile(
    r"log/(?:real|practice)\.sqlite|desk\.sqlite|keys/[a-z][a-z0-9-]*|blobs/[0-9a-f]{2}/[0-9a-f]{64}|segments/[0-9a-f]{64}\.seg|config\.toml"
)
_STAGED = ".part-"


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    origin: str
    size: int
    root: str


class _Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    size: int
    sha256: str


class _Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    v: int
    made_at: datetime
    logs: dict[str, _Head]
    files: list[_Member]


class TarArchive:
    """Packs and unpacks one data directory."""

    def __init__(self, data: Path) -> None:
        self._data = data

    @contextmanager
    def stage(self, beside: Path) -> Iterator[Path]:
        """A private directory next to a path, removed in the end; those of interrupted calls are removed first."""
        place = beside.absolute()
        with storage_errors(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            for left in place.parent.glob(f".{place.name}{_STAGED}*"):
                shutil.rmtree(left, ignore_errors=True)
            staged = place.with_name(f".{place.name}{_STAGED}{secrets.token_hex(8)}")
            private_directory(staged)
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def pack(self, staged: Path, target: Path, *, heads: Mapping[str, Checkpoint], made_at: datetime) -> None:
        """Write the archive inside `staged`, make it durable, and put it in its place."""
        part = staged / "archive"
        with storage_errors(target.absolute()):
            with os.fdopen(create_private(part), "wb") as file:
                with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
                    added = [_add(tar, name, path) for name, path in self._sources(staged)]
                    members = [member for member in added if member is not None]
                    logs = {
                        log: _Head(head.origin, head.size, b64encode(head.root).decode()) for log, head in heads.items()
                    }
                    _add_bytes(tar, MANIFEST, _manifest_bytes(_Manifest(1, made_at, logs, members)))
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
            sync_directory(target.absolute().parent)

    def unpack(self, source: Path, staged: Path) -> Mapping[str, Checkpoint]:
        """Every member into `staged`, private and durable; then its size and digest against the manifest."""
        with storage_errors(staged):
            try:
                manifest, found = self._unpack(source, staged)
                if manifest.v != 1 or {one.name: one for one in manifest.files} != found:
                    raise StorageError("backup-invalid", part="manifest")
                return {log: Checkpoint(h.origin, h.size, b64decode(h.root)) for log, h in manifest.logs.items()}
            except (tarfile.TarError, msgspec.MsgspecError, ValueError, EOFError, KeyError) as error:
                raise StorageError("backup-invalid", part="archive") from error

    def refuse_unless_empty(self) -> None:
        """Nothing may be overwritten by a restore."""
        if self._data.exists() and any(self._data.iterdir()):
            raise StorageError("restore-not-empty")

    def go_live(self, staged: Path) -> None:
        """One rename: before it the data directory is as empty as it was, after it everything is there."""
        with storage_errors(self._data):
            for folder, _, _ in os.walk(staged):
                sync_directory(Path(folder))
            self.refuse_unless_empty()
            if os.name != "posix" and self._data.exists():
                self._data.rmdir()  # POSIX renames over an empty directory; Windows does not
            staged.rename(self._data)
            sync_directory(self._data.absolute().parent)

    def _sources(self, staged: Path) -> Iterator[tuple[str, Path]]:
        """What is kept: the logs' copies, then keys, configuration and evidence as they are."""
        places = [
            (staged, "log/*.sqlite"),
            (staged, "desk.sqlite"),
            (self._data, "config.toml"),
            (self._data, "keys/*"),
            (self._data, "blobs/*/*"),
            (self._data, "segments/*.seg"),
        ]
        for root, pattern in places:
            for path in sorted(root.glob(pattern)):
                name = path.relative_to(root).as_posix()
                if _NAMES.fullmatch(name):  # not what a crash left half written
                    yield name, path

    def _unpack(self, source: Path, staged: Path) -> tuple[_Manifest, dict[str, _Member]]:
        found: dict[str, _Member] = {}
        with tarfile.open(source, mode="r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is None:
                    raise StorageError("backup-invalid", part="archive")
                if member.name == MANIFEST:
                    return _manifest_of(content.read(MANIFEST_BYTES_MAX)), found
                if not _NAMES.fullmatch(member.name) or member.name in found:
                    raise StorageError("backup-invalid", part="archive")
                path = staged / member.name
                private_directory(path.parent)
                found[member.name] = _take(member.name, content, path)
                os.utime(path, (member.mtime, member.mtime))  # from which retention counts
        raise StorageError("backup-invalid", part="manifest")


def _add(tar: tarfile.TarFile, name: str, path: Path) -> _Member | None:
    """Add a file, and say what was added: the digest is of the bytes as they go in. None: it expired a moment ago."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        info = tar.gettarinfo(arcname=name, fileobj=file)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        info.mode = 0o600
        reader = _Digesting(file)
        tar.addfile(info, reader)  # reading is all that is asked of it
    return _Member(name, info.size, reader.digest.hexdigest())


class _Digesting:
    """A file that digests what is read of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = sha256()

    def read(self, count: int = -1) -> bytes:
        content = self._file.read(count)
        self.digest.update(content)
        return content


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), 0o600
    tar.addfile(info, BytesIO(content))


def _take(name: str, content: IO[bytes], path: Path) -> _Member:
    """Write a member out durably; returns what it was."""
    digest, size = sha256(), 0
    with os.fdopen(create_private(path), "wb") as file:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return _Member(name, size, digest.hexdigest())


def _manifest_bytes(manifest: _Manifest) -> bytes:
    body = msgspec.json.encode(manifest)
    return sha256(body).hexdigest().encode() + b"\n" + body


def _manifest_of(content: bytes) -> _Manifest:
    digest, _, body = content.partition(b"\n")
    if sha256(body).hexdigest().encode() != digest:
        raise StorageError("backup-invalid", part="manifest")
    return msgspec.json.decode(body, type=_Manifest)
