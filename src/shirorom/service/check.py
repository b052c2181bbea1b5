"""The main job: ask every carrier that is on about one device, record what they answer, and say what it means.

1. decide the room (real or practice) and read what is known of the device
2. ask the carriers of access `site`, side by side, each carrier one number at a time
3. record each answer as it comes: a cell is shown first without an index (記録中), then with one (durable)
4. carriers of access `hand` answer from the newest reading by hand; carriers that are off are not asked
5. verdict, reasons and advice over all cells
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from shirorom.domain.assessment import Assessment, assess
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import CellError, StorageError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device, Imei
from shirorom.domain.reading import Channel, Reading, showable
from shirorom.domain.verdict import Cell, cell_answered, cell_failed
from shirorom.ports.asking import Answer, Asker
from shirorom.ports.clock import Clock
from shirorom.ports.facts import Facts
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Access, Settings

OnCell = Callable[[Cell], None]

UNRECORDED = 2**62
"""Stands for the index of an answer that is not durable: after every entry of the log."""


@dataclass(frozen=True, slots=True)
class Check:
    """One device → one assessment. `asker` is only used for carriers of access `site`."""

    settings: Settings
    facts: Facts
    rooms: Rooms
    asker: Asker
    clock: Clock

    async def __call__(
        self,
        device: Device,
        *,
        only: Collection[CarrierId] | None = None,
        record: bool = True,
        on_cell: OnCell | None = None,
        by: str | None = None,
    ) -> Assessment:
        """Check a device at every carrier that is on (or at those of `only`).

        A carrier that fails leaves its own cell without mark and never hides the others. An answer that cannot be
        recorded is shown all the same: its cell has no index and the assessment's `storage` names the code. `by` is who
        asks, as the record names them; the operator where nobody is named.

        Raises:
            StorageError: the record cannot be trusted (`log-corrupt`, `log-rolled-back`): nothing asked, nothing said.
        """
        wanted = frozenset(CarrierId if only is None else only)
        room = await asyncio.to_thread(self.rooms.of_check, device, wanted)
        run = _Run(
            check=self,
            room=room,
            known=await asyncio.to_thread(_known, room, device),
            record=record,
            on_cell=on_cell or (lambda _cell: None),
            by=by or self.settings.operator,
        )
        asking = [asyncio.create_task(run.column(device, carrier, carrier in wanted)) for carrier in CARRIERS]
        try:
            columns = await asyncio.gather(*asking)
        finally:  # nobody goes on asking behind a check that has ended
            for column in asking:
                if not column.cancelling():  # a second cancel would cut its last words short
                    column.cancel()
            await asyncio.wait(asking)
        cells = [cell for row in zip(*columns, strict=True) for cell in row]
        return self._assess(device, cells, room, storage=run.storage)

    def recorded(self, device: Device) -> Assessment | None:
        """The same answer where nobody has to be asked (no carrier is of access `site`); else None. For hot routes."""
        if any(self.settings.carrier(carrier).access is Access.SITE for carrier in CARRIERS):
            return None
        room = self.rooms.of_check(device, CARRIERS)
        known = _known(room, device)
        cells = [self.cell_by_hand(room, known, imei, carrier) for imei in device.imeis for carrier in CARRIERS]
        return self._assess(device, cells, room)

    def cell_by_hand(
        self, room: Room, known: Mapping[Imei, Sequence[Recorded]], imei: Imei, carrier: CarrierId
    ) -> Cell:
        """The newest answer that a person read there; `not-asked` when there is none or the carrier is off."""
        if self.settings.carrier(carrier).access is Access.OFF:
            return cell_failed(imei, carrier, "not-asked", last=None)
        return room.cell(imei, carrier, as_of=self.clock.now(), entries=known[imei])

    def _assess(self, device: Device, cells: Sequence[Cell], room: Room, storage: str | None = None) -> Assessment:
        return assess(
            device,
            cells,
            as_of=self.clock.now().replace(microsecond=0),
            practice=room.practice,
            policy=next(p for p in self.facts.policies() if p.id == self.settings.verdict.policy),
            facts=self.facts,
            storage=storage,
        )


def _known(room: Room, device: Device) -> dict[Imei, Sequence[Recorded]]:
    return {imei: room.recorder.entries(imei) for imei in device.imeis}


@dataclass(slots=True)
class _Run:
    """One check under way."""

    check: Check
    room: Room
    known: Mapping[Imei, Sequence[Recorded]]
    record: bool
    on_cell: OnCell
    by: str
    storage: str | None = field(default=None)

    async def column(self, device: Device, carrier: CarrierId, wanted: bool) -> list[Cell]:
        """One carrier's cells, one number after the other: nobody asks a carrier two things at once."""
        return [await self._cell(imei, carrier, wanted) for imei in device.imeis]

    async def _cell(self, imei: Imei, carrier: CarrierId, wanted: bool) -> Cell:
        access = self.check.settings.carrier(carrier).access if wanted else Access.OFF
        if access is not Access.SITE:
            cell = (
                self.check.cell_by_hand(self.room, self.known, imei, carrier)
                if access is Access.HAND
                else cell_failed(imei, carrier, "not-asked", last=None)
            )
            self.on_cell(cell)
            return cell
        try:
            answer = await self._ask(imei, carrier)
        except CellError as error:
            before = self.room.cell(imei, carrier, as_of=self.check.clock.now(), entries=self.known[imei])
            cell = cell_failed(imei, carrier, error.code, last=before)
            self.on_cell(cell)
            return cell
        return await self._keep(imei, carrier, answer)

    async def _ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        if self.room.practice and not self.check.rooms.is_practice(carrier):
            raise CellError("test-number" if imei.is_test else "not-asked")  # a real carrier hears nothing of practice
        return await self.check.asker.ask(imei, carrier)

    async def _keep(self, imei: Imei, carrier: CarrierId, answer: Answer) -> Cell:
        """Show the answer, make it durable, show it again with its index."""
        reading = self._reading(answer)
        seen = self._cell_of(Recorded(UNRECORDED, self.check.clock.now(), reading), imei, carrier)
        self.on_cell(seen)
        if not self.record:
            return seen
        recording = asyncio.ensure_future(asyncio.to_thread(self._record, answer))
        try:
            await asyncio.wait([recording])
        except asyncio.CancelledError:
            await asyncio.wait([recording])  # the log has it in hand and will keep it: what is told must say so
            self._told(recording, seen)
            raise
        return self._told(recording, seen)

    def _told(self, recording: asyncio.Future[Recorded], seen: Cell) -> Cell:
        """The cell of an answer whose recording has ended, shown with its index if it is durable."""
        try:
            recorded = recording.result()
        except StorageError as error:
            self.storage = error.code
            return seen
        cell = self._cell_of(recorded, seen.imei, seen.carrier)
        self.on_cell(cell)
        return cell

    def _record(self, answer: Answer) -> Recorded:
        """Evidence first, then the entry that names it; returns once both would survive a power cut."""
        reading = self._reading(
            answer, page=self.room.blobs.put(answer.page), screenshot=self.room.blobs.put(answer.screenshot)
        )
        (recorded,) = self.room.recorder.record([reading])
        return recorded

    def _reading(self, answer: Answer, *, page: str | None = None, screenshot: str | None = None) -> Reading:
        mark = self.check.facts.glyphs().mark_on_page(answer.glyph)
        return Reading(
            imei=answer.imei,
            carrier=answer.carrier,
            mark=mark,
            glyph=showable(answer.glyph),
            sentence=showable(answer.sentence),
            asked_at=answer.asked_at.replace(microsecond=0),
            channel=Channel.SITE,
            by=showable(self.by),
            practice=self.room.practice,
            page=page,
            screenshot=screenshot,
            error=None if mark is not None else "glyph-unknown",
        )

    def _cell_of(self, recorded: Recorded, imei: Imei, carrier: CarrierId) -> Cell:
        return cell_answered(
            recorded,
            self.room.state(imei, carrier, as_of=recorded.recorded_at, entries=[*self.known[imei], recorded]),
            durable=recorded.index != UNRECORDED,
        )
