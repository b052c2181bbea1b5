"""A claim under the warranty: receipt and number → the unit → the current mark asked → decided, explained, kept.

1. the same claim again (its key) is answered as before; nothing is asked twice
2. receipt and number find one unit of the book; otherwise nothing is told of either
3. where the sale is covered, carriers of access `site` are asked now; of the others the newest answer counts
4. decided by the terms of the day of sale (`domain/desk/claim.py`)
5. what has to be asked first goes into the counter's queue; the claim is kept whole and decided again afterwards
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256

import msgspec

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.claim import (
    RECEIPT_CHARS_MAX,
    TAIL_MAX,
    Asked,
    Decision,
    Evidence,
    Step,
    WarrantyClaim,
    decide,
    matching,
    tail_of,
    the_one,
)
from shirorom.domain.desk.spells import answers_of, spells
from shirorom.domain.desk.warranty import Need, ShopTerms, coverage
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import JST, Recorded
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.domain.parse import read_device
from shirorom.domain.verdict import is_stale
from shirorom.ports.claims import Claims
from shirorom.ports.clock import Clock
from shirorom.ports.stock import Booked
from shirorom.service.check import Check
from shirorom.service.counter import Counter
from shirorom.service.room import Room
from shirorom.service.settings import Access

ID_BYTES = 12


@dataclass(frozen=True, slots=True)
class Request:
    """What is claimed. `number`: an IMEI, or its last four to six digits. `key`: makes it happen once.

    `seen`: what a person looked at, and whether it is as the terms want it. `excluded`: whether an exclusion applies.
    """

    receipt: str
    number: str
    key: str
    seen: Mapping[Need, bool] = field(default_factory=dict)
    excluded: bool | None = None
    follows: str = ""


@dataclass(frozen=True, slots=True)
class ClaimDesk:
    """Decides claims and keeps them. `terms` gives the shop's terms as they stand."""

    claims: Claims
    terms: Callable[[], ShopTerms]
    counter: Counter
    clock: Clock

    async def decide(self, request: Request, *, by: str, check: Check | None) -> WarrantyClaim:
        """Decide a claim once. `check` asks carriers of access `site`; None: nobody is asked.

        Raises:
            NumberError: the number is none. RequestError: `claim-not-found`, `claim-ambiguous`, `body-invalid`,
            `idempotency-key-reused`. StorageError: the record cannot be trusted; nothing was decided.
        """
        id_, print_ = _id_of(request.key), _print_of(request)
        before = await asyncio.to_thread(self.claims.get, id_)
        if before is not None:
            return _same(before, print_)
        booked, whole = await asyncio.to_thread(self._find, request)
        known = await asyncio.to_thread(self._evidence, booked, request, whole, {})
        if check is not None and _worth_asking(known) and self._asks(known):
            assessment = await check(booked.unit.device, by=by)
            failed = {(cell.imei, cell.carrier): cell.error for cell in assessment.cells if cell.error is not None}
            known = await asyncio.to_thread(self._evidence, booked, request, whole, failed)
        claim = await asyncio.to_thread(self._made, id_, print_, booked, request, known, by)
        return _same(await asyncio.to_thread(self.claims.put, claim), print_)

    async def again(self, id_: str, *, key: str, by: str, check: Check | None) -> WarrantyClaim:
        """Decide a claim anew, as a claim of its own that names the one before. Raises `claim-unknown`."""
        before = await asyncio.to_thread(self.get, id_)
        digits = before.imeis[0].digits
        whole = any(one.code == "number-matches" for one in before.decided.steps)  # what nobody saw stays unseen
        request = Request(
            before.receipt, digits if whole else digits[-TAIL_MAX:], key, dict(before.seen), before.excluded, before.id
        )
        return await self.decide(request, by=by, check=check)

    def get(self, id_: str) -> WarrantyClaim:
        """One claim. Raises `claim-unknown`."""
        found = self.claims.get(id_)
        if found is None:
            raise RequestError("claim-unknown")
        return found

    def newest(self, *, before: int | None = None) -> Sequence[WarrantyClaim]:
        """Claims, newest first."""
        return self.claims.newest(before=before)

    def _find(self, request: Request) -> tuple[Booked, bool]:
        """The unit, and whether its whole number was given."""
        if not 0 < len(request.receipt.strip()) <= RECEIPT_CHARS_MAX:
            raise RequestError("body-invalid")
        tail = tail_of(request.number)
        imeis = () if tail is not None else read_device([request.number]).imeis
        booked = self.claims.of_receipt(request.receipt)
        unit = the_one(matching([one.unit for one in booked], imeis=imeis, tail=tail))
        return next(one for one in booked if one.unit is unit), tail is None

    def _evidence(
        self, booked: Booked, request: Request, whole: bool, failed: Mapping[tuple[Imei, CarrierId], str]
    ) -> Evidence:
        unit, now = booked.unit, self.clock.now()
        day = now.astimezone(JST).date()
        room = self.counter.viewer.room(unit.device)
        asked = []
        for imei in unit.device.imeis:
            entries = room.recorder.entries(imei)
            asked += [self._asked(room, imei, carrier, entries, now, failed) for carrier in CARRIERS]
        return Evidence(
            unit=unit,
            day=day,
            coverage=coverage(unit, self.terms(), day),
            asked=tuple(asked),
            whole=whole,
            later=any(_is_later(other, booked) for other in self.claims.of_phone(unit.device)),
            seen=request.seen,
            excluded=request.excluded,
        )

    def _asked(
        self,
        room: Room,
        imei: Imei,
        carrier: CarrierId,
        entries: Sequence[Recorded],
        now: datetime,
        failed: Mapping[tuple[Imei, CarrierId], str],
    ) -> Asked:
        state = room.state(imei, carrier, as_of=now, entries=entries)
        reading = state.reading.reading if state.reading else None
        runs = spells(answers_of(entries, carrier, imei.key))
        error = failed.get((imei, carrier))
        asked_at = reading.asked_at if reading else None
        return Asked(
            imei=imei,
            carrier=carrier,
            mark=state.mark,
            asked_at=asked_at,
            channel=reading.channel if reading else None,
            by=reading.by if reading else "",
            index=state.reading.index if state.reading else None,
            fresh=state.mark is not None and not is_stale(asked_at, now, room.age_h_max),
            vanished=state.vanished,
            error=None if error in (None, "not-asked") else error,
            first_restricted_at=runs[-1].first_at if runs and runs[-1].mark is Mark.RESTRICTED else None,
            off=self.counter.viewer.off(Device((imei,)), carrier) is not None,
        )

    def _asks(self, known: Evidence) -> bool:
        """Whether any carrier is asked by the program here."""
        settings = self.counter.viewer.rooms.settings
        return any(settings.carrier(one.carrier).access is Access.SITE for one in known.asked if not one.off)

    def _made(self, id_: str, print_: str, booked: Booked, request: Request, known: Evidence, by: str) -> WarrantyClaim:
        decided, unit = decide(known), booked.unit
        item = ""
        if decided.decision is Decision.ASK_FIRST:
            ((taken, _),) = self.counter.add([unit.device], by=by)
            item = taken.id
        room = self.counter.viewer.room(unit.device)
        return WarrantyClaim(
            id=id_,
            print=print_,
            receipt=unit.receipt,
            unit=unit.key,
            store=unit.store,
            model=unit.model,
            imeis=unit.device.imeis,
            sold_on=unit.sold_on,
            price_yen=unit.price_yen,
            day=known.day,
            at=self.clock.now().replace(microsecond=0),
            by=by,
            practice=room.practice or booked.practice,
            decided=decided,
            asked=known.asked,
            seen=tuple(sorted(request.seen.items())),
            excluded=request.excluded,
            item=item,
            follows=request.follows,
        )


def _worth_asking(known: Evidence) -> bool:
    """Whether an answer could change anything: not where the sale or the cover fails already."""
    failed = {one.step for one in decide(known).steps if one.holds is False}
    return not failed & {Step.SALE, Step.COVER}


def _is_later(other: Booked, mine: Booked) -> bool:
    """Whether another entry of the same phone came after this sale: it was bought back, or sold once more."""
    if other.seq == mine.seq:
        return False
    since = mine.unit.sold_on or date.min
    days = [day for day in (other.unit.sold_on, other.unit.bought_on) if day is not None]
    return max(days) > since if days else other.seq > mine.seq


def _id_of(key: str) -> str:
    return urlsafe_b64encode(sha256(b"claim:" + key.encode()).digest()[:ID_BYTES]).decode()


def _print_of(request: Request) -> str:
    said = [request.receipt.strip(), request.number, sorted(request.seen.items()), request.excluded, request.follows]
    return sha256(msgspec.json.encode(said)).hexdigest()


def _same(claim: WarrantyClaim, print_: str) -> WarrantyClaim:
    """The claim under a key; the key of another claim is refused."""
    if claim.print != print_:
        raise RequestError("idempotency-key-reused")
    return claim
