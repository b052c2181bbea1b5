"""A record sheet of one phone, from the record as it stands.

1. decide the room, and take the log's size and root: nothing recorded later is looked at
2. every entry about the phone's numbers, with its opening and its way to that root
3. the cells and the verdict as of now, from these entries alone
4. the signed checkpoint, the digests of what was saved, and the sheet signed with the log's key
5. a time stamp, where an authority is configured; one that fails never keeps a sheet back, and the sheet says so
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.errors import ShiroromError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device, Imei
from shirorom.domain.sheet import HOUR_S, Evidence, Tie, cells_of, evidence_of
from shirorom.domain.verdict import decide
from shirorom.log.bundle import (
    FORMAT,
    STAMPS_MAX,
    BundleForm,
    DeviceForm,
    EntryForm,
    EvidenceForm,
    OpeningForm,
    SheetForm,
    SignatureForm,
    StampForm,
    TieForm,
    encode_bundle,
    signed_bytes,
    stamped_bytes,
    to_base64,
)
from shirorom.log.checkpoint import Checkpoint, encode_checkpoint
from shirorom.log.entry import Opening
from shirorom.log.note import Note, NoteSignature
from shirorom.log.times import time_text
from shirorom.ports import Clock, Entry, Head
from shirorom.ports.signing import Keyring, Signer
from shirorom.ports.stamps import Authority, Stamp
from shirorom.service.recorder import recorded_of
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Settings
from shirorom.service.sheet_forms import access_of, cell_form, issuer_of, verdict_form

CosignedNote = Callable[[bool, Head], bytes | None]
"""The newest published checkpoint of the real or the practice log, if it is of this very head; witnesses are on it."""


@dataclass(frozen=True, slots=True)
class Attested:
    """A sheet. `unstamped`: why there is no time stamp although an authority is configured (its code)."""

    bundle: BundleForm
    file: bytes
    unstamped: str | None = None


@dataclass(frozen=True, slots=True)
class Attest:
    """One device → its record sheet. `authority` is None where none is configured."""

    settings: Settings
    rooms: Rooms
    keyring: Callable[[bool], Keyring]
    clock: Clock
    authority: Authority | None = None
    published: CosignedNote | None = None

    def __call__(
        self, device: Device, *, practice: bool = False, attach: bool = False, tie: Tie | None = None
    ) -> Attested:
        """State what is recorded of a device. `practice`: from the practice room whatever the configuration says.

        Raises:
            ShiroromError: `sheet-nothing`, nothing was ever recorded of it.
            StorageError: the record cannot be trusted: nothing is stated.
        """
        room = self.rooms.open(True) if practice else self.rooms.of_check(device, CARRIERS)
        head, now = room.log.head(), self.clock.now().replace(microsecond=0)
        entries = _entries(room, device, head)
        if not any(entries.values()):
            raise ShiroromError("sheet-nothing")
        now = max([now, *(one.recorded.recorded_at for known in entries.values() for one in known)])
        signer = self.keyring(room.practice).signer(now)
        sheet = self._sheet(room, device, entries, head, signer, now, tie)
        bundle = BundleForm(
            format=FORMAT, sheet=sheet, time=[], attachments=self._attachments(room, sheet) if attach else {},
            signatures=[SignatureForm(signer.key.text, to_base64(signer.sign(signed_bytes(sheet))))],
        )  # fmt: skip
        return self._stamped(bundle)

    def restamp(self, bundle: BundleForm) -> BundleForm:
        """One more stamp over all that a bundle holds, before the ones that it has grow old.

        Raises:
            ShiroromError: `stamp-authority-none`, `stamp-authority-failed`, `stamps-too-many`.
        """
        if self.authority is None:
            raise ShiroromError("stamp-authority-none")
        return restamped(bundle, self.authority)

    def _stamped(self, bundle: BundleForm) -> Attested:
        if self.authority is None:
            return Attested(bundle, encode_bundle(bundle))
        try:
            stamped = restamped(bundle, self.authority)
        except ShiroromError as error:
            return Attested(bundle, encode_bundle(bundle), unstamped=error.code)
        return Attested(stamped, encode_bundle(stamped))

    def _sheet(
        self,
        room: Room,
        device: Device,
        entries: _Known,
        head: Head,
        signer: Signer,
        now: datetime,
        tie: Tie | None,
    ) -> SheetForm:
        recorded = {imei: [one.recorded for one in known] for imei, known in entries.items()}
        in_order = sorted((one for known in entries.values() for one in known), key=lambda one: one.recorded.index)
        proofs = room.log.proofs([one.recorded.index for one in in_order], size=head.size)
        age_s_max = round(room.age_h_max * HOUR_S)
        cells = cells_of(device.imeis, recorded, as_of=now, age_s_max=age_s_max)
        evidence = [*evidence_of([one.recorded for one in in_order]), *_picture(tie)]
        return SheetForm(
            v=1,
            practice=room.practice,
            issued_at=time_text(now),
            issuer=issuer_of(self.settings),
            imeis=[imei.digits for imei in device.imeis],
            as_of=time_text(now),
            age_s_max=age_s_max,
            policy=self.settings.verdict.policy,
            access=access_of(self.settings),
            cells=[cell_form(cell) for cell in cells],
            verdict=verdict_form(decide(cells)),
            entries=[_entry(one, proof) for one, proof in zip(in_order, proofs, strict=True)],
            devices=[DeviceForm(imei.key, len(entries[imei])) for imei in device.imeis],
            checkpoint=self._checkpoint(room, head, signer),
            tie=_tie(tie),
            evidence=[EvidenceForm(one.index, one.what, one.digest) for one in evidence],
        )

    def _checkpoint(self, room: Room, head: Head, signer: Signer) -> str:
        """The published one with its witnesses where it is of this head, else one signed now."""
        published = self.published(room.practice, head) if self.published is not None else None
        if published is not None:
            return published.decode()
        text = encode_checkpoint(Checkpoint(room.log.origin, head.size, head.root))
        return Note(text, (NoteSignature(signer.key.name, signer.key.id, signer.sign(text)),)).encode().decode()

    @staticmethod
    def _attachments(room: Room, sheet: SheetForm) -> dict[str, str]:
        """What was saved and is still kept."""
        contents = {one.digest: room.blobs.get(one.digest) for one in sheet.evidence}
        return {digest: to_base64(content) for digest, content in contents.items() if content is not None}


def restamped(bundle: BundleForm, authority: Authority) -> BundleForm:
    """A bundle with one more stamp. Raises `stamps-too-many`, and what the authority raises."""
    if len(bundle.time) >= STAMPS_MAX:
        raise ShiroromError("stamps-too-many")
    stamp = authority.stamp(stamped_bytes(bundle, len(bundle.time)), renewal=bool(bundle.time))
    return msgspec.structs.replace(bundle, time=[*bundle.time, _stamp(stamp)])


@dataclass(frozen=True, slots=True)
class _One:
    """An entry about the phone, as the log has it and as it reads."""

    entry: Entry
    opening: Opening
    recorded: Recorded


_Known = Mapping[Imei, Sequence[_One]]


def _entries(room: Room, device: Device, head: Head) -> _Known:
    """Every entry about each number in the tree of this head."""
    return {imei: _entries_of(room, imei, head) for imei in device.imeis}


def _entries_of(room: Room, imei: Imei, head: Head) -> list[_One]:
    known = []
    for entry in room.log.device(imei.key):
        if entry.index < head.size and entry.opening is not None:
            known.append(_One(entry, entry.opening, recorded_of(entry)))
    return known


def _entry(one: _One, proof: Sequence[bytes]) -> EntryForm:
    o = one.opening
    opening = OpeningForm(o.key, o.counter, o.previous.hex(), o.salt.hex(), o.statement.decode())
    return EntryForm(one.entry.index, one.entry.entry.decode(), opening, [node.hex() for node in proof])


def _tie(tie: Tie | None) -> TieForm | None:
    if tie is None:
        return None
    numbers = sorted(imei.digits for imei in tie.numbers)
    return TieForm(tie.code, time_text(tie.at), tie.picture, numbers, tie.matches)


def _picture(tie: Tie | None) -> Sequence[Evidence]:
    return () if tie is None else (Evidence(None, "picture", tie.picture),)


def _stamp(stamp: Stamp) -> StampForm:
    certificates, revocation = map(to_base64, stamp.certificates), map(to_base64, stamp.revocation)
    return StampForm(to_base64(stamp.token), list(certificates), list(revocation))
