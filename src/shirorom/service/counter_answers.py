"""An answer at the counter happens exactly once, whatever is cut off in between (Idempotency-Key).

1. the key is kept with what is about to be recorded, and how long the log was before (durable)
2. the reading goes into the log (durable)
3. the key's row learns the entry's index (durable), and only then anything is acknowledged

Cut off after 1 or 2, the next attempt with that key looks in the log for the reading of step 2 and adopts it; so
nothing is lost and nothing recorded twice. An outcome (no answer came, left out) is no answer: it has no step 2.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.given import Given, Turn
from shirorom.domain.desk.queue import Outcome, Place, Seat
from shirorom.domain.errors import RequestError, ShiroromError, StorageError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading, showable
from shirorom.domain.verdict import Cell
from shirorom.ports.clock import Clock
from shirorom.service.counter import Counter
from shirorom.service.record import Record
from shirorom.service.room import Room
from shirorom.service.withdraw import Withdraw

HOLD = timedelta(seconds=20)
"""How long an attempt keeps others with its key away: longer than any write waits, short for who retries."""
HOLDER_BYTES = 9


@dataclass(frozen=True, slots=True)
class Said:
    """What a person read at a place. `screenshot`: digest of a picture kept before, or its content; `page`: content."""

    glyph: str
    sentence: str = ""
    asked_at: datetime | None = None
    screenshot: str | bytes | None = None
    page: bytes | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of it. `cell` as it now stands; `index` None for an outcome, which is not in the log."""

    given: Given
    index: int | None
    cell: Cell | None


@dataclass(frozen=True, slots=True)
class Answers:
    """Records what people give at the counter, and takes it back."""

    counter: Counter
    record: Record
    withdraw: Withdraw
    clock: Clock
    entropy: Callable[[int], bytes]

    def answer(self, key: str, id_: str, place: Place, said: Said, *, seat: Seat) -> Kept:
        """Record an answer once.

        Never refused because somebody else holds the place, or the phone was taken off the list: it was read.

        Raises:
            RequestError: `glyph-unknown`, `time-in-future`, `screenshot-unknown`, `place-off`, `body-invalid`,
                `idempotency-key-reused`, `idempotency-in-progress`. Nothing was recorded.
            ShiroromError: `item-not-found`. StorageError: nothing is acknowledged; the same key may be tried again.
        """
        item = self.counter.queue.item(id_)
        imei = self.counter.check(item, place)
        self.record.mark_of(said.glyph, said.asked_at)
        if isinstance(said.screenshot, str) and not self.counter.queue.has_screenshot(id_, place, said.screenshot):
            raise RequestError("screenshot-unknown")
        room, now = self.counter.room(item), self.clock.now()
        given = Given(
            key=key,
            print=_print(id_, place, said),
            item=id_,
            place=place,
            person=seat.person,
            by=showable(seat.name),
            at=now,
            glyph=said.glyph.strip(),
            asked_at=(said.asked_at or now).replace(microsecond=0),
            practice=room.practice,
            log_size=room.log.head().size,
        )
        return self._once(given, lambda mine: self._record(mine, imei, said), room=room, imei=imei)

    def outcome(self, key: str, id_: str, place: Place, outcome: Outcome, *, seat: Seat) -> Kept:
        """Note once that no answer came, or that a place is left out for this phone. Raises as `answer` does."""
        item = self.counter.queue.item(id_)
        imei = self.counter.check(item, place)
        given = Given(
            key=key,
            print=_digest([id_, place.name, outcome.value]),
            item=id_,
            place=place,
            person=seat.person,
            by=showable(seat.name),
            at=self.clock.now(),
            outcome=outcome,
        )
        return self._once(given, lambda _mine: None, room=self.counter.room(item), imei=imei)

    def undo(self, id_: str, *, seat: Seat, reason: str) -> Given:
        """Take back what this person gave last at a phone. A reading is withdrawn; both stay visible in the record.

        Raises:
            ShiroromError: `nothing-to-undo`, `item-not-found`.
        """
        queue = self.counter.queue
        queue.item(id_)
        last = queue.last_given(id_, seat.person)
        if last is None:
            raise ShiroromError("nothing-to-undo")
        if last.index is not None:
            try:
                self.withdraw(last.index, reason=reason, by=last.by, practice=last.practice)
            except ShiroromError as error:
                if error.code != "entry-withdrawn":  # an undo that was cut off before its last step
                    raise
        queue.taken_back(last.key, self.clock.now())
        return last

    def _once(self, given: Given, do: Callable[[Given], int | None], *, room: Room, imei: Imei) -> Kept:
        queue, now = self.counter.queue, self.clock.now()
        holder = self.entropy(HOLDER_BYTES).hex()
        begun = queue.begin(given, holder=holder, now=now, until=now + HOLD)
        mine = begun.given
        if begun.turn is not Turn.DONE:
            try:
                index = self._found(mine, room, imei) if begun.turn is Turn.AGAIN else None
                index = do(mine) if index is None else index
                mine = queue.finish(given.key, index=index, told=self._told(mine), at=self.clock.now())
            except Exception:
                with suppress(StorageError):  # the first failure is the one to tell
                    queue.give_up(given.key, holder)
                raise
        return Kept(mine, mine.index, self._cell(mine, room, imei))

    def _record(self, mine: Given, imei: Imei, said: Said) -> int:
        recorded, _, _ = self.record(
            imei,
            mine.place.carrier,
            mine.glyph,
            by=mine.by,
            sentence=said.sentence,
            asked_at=mine.asked_at,
            screenshot=said.screenshot,
            page=said.page,
        )
        return recorded.index

    def _found(self, mine: Given, room: Room, imei: Imei) -> int | None:
        """The entry of an attempt that was cut off after the log had it; None: the log never did."""
        if mine.outcome is not None:
            return None
        like = [one.index for one in room.recorder.entries(imei) if _is(one, mine, imei, mine.place.carrier)]
        others = self.counter.queue.adopted(room.practice, like) if like else ()
        return next((index for index in like if index not in others), None)

    def _told(self, mine: Given) -> bool | None:
        mark = None if mine.outcome is not None else self.record.facts.glyphs().mark_by_operator(mine.glyph)
        return None if mark is None else mark is not Mark.NO_RECORD

    def _cell(self, mine: Given, room: Room, imei: Imei) -> Cell | None:
        return None if mine.index is None else room.cell(imei, mine.place.carrier, as_of=self.clock.now())


def _is(one: Recorded, mine: Given, imei: Imei, carrier: CarrierId) -> bool:
    """Whether an entry is the reading that this key was to record."""
    reading = one.statement
    if not isinstance(reading, Reading) or one.index < mine.log_size:
        return False
    same = (reading.imei, reading.carrier, reading.glyph, reading.asked_at, reading.by, reading.channel)
    return same == (imei, carrier, mine.glyph, mine.asked_at, mine.by, Channel.HAND)


def _print(id_: str, place: Place, said: Said) -> str:
    """Digest of what came with a key; the number itself is not in it."""
    asked_at = None if said.asked_at is None else said.asked_at.isoformat()
    evidence = [
        hashlib.sha256(one).hexdigest() if isinstance(one, bytes) else one for one in (said.screenshot, said.page)
    ]
    return _digest([id_, place.name, said.glyph, said.sentence, asked_at, *evidence])


def _digest(parts: list[str | None]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
