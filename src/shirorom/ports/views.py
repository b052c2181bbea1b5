"""The page of a record sheet: laid out, and sealed by the key that its log is signed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from shirorom.log.note import VerifierKey


class Pages(Protocol):
    """Lays out pages."""

    def page(self, told: Mapping[str, Any], bundle: bytes) -> bytes:
        """A PDF of one revision with a bundle in it. `told`: every word and value on the page.

        Raises:
            ShiroromError: `sheet-font-missing`; `sheet-pdf-failed`, with `why`.
        """
        ...


class Sealer(Protocol):
    """Seals pages for one key of a log."""

    @property
    def key(self) -> VerifierKey:
        """The log's key that answers for it."""
        ...

    def seal(self, message: bytes) -> bytes:
        """The CMS (DER) over exactly these bytes, as log/pdf_seal.py has it."""
        ...
