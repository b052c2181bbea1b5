"""The bundle of a record sheet: its one form, read strictly and written as RFC 8785 (docs/reference/sheet.md)."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Annotated, Any, Final, Literal

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel
from shirorom.log.entry import MalformedError

FORMAT: Final = "shirorom-sheet/v1"
BYTES_MAX = 32_000_000
ENTRIES_MAX = 10_000
STAMPS_MAX = 8
WHOLE_MAX = 2**53 - 1
_SIGNED = b"shirorom-sheet/v1\n"

Text = Annotated[str, msgspec.Meta(max_length=4_000)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
Digest = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Digits = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{15}\Z")]
PhoneKey = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{14}\Z")]
Time = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Whole = Annotated[int, msgspec.Meta(ge=0, le=WHOLE_MAX)]
Base64 = Annotated[str, msgspec.Meta(pattern=r"\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\Z")]


class FormError(MalformedError):
    """A file that is no bundle. `code`: `sheet-too-large`, `sheet-unreadable`, `name-twice`, `other-form`."""

    def __init__(self, code: str, place: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.place = place


Saved = Annotated[str, msgspec.Meta(pattern=r"\A(?:page|screenshot|picture)\Z")]
Way = Annotated[str, msgspec.Meta(pattern=r"\A(?:off|hand|site)\Z")]


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every field is there; an unknown one is refused, because it might say something."""


class IssuerForm(_Form, frozen=True):
    """What the issuer says of itself."""

    name: Line
    licence: Text | None
    rmj: Text | None
    url: Text | None
    terms: Text | None


class AccessForm(_Form, frozen=True):
    """How each carrier was asked."""

    docomo: Way
    au: Way
    softbank: Way
    rakuten: Way


class CellForm(_Form, frozen=True):
    """One carrier's answer about one number."""

    imei: Digits
    carrier: CarrierId
    mark: Mark | None
    raw: Text | None
    sentence: Text | None
    asked_at: Time | None
    channel: Channel | None
    stale: bool
    vanished: bool
    error: Line | None
    index: Whole | None


class VerdictForm(_Form, frozen=True):
    """What is said of the device."""

    kind: VerdictKind
    so_far: Mark | None
    complete: bool


class OpeningForm(_Form, frozen=True):
    """What opens the commitment of an entry."""

    key: PhoneKey
    counter: Whole
    previous: Digest
    salt: Digest
    statement: str


class EntryForm(_Form, frozen=True):
    """One entry of the log with its opening and its way to the root."""

    index: Whole
    entry: Annotated[str, msgspec.Meta(max_length=1_000)]
    opening: OpeningForm
    proof: Annotated[list[Digest], msgspec.Meta(max_length=64)]


class DeviceForm(_Form, frozen=True):
    """How many entries there are about one phone."""

    key: PhoneKey
    count: Whole


class TieForm(_Form, frozen=True):
    """What a photo of the phone's own screen showed, beside a code that nobody knew before."""

    code: Annotated[str, msgspec.Meta(pattern=r"\A[0-9A-Z]{6}\Z")]
    at: Time
    picture: Digest
    numbers: Annotated[list[Digits], msgspec.Meta(max_length=16)]
    matches: bool


class EvidenceForm(_Form, frozen=True):
    """The digest of something saved."""

    index: Whole | None
    what: Saved
    digest: Digest


class SheetForm(_Form, frozen=True):
    """What is signed."""

    v: Literal[1]
    practice: bool
    issued_at: Time
    issuer: IssuerForm
    imeis: Annotated[list[Digits], msgspec.Meta(min_length=1, max_length=4)]
    as_of: Time
    age_s_max: Annotated[int, msgspec.Meta(gt=0, le=WHOLE_MAX)]
    policy: Line
    access: AccessForm
    cells: Annotated[list[CellForm], msgspec.Meta(max_length=16)]
    verdict: VerdictForm
    entries: Annotated[list[EntryForm], msgspec.Meta(max_length=ENTRIES_MAX)]
    devices: Annotated[list[DeviceForm], msgspec.Meta(max_length=4)]
    checkpoint: Annotated[str, msgspec.Meta(max_length=64_000)]
    tie: TieForm | None
    evidence: Annotated[list[EvidenceForm], msgspec.Meta(max_length=2 * ENTRIES_MAX + 1)]


