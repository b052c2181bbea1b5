"""A record sheet of one phone, from the record as it stands.

1. decide the room, and have the log's head signed: nothing recorded later is looked at
2. every entry about the phone's numbers, with its opening and its way to that root
3. the cells and the verdict as of now, from these entries alone
4. the digests of what was saved, and the sheet signed with the log's key
5. a time stamp, where an authority is configured; one that fails never keeps a sheet back, and the sheet says so
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device, Imei
from shirorom.domain.sheet import HOUR_S, Evidence, Tie, cells_of, evidence_of
from shirorom.domain.verdict import decide
from shirorom.log.bundle import (
    BYTES_MAX,
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
from shirorom.log.entry import Opening
from shirorom.log.times import time_text
from shirorom.ports.clock import Clock
from shirorom.ports.log import Entry
from shirorom.ports.signing import Signer
from shirorom.ports.stamps import Authority, Stamp
from shirorom.service.checkpoints import Checkpoints, Signed
from shirorom.service.recorder import recorded_of
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Settings
from shirorom.service.sheet_forms import access_of, cell_form, issuer_of, verdict_form

STAMP_BYTES_MAX = 2_000_000
"""What a time stamp with chain and CRLs may add."""
TRIES_MAX = 5
"""How often a sheet begins anew because the key was replaced under it."""


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
    checkpoints: Callable[[bool], Checkpoints]
    clock: Clock
    authority: Authority | None = None

    def __call__(
        self, device: Device, *, practice: bool = False, attach: bool = False, tie: Tie | None = None
    ) -> Attested:
        """State what is recorded of a device. `practice`: from the practice room whatever the configuration says.

        Raises:
            ShiroromError: `sheet-nothing`, nothing was ever recorded of it; `sheet-notices`, a carrier's feed names it,
                which a sheet cannot carry yet; `sheet-too-large`, with what is put in.
            StorageError: the record cannot be trusted: nothing is stated.
        """
        room = self.rooms.open(True) if practice else self.rooms.of_check(device, CARRIERS)
        if not any(room.log.device(imei.key) for imei in device.imeis):
            raise ShiroromError("sheet-nothing")  # before anything is signed
        if any(room.recorder.feeds and room.recorder.feeds.notices(imei) for imei in device.imeis):
            raise ShiroromError("sheet-notices")  # it would say less than is known, perhaps something better
        signed, signer = self._signed(room)
        entries = {imei: _entries_of(room, imei, signed.checkpoint.size) for imei in device.imeis}
        now = max(
            [self._now(), *(one.recorded.recorded_at for known in entries.values() for one in known)]
        )  # the clock may be a moment behind the record
        sheet = self._sheet(room, device, entries, signed, now, tie)
        bundle = BundleForm(
            format=FORMAT, sheet=sheet, time=[], attachments=self._attachments(room, sheet) if attach else {},
            signatures=[SignatureForm(signer.key.text, to_base64(signer.sign(signed_bytes(sheet))))],
        )  # fmt: skip
        return self._stamped(bundle)

    def _signed(self, room: Room) -> tuple[Signed, Signer]:
        """The head, signed by the key that will sign the sheet."""
        checkpoints = self.checkpoints(room.practice)
        for _ in range(TRIES_MAX):
            signed, signer = checkpoints.signed(), checkpoints.keys.signer(self._now())
            if any(one.is_by(signer.key) for one in signed.note.signatures):
                return signed, signer
        raise StorageError("keys-conflict")

    def _now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)

    def restamp(self, bundle: BundleForm) -> BundleForm:
        """One more stamp over all that a bundle holds, before the ones that it has grow old.

        Raises:
            ShiroromError: `stamp-authority-none`, `stamp-authority-failed`, `stamps-too-many`.
        """
        if self.authority is None:
            raise ShiroromError("stamp-authority-none")
        return restamped(bundle, self.authority)

    def _stamped(self, bundle: BundleForm) -> Attested:
        file = encode_bundle(bundle)
        if len(file) > BYTES_MAX - STAMP_BYTES_MAX:
            raise ShiroromError("sheet-too-large")
        if self.authority is None:
            return Attested(bundle, file)
        try:
            stamped = restamped(bundle, self.authority)
        except ShiroromError as error:
            return Attested(bundle, file, unstamped=error.code)
        return Attested(stamped, encode_bundle(stamped))

    def _sheet(
        self,
        room: Room,
        device: Device,
        entries: _Known,
        signed: Signed,
        now: datetime,
        tie: Tie | None,
    ) -> SheetForm:
        recorded = {imei: [one.recorded for one in known] for imei, known in entries.items()}
        in_order = sorted((one for known in entries.values() for one in known), key=lambda one: one.recorded.index)
        proofs = room.log.proofs([one.recorded.index for one in in_order], size=signed.checkpoint.size)
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
            checkpoint=signed.note.encode().decode(),
            tie=_tie(tie),
            evidence=[EvidenceForm(one.index, one.what, one.digest) for one in evidence],
        )

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


def _entries_of(room: Room, imei: Imei, size: int) -> list[_One]:
    """Every entry about a number in the tree of a size."""
    known = []
    for entry in room.log.device(imei.key):
        if entry.index < size and entry.opening is not None:
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
