"""The bundle in a sheet's PDF, and who sealed the page around it (docs/reference/sheet.md, "PDF").

1. the first revision is written strictly, and nothing in it acts: no script, no action, no form, no second file
2. the one file in it is the bundle
3. behind it stand our seal and document time stamps, byte for byte as we write them, and nothing after them
4. the seal holds; whose certificate it is, the caller asks of the log's key
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shirorom.log.bundle import BYTES_MAX, FormError, decode_bundle
from shirorom.log.der import SEQUENCE, der, first
from shirorom.log.entry import MalformedError
from shirorom.log.pdf_form import STAMPS_MAX, Shape, sealing, stamping
from shirorom.log.pdf_seal import Issued, open_seal
from shirorom.log.pdf_syntax import PdfError, Ref, Revision, Thing, Value, read_revision

FILE_NAME = "shirorom-sheet.json"
START = b"%PDF-"

_ACTS = frozenset((
    "A", "AA", "AcroForm", "Action", "Annot", "Annots", "Collection", "Dests", "Encrypt", "Extensions", "FDecodeParms",
    "FFilter", "GoTo", "GoTo3DView", "GoToDp", "GoToE", "GoToR", "ImportData", "JS", "JavaScript", "Launch", "Legal",
    "Level1", "Movie", "Named", "Next", "OCProperties", "OPI", "OpenAction", "PS", "Perms", "PieceInfo", "Popup", "Ref",
    "Rendition", "Requirements", "RichMedia", "RichMediaContent", "Sound", "SubmitForm", "Threads", "URI", "XFA",
))  # fmt: skip
"""Names of what acts, hides or brings something in. None of it is ever on a sheet, as a name or as a value."""
_CATALOGUE = frozenset((
    "AF", "Lang", "MarkInfo", "Metadata", "Names", "OutputIntents", "PageLabels", "PageLayout", "Pages",
    "StructTreeRoot", "Type", "Version", "ViewerPreferences",
))  # fmt: skip
_TRAILER = frozenset(("Size", "Root", "Info", "ID"))


@dataclass(frozen=True, slots=True)
class Stamped:
    """A document time stamp: its token (DER), and what it is over."""

    token: bytes
    message: bytes


@dataclass(frozen=True, slots=True)
class Additions:
    """Whose the seal is, and the document time stamps behind it."""

    by: Issued
    stamps: tuple[Stamped, ...]


@dataclass(frozen=True, slots=True)
class PdfSheet:
    """A file whose page does nothing. `bundle`: the file in it; `additions` says who sealed it."""

    file: bytes
    base: Revision
    bundle: bytes

    def additions(self, issued_at: str) -> Additions:
        """What stands behind the first revision; `issued_at` as the bundle has it.

        Raises:
            FormError: `pdf-unsealed`, there is no seal; `pdf-changed`, it does not hold, or something was appended.
        """
        if self.file[self.base.end :].strip(b"\r\n ") == b"":
            raise FormError("pdf-unsealed")
        try:
            shape = Shape.of(self.base)
            one = sealing(self.file[: self.base.end], shape, issued_at)
            issued = open_seal(one.taken(self.file), one.message)
            end, stamps = len(one.whole), list[Stamped]()
            while end < len(self.file) and len(stamps) < STAMPS_MAX:
                one = stamping(self.file[:end], shape, len(stamps) + 1)
                stamps.append(Stamped(_token(one.taken(self.file)), one.message))
                end = len(one.whole)
        except MalformedError as error:
            raise FormError("pdf-changed") from error
        if end != len(self.file):
            raise FormError("pdf-changed")
        return Additions(issued, tuple(stamps))


def open_pdf(file: bytes) -> PdfSheet:
    """Read a file that begins as a PDF does.

    Raises:
        FormError: `sheet-too-large`; `pdf-unreadable`, not written as ours are; `pdf-acts`; `pdf-files`, not one file.
    """
    if len(file) > BYTES_MAX:
        raise FormError("sheet-too-large")
    try:
        base = read_revision(file)
    except MalformedError as error:
        raise FormError("pdf-unreadable") from error
    return sheet_of(file, base)


def sheet_of(file: bytes, base: Revision) -> PdfSheet:
    """A file whose first revision was read. Raises FormError, as `open_pdf` from there on."""
    _check_still(base)
    return PdfSheet(file, base, _bundle(base))


def _token(place: bytes) -> bytes:
    """What stands in a place, without the zeros behind it. Raises MalformedError."""
    tag, content, rest = first(place)
    if tag != SEQUENCE or rest.strip(b"\0"):
        raise MalformedError("token")
    return der(tag, content)


def bundle_of(file: bytes) -> bytes:
    """The bundle that a file is, or the one in a PDF, whoever sealed it. Raises FormError."""
    return open_pdf(file).bundle if file.startswith(START) else file


def stamps_in(file: bytes) -> int:
    """How many document time stamps stand behind the page. Raises FormError."""
    view = open_pdf(file)
    return len(view.additions(decode_bundle(view.bundle).sheet.issued_at).stamps)


def _check_still(base: Revision) -> None:
    """Nothing in it acts."""
    catalogue = _dict(base, base.trailer.get("Root"))
    names = _dict(base, catalogue.get("Names", {}))
    known = set(catalogue) <= _CATALOGUE and set(base.trailer) <= _TRAILER and set(names) <= {"EmbeddedFiles"}
    if not known or any(_ACTS & set(_words(thing.value)) for thing in base.things.values()):
        raise FormError("pdf-acts")


def _words(value: Value) -> Iterator[str]:
    """Every name in a value, whether it is a key or stands for itself."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not (key == "A" and value.get("Type") == "StructElem" and _describes(inner)):
                yield key
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    elif isinstance(value, str):
        yield value


