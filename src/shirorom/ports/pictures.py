"""Reading pictures and dropped files."""

from __future__ import annotations

from typing import Protocol

from shirorom.domain.picture import PictureRead


class Pictures(Protocol):
    """Reads pictures and dropped files. Nothing of them is kept, and nothing in them can hurt who calls."""

    async def read(self, content: bytes) -> PictureRead:
        """Barcodes and print of a picture (PNG, JPEG, WebP).

        Raises:
            RequestError: `picture-too-large`, `picture-too-many-pixels`, `picture-kind`, `picture-unreadable` (also:
                it took too long), `picture-reader-missing` (the extra `scan` is not installed), `picture-busy`.
        """
        ...

    async def clean(self, content: bytes) -> bytes:
        """The picture made anew as PNG, upright, with nothing but its pixels: what may be kept. Raises as `read`."""
        ...

    async def text(self, content: bytes, name: str) -> str:
        """What a csv, tsv, txt, xlsx or pdf file says (its content tells which), `TEXT_CHARS_MAX` characters at most.

        Raises:
            RequestError: `file-too-large`, `file-kind`, `file-unreadable`, `file-no-text`, `picture-reader-missing`,
                `picture-busy`.
        """
        ...

    async def close(self) -> None:
        """End everything it started; idempotent. Whoever reads afterwards starts it anew."""
        ...
