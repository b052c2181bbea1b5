"""What the tests of sheets' PDFs share: a page made once, and pages bent in one place and sealed again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from shirorom.adapters.pdf_sealer import PdfSealer
from shirorom.adapters.pdf_typst import TypstPages
from shirorom.adapters.texts_toml import Texts
from shirorom.domain.imei import Device
from shirorom.edge.sheet_view import page_of
from shirorom.log.pdf_form import Shape, sealing
from shirorom.log.pdf_syntax import Revision, Thing, read_revision
from shirorom.ports.stamps import Authority
from shirorom.service.attest import Attested
from shirorom.service.verify import Examination
from shirorom.service.view import MakeView
from tests.sheet_kit import DUAL, Shop, examine

PAGES = TypstPages()
ADDRESS = "https://shop.example/"


def sealer_of(shop: Shop) -> PdfSealer:
    signer = shop.keyring.signer(shop.clock.now())
    return PdfSealer(signer, next(one.since for one in shop.keyring.known().keys if one.key == signer.key))


def maker(shop: Shop, authority: Authority | None = None, address: str | None = ADDRESS) -> MakeView:
    return MakeView(lambda: PAGES, lambda _practice: sealer_of(shop), authority, address)


def pdf_of(shop: Shop, made: Attested, *, lang: str = "ja", full: bool = False, address: str | None = ADDRESS) -> bytes:
    return page_of(maker(shop, address=address), made.bundle, Texts.load(lang), full=full).file


class Paper:
    """A shop, one sheet of it, and its PDF."""

    def __init__(self, folder: Path, shop: Shop, device: Device = DUAL) -> None:
        self.folder, self.shop = folder, shop
        self.made = shop.sheet(device)
        self.file = pdf_of(shop, self.made)

    @cached_property
    def base(self) -> Revision:
        return read_revision(self.file)

    @property
    def page(self) -> bytes:
        """The first revision alone."""
        return self.file[: self.base.end]

    def examine(self, file: bytes) -> Examination:
        return examine(file, self.shop.key)

    def sealed(self, page: bytes, shop: Shop | None = None, issued_at: str | None = None) -> bytes:
        """A page with a seal of the shop's own, whatever is on it."""
        shape = Shape.of(read_revision(page))
        place = sealing(page, shape, issued_at or self.made.bundle.sheet.issued_at)
        return place.filled(sealer_of(shop or self.shop).seal(place.message))

    def bent(self, changes: Mapping[int, bytes], *more: bytes) -> bytes:
        """The page with other texts of objects, and more objects behind them; written as strictly, and sealed."""
        return self.sealed(written(self.base, changes, *more))

    def number(self, pattern: bytes) -> int:
        """The object whose text holds this."""
        return next(n for n, thing in self.base.things.items() if re.search(pattern, thing.text))

    def text(self, number: int) -> bytes:
        return self.base.things[number].text


def written(base: Revision, changes: Mapping[int, bytes], *more: bytes) -> bytes:
    """A first revision as typst writes one."""
    things = dict(base.things)
    things |= {n: Thing(None, text, things[n].stream if n in things else None) for n, text in changes.items()}
    things |= {len(base.things) + 1 + n: Thing(None, text) for n, text in enumerate(more)}
    body, offsets = bytearray(b"%PDF-1.7\n%\x80\x80\x80\x80\n\n"), []
    for number in sorted(things):
        offsets.append(len(body))
        stream = things[number].stream
        tail = b"" if stream is None else b"\nstream\n" + stream + b"\nendstream"
        body += b"%d 0 obj\n" % number + things[number].text + tail + b"\nendobj\n"
    xref = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(things) + 1)
    body += b"".join(b"%010d 00000 n\r\n" % one for one in offsets)
    root, info = (base.trailer[name].number for name in ("Root", "Info"))  # type: ignore[union-attr]
    body += b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[(a)(b)]>>\n" % (len(things) + 1, root, info)
    return bytes(body + b"startxref\n%d\n%%%%EOF" % xref)
