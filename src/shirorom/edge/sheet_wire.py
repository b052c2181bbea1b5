"""What CLI, API and page say of a record sheet (DESIGN §5, `verify`): built from an examination, worded once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from shirorom.domain.sheet import Step
from shirorom.edge.wire import at
from shirorom.edge.words import Words
from shirorom.log.keyring import decode_keys
from shirorom.service.trust import Ring, Source

if TYPE_CHECKING:  # only named here: examining sheets and pages loads it
    from shirorom.service.verify import Examination

SHOP_FORMAT = "shirorom-shop/v1"


class StepWire(msgspec.Struct, frozen=True):
    """One step: whether it holds, a sentence, and the code that says why it does not, with the place in the file."""

    n: int
    code: str
    ok: bool
    text: str
    why: str | None
    place: str | None


class VerifyWire(msgspec.Struct, frozen=True):
    """The answer of `verify` and of POST /v1/verifications.

    `outcome`: `holds`, `consistent` (issuer not confirmed), `undetermined`, `refused`. `fingerprint` is that of the key
    which signed; `trust` how the reader came by it (`given`, `pinned`, `fetched`, `own`; null: not at all). `practice`
    and `verdict` are null where the file is no sheet. `sha256`: of the bundle, in a PDF of the one in it.
    """

    holds: bool
    practice: bool | None
    verdict: str | None
    steps: tuple[StepWire, ...]
    not_proved: tuple[str, ...]
    outcome: str
    issuer: str | None
    issued_at: str | None
    fingerprint: str | None
    trust: str | None
    stamped_at: str | None
    sha256: str | None


class SheetWire(msgspec.Struct, frozen=True):
    """A record sheet, as docs/reference/sheet.md has it: keep the bytes as they came."""

    format: str
    sheet: dict[str, Any]
    signatures: list[dict[str, str]]
    time: list[dict[str, Any]]
    attachments: dict[str, str]


def verify_of(found: Examination, words: Words) -> VerifyWire:
    """An examination, worded in one language."""
    sheet = found.sheet
    return VerifyWire(
        holds=found.holds,
        practice=found.practice,
        verdict=None if found.verdict is None else found.verdict.value,
        steps=tuple(_step(step, words) for step in found.steps),
        not_proved=tuple(code.value for code in found.not_proved),
        outcome=found.outcome.value,
        issuer=None if sheet is None else sheet.issuer.name,
        issued_at=None if sheet is None else sheet.issued_at,
        fingerprint=None if found.key is None else found.key.fingerprint,
        trust=None if found.source is None else found.source.value,
        sha256=found.digest,
        stamped_at=None if found.stamped_at is None else at(found.stamped_at),
    )


def _step(step: Step, words: Words) -> StepWire:
    text = words.t(f"sheet.step.{step.code}.ok" if step.why is None else f"sheet.why.{step.why}")
    notes = (words.t(f"sheet.note.{note}") for note in step.notes)
    return StepWire(step.n, step.code.value, step.ok, " ".join((text, *notes)), step.why and step.why.value, step.place)


class _Shop(msgspec.Struct, frozen=True):
    """The part of a shop's file that a reader of sheets needs; what else it says is for people."""

    name: str


class _ShopFile(msgspec.Struct, frozen=True):
    format: str
    shop: _Shop
    keys: tuple[msgspec.Raw, ...]


def rings_of(content: bytes, source: Source) -> tuple[Ring, ...]:
    """The keys of a keys file, or of a shop's own file (`/shop.json`), which also names the shop.

    Raises:
        MalformedError: it is neither.
    """
    try:
        shop = msgspec.json.decode(content, type=_ShopFile)
    except msgspec.MsgspecError:
        return (Ring(source, decode_keys(content)),)
    return tuple(Ring(source, decode_keys(bytes(keys)), shop.shop.name) for keys in shop.keys)