class SignatureForm(_Form, frozen=True):
    """One signature of the sheet."""

    key: Line
    signature: Base64


class StampForm(_Form, frozen=True):
    """A time stamp with what is needed to examine it when its authority is gone."""

    token: Base64
    certificates: Annotated[list[Base64], msgspec.Meta(min_length=1, max_length=16)]
    revocation: Annotated[list[Base64], msgspec.Meta(max_length=16)]


class BundleForm(_Form, frozen=True):
    """The whole file."""

    format: Literal["shirorom-sheet/v1"]
    sheet: SheetForm
    signatures: Annotated[list[SignatureForm], msgspec.Meta(min_length=1, max_length=8)]
    time: Annotated[list[StampForm], msgspec.Meta(max_length=STAMPS_MAX)]
    attachments: dict[Digest, Base64]


def decode_bundle(data: bytes) -> BundleForm:
    """Read a bundle. White space and the order of names mean nothing; all else has one form. Raises FormError."""
    if len(data) > BYTES_MAX:
        raise FormError("sheet-too-large")
    try:
        text = data.decode()
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number, parse_int=_whole
        )
        value_is_text = _SURROGATE.search(text) is None or _encodable(value)
    except FormError:
        raise
    except (ValueError, RecursionError) as error:
        raise FormError("sheet-unreadable") from error
    if not value_is_text:
        raise FormError("sheet-unreadable")
    try:
        bundle = msgspec.convert(value, BundleForm)
    except msgspec.ValidationError as error:
        at = _AT.search(str(error))
        raise FormError("other-form", at[1] if at else None) from error
    _check_base64(bundle)
    return bundle


def encode_bundle(bundle: BundleForm) -> bytes:
    """The file as it is written."""
    return canonical(msgspec.to_builtins(bundle)) + b"\n"


def canonical(value: object) -> bytes:
    """RFC 8785 of a value of text, whole numbers, true, false, null, lists and objects with ASCII names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def signed_bytes(sheet: SheetForm | dict[str, object]) -> bytes:
    """What a signature of a sheet is over."""
    return _SIGNED + sha256(canonical(msgspec.to_builtins(sheet))).hexdigest().encode() + b"\n"


def stamped_bytes(bundle: BundleForm, n: int) -> bytes:
    """What the n-th time stamp (from 0) is over: the sheet, its signatures, and the stamps before it."""
    whole = msgspec.to_builtins(bundle)
    return canonical({name: whole[name] for name in ("format", "sheet", "signatures")} | {"time": whole["time"][:n]})


def to_base64(content: bytes) -> str:
    """As the bundle writes bytes."""
    return b64encode(content).decode()


def of_base64(text: str) -> bytes:
    """The bytes of a text that `decode_bundle` has let through."""
    return b64decode(text)


_AT = re.compile(r"at `\$\.?([^`]*)`")
_SURROGATE = re.compile(r"\\u[dD][89abAB]", re.ASCII)
"""Where a text may hold half of a pair: only an escape can bring one in."""


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormError("name-twice")
    return found


def _no_number(text: str) -> object:
    raise FormError("other-form")


def _whole(text: str) -> int:
    if len(text) > 16 or text == "-0":
        raise FormError("other-form")
    return int(text)


def _encodable(value: object) -> bool:
    """Whether no text in it holds a lone surrogate."""
    try:
        canonical(value)
    except UnicodeEncodeError:
        return False
    return True


def _check_base64(bundle: BundleForm) -> None:
    """Base64 has spare bits at its end, and only one spelling counts."""
    for text in _encoded(bundle):
        if text.endswith("=") and to_base64(b64decode(text[-4:])) != text[-4:]:
            raise FormError("other-form")


def _encoded(bundle: BundleForm) -> Iterator[str]:
    yield from (one.signature for one in bundle.signatures)
    for stamp in bundle.time:
        yield stamp.token
        yield from stamp.certificates
        yield from stamp.revocation
    yield from bundle.attachments.values()
