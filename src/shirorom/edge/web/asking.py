"""One check as the page leads it: carriers that the program asks, carriers that a person reads, in one result.

    1. begin: ask the carriers of access `site` in the background; the others answer from what is known
    2. a person adds what the official pages showed, card by card (`answer`, `skip`, `undo`)
    3. after each step the verdict is drawn again over all cells; nobody is asked twice for it

On a public page a visitor's own answers count for that page alone: they are never recorded, because the next visitor
would read them as somebody's word; nor are earlier answers by hand shown there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from shirorom.domain.assessment import Assessment, assess
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Device
from shirorom.domain.reading import SENTENCE_CHARS_MAX, Channel
from shirorom.domain.verdict import Cell, cell_failed
from shirorom.edge.web.jobs import Given, Job, Jobs, Place
from shirorom.edge.web.parts import Parts
from shirorom.service.settings import Access


@dataclass(frozen=True, slots=True)
class Asking:
    """The page's use of the services."""

    parts: Parts
    jobs: Jobs

    @property
    def public(self) -> bool:
        """Whether strangers use this page."""
        return self.parts.settings.web.public

    def carriers(self, access: Access) -> tuple[CarrierId, ...]:
        """The carriers of one kind of access."""
        return tuple(carrier for carrier in CarrierId if self.parts.settings.carrier(carrier).access is access)

    def by_hand(self, job: Job) -> list[Place]:
        """Every place that a person has to look at, number by number."""
        return [(imei, carrier) for imei in job.device.imeis for carrier in self.carriers(Access.HAND)]

    def open_places(self, job: Job) -> list[Place]:
        """Those that still have no answer that counts."""
        return [place for place in self.by_hand(job) if place not in job.skipped and not self._decides(job, place)]

    def _decides(self, job: Job, place: Place) -> bool:
        cell = job.cells.get(place)
        return cell is not None and cell.decides

    def failed(self, job: Job) -> list[Place]:
        """Places where the program asked in vain."""
        site = self.carriers(Access.SITE)
        return [place for place, cell in job.cells.items() if place[1] in site and cell.mark is None]

    async def begin(self, device: Device, *, record: bool, by: str | None = None) -> Job:
        """A new job; where nobody has to be asked, its result is there at once. `by`: who asks."""
        job = self.jobs.new(device, record=record, by=by)
        await self._ask(job, self.carriers(Access.SITE))
        return job

    async def again(self, job: Job) -> None:
        """Ask once more where no answer came."""
        if job.running:
            return
        failed = {carrier for _, carrier in self.failed(job)}
        if failed:
            await self._ask(job, [carrier for carrier in CarrierId if carrier in failed])

    async def answer(self, job: Job, place: Place, glyph: str, sentence: str, *, by: str) -> None:
        """What a person saw there: recorded (not on a public page), and counted.

        Raises:
            RequestError: `glyph-unknown`; `body-invalid`, this carrier is not read by hand, or too long a sentence.
            StorageError: nothing was recorded.
        """
        self._check_place(job, place)
        if len(sentence) > SENTENCE_CHARS_MAX:
            raise RequestError("body-invalid")
        imei, carrier = place
        before = job.cells.get(place) or cell_failed(imei, carrier, "not-asked", last=None)
        if self.public:
            cell, given = self._unrecorded(place, glyph, sentence), Given(place, None, False, before)
        else:
            recorded, cell, room = await asyncio.to_thread(
                self.parts.record, imei, carrier, glyph, by=by, sentence=sentence
            )
            given = Given(place, recorded.index, room.practice, before)
        job.given.append(given)
        job.skipped.discard(place)
        self._count(job, cell)

    def skip(self, job: Job, place: Place) -> None:
        """The person looked and no answer came: the cell stays without mark."""
        self._check_place(job, place)
        job.skipped.add(place)
        job.touch()

    async def undo(self, job: Job, *, reason: str, by: str, owner: bool = False) -> None:
        """Take back the last answer given on this page; both stay visible in the record."""
        if not job.given:
            return
        given = job.given[-1]
        cell = given.before
        if given.index is not None:
            await asyncio.to_thread(
                self.parts.withdraw,
                given.index,
                reason=reason,
                by=by,
                practice=given.practice,
                owner=owner,
            )
            imei, carrier = given.place
            room = self.parts.rooms.of_hand(imei, carrier)
            cell = await asyncio.to_thread(room.cell, imei, carrier, as_of=self.parts.clock.now())
        job.given.pop()
        job.skipped.discard(given.place)
        self._count(job, cell)

    async def correct(self, job: Job, place: Place, *, reason: str, by: str) -> None:
        """Accept that a × has gone. Raises `correction-not-needed`; `not-found` on a public page."""
        if self.public or place[0] not in job.device.imeis:
            raise RequestError("not-found")
        imei, carrier = place
        _, cell, _ = await asyncio.to_thread(self.parts.correct, imei, carrier, reason=reason, by=by)
        self._count(job, cell)

    async def _ask(self, job: Job, carriers: Collection[CarrierId]) -> None:
        job.asking = frozenset((imei, carrier) for imei in job.device.imeis for carrier in carriers)
        for place in job.asking:
            job.cells.pop(place, None)
        self.jobs.start(job, self._look)
        if not carriers and job.task is not None:
            await job.task

    async def _look(self, job: Job) -> Assessment:
        first = job.assessment is None
        asked = {carrier for _, carrier in job.asking}
        everyone = first and not self.public

        def seen(cell: Cell) -> None:
            if first or cell.carrier in asked:
                job.seen(cell)

        result = await self.parts.check(
            job.device, only=None if everyone else asked, record=job.record, on_cell=seen, by=job.by
        )
        job.storage = result.storage
        return self._assess(job)

    def _count(self, job: Job, cell: Cell) -> None:
        job.seen(cell)
        if not job.running:
            job.assessment = self._assess(job)

    def _assess(self, job: Job) -> Assessment:
        parts = self.parts
        cells = [
            job.cells.get((imei, carrier)) or cell_failed(imei, carrier, "not-asked", last=None)
            for imei in job.device.imeis
            for carrier in CarrierId
        ]
        return assess(
            job.device,
            cells,
            as_of=parts.clock.now().replace(microsecond=0),
            practice=parts.rooms.of_check(job.device, tuple(CarrierId)).practice,
            policy=parts.facts.policy(parts.settings.verdict.policy),
            facts=parts.facts,
            storage=job.storage,
        )

    def _check_place(self, job: Job, place: Place) -> None:
        imei, carrier = place
        if imei not in job.device.imeis or carrier not in self.carriers(Access.HAND):
            raise RequestError("body-invalid")

    def _unrecorded(self, place: Place, glyph: str, sentence: str) -> Cell:
        mark = self.parts.facts.glyphs().mark_by_operator(glyph)
        if mark is None:
            raise RequestError("glyph-unknown")
        imei, carrier = place
        return Cell(
            imei=imei,
            carrier=carrier,
            mark=mark,
            raw=glyph.strip(),
            sentence=sentence,
            asked_at=self.parts.clock.now().replace(microsecond=0),
            channel=Channel.HAND,
        )


def place_of(text: str, device: Device) -> Place | None:
    """`2-docomo` as a place: the device's second number at docomo. Addresses name places so, never by number."""
    number, _, name = text.partition("-")
    try:
        carrier = CarrierId(name)
    except ValueError:
        return None
    if not (number.isascii() and number.isdigit() and len(number) == 1 and 1 <= int(number) <= len(device.imeis)):
        return None
    return device.imeis[int(number) - 1], carrier


def name_of(place: Place, device: Device) -> str:
    """The other way round."""
    imei, carrier = place
    return f"{device.imeis.index(imei) + 1}-{carrier.value}"
