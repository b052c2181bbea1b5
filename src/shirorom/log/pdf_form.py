"""What lies behind the page in a sheet's PDF: our signature, then document time stamps, each written in one way.

A PDF grows by appending (ISO 32000-1 §7.5.6). Whoever reads one of ours writes each addition anew from what stands
before it and compares every byte, so nothing else can have been appended: no page, no file, no other face of the page.
Only the bytes of a signature itself are free (docs/reference/sheet.md, "PDF").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from shirorom.log.pdf_syntax import PdfError, Ref, Revision

SEAL_BYTES = 4_096
STAMP_BYTES = 16_384
STAMPS_MAX = 8
RANGE_CHARS = 50
_INVISIBLE = b"/Rect[0 0 0 0]/F 132"


@dataclass(frozen=True, slots=True)
class Addition:
    """One revision of ours, with a place for a signature.

    Attributes:
        whole: The file up to its end, the place filled with zeros.
        gap: Where the place begins and ends, its angle brackets included.
    """

    whole: bytes
    gap: tuple[int, int]

    @property
    def message(self) -> bytes:
        """What is signed: all but the place."""
        return self.whole[: self.gap[0]] + self.whole[self.gap[1] :]

    def filled(self, signature: bytes) -> bytes:
        """The file with the signature in its place. Raises PdfError where it does not fit."""
        size = self.gap[1] - self.gap[0] - 2
        digits = signature.hex().encode()
        if len(digits) > size:
            raise PdfError("signature too large")
        return self.whole[: self.gap[0] + 1] + digits.ljust(size, b"0") + self.whole[self.gap[1] - 1 :]

    def taken(self, file: bytes) -> bytes:
        """What stands in the place in a file that is this addition in all else. Raises PdfError."""
        start, end = self.gap
        place = file[start + 1 : end - 1]
        if file[: len(self.whole)] != self.whole[: start + 1] + place + self.whole[end - 1 :]:
            raise PdfError("another addition")
        if place.translate(None, b"0123456789abcdef"):
            raise PdfError("signature")
        return bytes.fromhex(place.decode())


@dataclass(frozen=True, slots=True)
class Shape:
    """What additions need to know of the first revision: its length, table, trailer, catalogue and first page."""

    end: int
    xref: int
    size: int
    root: int
    page: int
    root_text: bytes
    page_text: bytes
    info: int
    id: bytes

    @classmethod
    def of(cls, base: Revision) -> Shape:
        """From a revision. Raises PdfError."""
        trailer = base.trailer
        root, info, ids = trailer.get("Root"), trailer.get("Info"), trailer.get("ID")
        if not isinstance(root, Ref) or not isinstance(info, Ref) or not isinstance(ids, list):
            raise PdfError("trailer")
        page = _first_page(base, root)
        first, size = ids[0] if ids else None, trailer["Size"]
        if root.number not in base.things or not isinstance(first, bytes) or not isinstance(size, int):
            raise PdfError("trailer")
        texts = base.things[root.number].text, base.things[page].text
        if not all(text.startswith(b"<<") and text.endswith(b">>") for text in texts):
            raise PdfError("catalogue")
        return cls(base.end, base.xref, size, root.number, page, *texts, info.number, first)


def sealing(base: bytes, shape: Shape, at: str) -> Addition:
    """The place for our signature behind a first revision. `at`: when, as a sheet writes it."""
    seal = shape.size
    moment = at.translate({ord(sign): None for sign in "-:TZ"})
    head = f"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M(D:{moment}Z)".encode()
    root = shape.root_text[:-2] + b"/AcroForm %d 0 R>>" % (seal + 2)
    return _addition(
        base[: shape.end], shape, 1, _Place(seal, head, SEAL_BYTES), {shape.root: root}, previous=shape.xref
    )


def stamping(file: bytes, shape: Shape, n: int) -> Addition:
    """The place for the n-th document time stamp (from 1), behind all that stands in a file."""
    head = b"<</Type/DocTimeStamp/Filter/Adobe.PPKLite/SubFilter/ETSI.RFC3161"
    place = _Place(shape.size + 1 + 2 * n, head, STAMP_BYTES)
    return _addition(file, shape, n + 1, place, {}, previous=_last_table(file))


@dataclass(frozen=True, slots=True)
class _Place:
    number: int
    head: bytes
    size: int


def _addition(
    file: bytes, shape: Shape, fields: int, place: _Place, more: Mapping[int, bytes], *, previous: int
) -> Addition:
    """Signature, its field, the list of fields, the page that carries them; then table and trailer."""
    numbers = [shape.size + 1, *(shape.size + 2 + 2 * n for n in range(1, fields))]
    listed = b" ".join(b"%d 0 R" % number for number in numbers)
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(shirorom-%d)/V %d 0 R/P %d 0 R%b>>"
    objects = {
        **more,
        numbers[-1]: field % (fields, place.number, shape.page, _INVISIBLE),
        shape.size + 2: b"<</Fields[%b]/SigFlags 3>>" % listed,
        shape.page: shape.page_text[:-2] + b"/Annots[%b]>>" % listed,
    }
    body, offsets, gap = bytearray(file.rstrip(b"\n") + b"\n"), dict[int, int](), (0, 0)
    for number in sorted({*objects, place.number}):
        offsets[number] = len(body)
        body += b"%d 0 obj\n" % number
        if number == place.number:
            body += place.head + b"/ByteRange[" + b" " * RANGE_CHARS + b"]/Contents"
            gap = len(body), len(body) + 2 * place.size + 2
            body += b"<" + b"0" * (2 * place.size) + b">>>"
        else:
            body += objects[number]
        body += b"\nendobj\n"
    xref = len(body)
    body += b"xref\n" + b"".join(_table(offsets))
    size = max(offsets) + 1
    body += _trailer(shape, size=max(size, shape.size + 3), previous=previous, before=file, xref=xref)
    return Addition(_ranged(body, gap), gap)


def _ranged(body: bytearray, gap: tuple[int, int]) -> bytes:
    """With the byte range filled in, which always takes the same room."""
    told = b"0 %d %d %d" % (gap[0], gap[1], len(body) - gap[1])
    end = gap[0] - len(b"]/Contents")
    body[end - RANGE_CHARS : end] = told.ljust(RANGE_CHARS)
    return bytes(body)


def _table(offsets: Mapping[int, int]) -> Sequence[bytes]:
    """The table's parts: numbers that follow each other, and where each object is."""
    parts = []
    for _, run in groupby(enumerate(sorted(offsets)), key=lambda pair: pair[1] - pair[0]):
        numbers = [number for _, number in run]
        parts.append(b"%d %d\n" % (numbers[0], len(numbers)))
        parts += [b"%010d 00000 n\r\n" % offsets[number] for number in numbers]
    return parts


def _trailer(shape: Shape, *, size: int, previous: int, before: bytes, xref: int) -> bytes:
    ids = b"[<%b><%b>]" % (shape.id.hex().encode(), sha256(before).hexdigest()[:32].encode())
    told = b"trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID%b/Prev %d>>\nstartxref\n%d\n%%%%EOF\n"
    return told % (size, shape.root, shape.info, ids, previous, xref)


def _last_table(file: bytes) -> int:
    """Where the newest table begins, in a file whose end was written by us."""
    return int(file[-64:].rpartition(b"startxref\n")[2].split(b"\n")[0])


def _first_page(base: Revision, root: Ref) -> int:
    """The number of the first page. Raises PdfError."""
    found = base.dict(root).get("Pages")
    for _ in range(32):
        if not isinstance(found, Ref):
            raise PdfError("pages")
        node = base.dict(found)
        if node.get("Type") == "Page":
            return found.number
        kids = node.get("Kids")
        found = kids[0] if isinstance(kids, list) and kids else None
    raise PdfError("pages")
