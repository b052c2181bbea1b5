"""The PDF of a record sheet: a page to look at, with the bundle in it.

1. lay the page out, with the bundle as its one file     2. seal it with the log's key, the one that signed the bundle
3. a document time stamp, where an authority is configured; one that fails never keeps a PDF back
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shirorom.domain.errors import RequestError, ShiroromError, StorageError
from shirorom.log.bundle import BYTES_MAX, BundleForm, FormError, decode_bundle, encode_bundle
from shirorom.log.pdf_form import STAMPS_MAX, Shape, sealing, stamping
from shirorom.log.pdf_read import PdfSheet, open_pdf, sheet_of
from shirorom.log.pdf_syntax import PdfError, read_revision
from shirorom.ports.stamps import Authority
from shirorom.ports.views import Pages, Sealer


@dataclass(frozen=True, slots=True)
class View:
    """A PDF. `unstamped`: why there is no time stamp although an authority is configured (its code)."""

    file: bytes
    unstamped: str | None = None


@dataclass(frozen=True, slots=True)
class MakeView:
    """A sheet just made → its PDF. `address`: where `/verify` is, for the QR code; None where nobody said."""

    pages: Callable[[], Pages]
    sealer: Callable[[bool], Sealer]
    authority: Authority | None
    address: str | None

    def __call__(self, bundle: BundleForm, told: Callable[[], Mapping[str, Any]]) -> View:
        """Make it. `told`: every word and value on the page, asked for once all parts are known to be there.

        Raises:
            ShiroromError: `sheet-font-missing`, `sheet-pdf-failed`, `sheet-too-large`.
            StorageError: `keys-conflict`, the key was replaced since the sheet was signed.
        """
        sealer = self.sealer(bundle.sheet.practice)
        if all(one.key != sealer.key.text for one in bundle.signatures):
            raise StorageError("keys-conflict")
        pages = self.pages()
        page = pages.page(told(), encode_bundle(bundle))
        try:
            base = read_revision(page)
            place = sealing(page, Shape.of(base), bundle.sheet.issued_at)
            file = place.filled(sealer.seal(place.message))
            sheet_of(file, base).additions(bundle.sheet.issued_at)  # none that its reader would refuse
        except (PdfError, FormError) as error:
            raise ShiroromError("sheet-pdf-failed", why=str(error)) from error
        if len(file) > BYTES_MAX:
            raise ShiroromError("sheet-too-large")
        if self.authority is None:
            return View(file)
        try:
            return View(self.restamp(file))
        except ShiroromError as error:
            return View(file, unstamped=error.code)

    def restamp(self, file: bytes) -> bytes:
        """A PDF with one more document time stamp.

        Raises:
            RequestError: `sheet-invalid`, it is no sheet's PDF, or was changed.
            ShiroromError: `stamp-authority-none`, `stamp-authority-failed`, `stamps-too-many`.
        """
        if self.authority is None:
            raise ShiroromError("stamp-authority-none")
        try:
            view = open_pdf(file)
            before = view.additions(decode_bundle(view.bundle).sheet.issued_at).stamps
        except FormError as error:
            raise RequestError("sheet-invalid", why=error.code) from error
        if len(before) >= STAMPS_MAX:
            raise ShiroromError("stamps-too-many")
        return self._stamped(file, view, len(before) + 1)

    def _stamped(self, file: bytes, view: PdfSheet, n: int) -> bytes:
        assert self.authority is not None
        place = stamping(file, Shape.of(view.base), n)
        stamp = self.authority.stamp(place.message, renewal=n > 1)
        try:
            return place.filled(stamp.token)
        except PdfError as error:
            raise ShiroromError("stamp-authority-failed", why="too large") from error
