"""The rows of accepted feeds in `segments/<64 hex>.seg` (ports.feeds.Segments): written once, verified when read.

Read by `pread`, not by a memory map: a bad page of the disk must be an error, not a signal (as in the log).
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from shirorom.adapters.durable import private_directory, refuse_looser, write_durably
from shirorom.adapters.lru import Lru
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.segment import FIXED_BYTES, SegmentHead, count_of, decode_head, encode_segment, head_bytes, rows_in

HEADS_MAX = 4_096
BLOCKS_MAX = 512
"""Blocks that are remembered as read and verified, about 24 kB each."""
FOLDER = "segments"
_NAME = re.compile(r"[0-9a-f]{64}")


class FileSegments:
    """The segments of one data directory, of both logs."""

    def __init__(self, data: Path) -> None:
        self._folder = data / FOLDER
        self._heads: Lru[str, SegmentHead] = Lru(HEADS_MAX)
        self._blocks: Lru[tuple[str, int], bytes] = Lru(BLOCKS_MAX)
        self._lock = threading.Lock()

    def put(self, records: Sequence[bytes], seed: bytes) -> str:
        """Keep sorted records. A file of that name that is there already is replaced by the same bytes."""
        name, content = encode_segment(records, seed)
        with storage_errors(self._folder):
            private_directory(self._folder)
            write_durably(self._path(name), content)
        return name

    def phone(self, name: str, key: int) -> Sequence[bytes]:
        """A phone's records in a segment."""
        with self._lock:
            head = self._head(name)
            return [row for block in head.blocks_of(key) for row in rows_in(self._block(name, head, block), key)]

    def blocks(self, name: str) -> Iterator[bytes]:
        """All records, block by block."""
        with self._lock:
            head = self._head(name)
        for block in range(len(head.digests)):
            yield self._read_block(name, head, block)

    def seed(self, name: str) -> bytes:
        """The seed of the salts."""
        with self._lock:
            return self._head(name).seed

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise StorageError("segment-corrupt")
        return self._folder / f"{name}.seg"

    def _head(self, name: str) -> SegmentHead:
        known = self._heads.get(name)
        if known is None:
            known = self._read_head(name)
            self._heads.put(name, known)
        return known

    def _read_head(self, name: str) -> SegmentHead:
        path = self._path(name)
        with storage_errors(path):
            try:
                refuse_looser(path)
                with path.open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    fixed = file.read(FIXED_BYTES)
                    head_size = head_bytes(count_of(fixed))
                    if head_size > size:
                        raise MalformedError("segment")
                    head = decode_head(name, fixed + file.read(head_size - FIXED_BYTES))
            except (FileNotFoundError, MalformedError) as error:
                raise StorageError("segment-corrupt") from error
        if head.file_size != size:
            raise StorageError("segment-corrupt")
        return head

    def _block(self, name: str, head: SegmentHead, block: int) -> bytes:
        known = self._blocks.get((name, block))
        if known is None:
            known = self._read_block(name, head, block)
            self._blocks.put((name, block), known)
        return known

    def _read_block(self, name: str, head: SegmentHead, block: int) -> bytes:
        offset, count = head.place(block)
        path = self._path(name)
        with storage_errors(path):
            try:
                with path.open("rb", buffering=0) as file:
                    file.seek(offset)
                    content = file.read(count)
            except FileNotFoundError as error:
                raise StorageError("segment-corrupt") from error
        if sha256(content).digest() != head.digests[block]:
            raise StorageError("segment-corrupt")
        return content