def _describes(value: Value) -> bool:
    """Whether what stands under `A` are attributes (ISO 32000-1 §14.7.5), written out, and not an action."""
    rows = value if isinstance(value, list) else [value]
    return all(isinstance(row, Mapping) and "O" in row and "S" not in row for row in rows)


def _bundle(base: Revision) -> bytes:
    """The one file in it, which every way in leads to."""
    files = [n for n, thing in base.things.items() if _has(thing.value, "Type", "EmbeddedFile")]
    named = [n for n, thing in base.things.items() if "EF" in _words(thing.value)]
    if len(files) != 1 or len(named) != 1:
        raise FormError("pdf-files")
    spec, file = _dict(base, Ref(named[0])), Ref(files[0])
    catalogue = _dict(base, base.trailer.get("Root"))
    tree = _dict(base, _dict(base, catalogue.get("Names", {})).get("EmbeddedFiles", {}))
    name = FILE_NAME.encode()
    if not (
        tree == {"Names": [name, Ref(named[0])]}
        and _listed(base, catalogue.get("AF")) == [Ref(named[0])]
        and spec.get("EF") == {"F": file, "UF": file}
        and (spec.get("F"), spec.get("UF"), spec.get("AFRelationship")) == (name, name, "Source")
    ):
        raise FormError("pdf-files")
    for number, thing in base.things.items():
        if thing.stream is not None and isinstance(thing.value, Mapping) and "F" in thing.value:
            raise FormError("pdf-files", str(number))  # a stream that lies in another file
    return _content(base.things[file.number])


def _content(thing: Thing) -> bytes:
    """A stream's content, unpacked as far as a bundle can be large."""
    packed, told = thing.stream, thing.value
    if packed is None or not isinstance(told, Mapping) or "DecodeParms" in told:
        raise FormError("pdf-files")
    if told.get("Filter") is None:
        return packed
    if told.get("Filter") != "FlateDecode":
        raise FormError("pdf-files")
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, BYTES_MAX + 1)
    except zlib.error as error:
        raise FormError("pdf-files") from error
    if len(content) > BYTES_MAX:
        raise FormError("sheet-too-large")
    if not unpacking.eof or unpacking.unused_data:
        raise FormError("pdf-files")
    return content


def _has(value: Value, key: str, wanted: str) -> bool:
    return isinstance(value, Mapping) and value.get(key) == wanted


def _listed(base: Revision, value: Value) -> Value:
    return base.things[value.number].value if isinstance(value, Ref) and value.number in base.things else value


def _dict(base: Revision, value: Value) -> Mapping[str, Value]:
    try:
        return base.dict(value)
    except PdfError as error:
        raise FormError("pdf-unreadable") from error
