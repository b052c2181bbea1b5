"""A person explains why a × vanished (accept-correction), so that this carrier's later answers count again."""

from __future__ import annotations

from dataclasses import dataclass

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.reading import Correction, showable
from shirorom.domain.verdict import Cell
from shirorom.ports.clock import Clock
from shirorom.service.room import Room, Rooms


@dataclass(frozen=True, slots=True)
class Correct:
    """IMEI, carrier and reason → a correction entry → the cell as it now stands."""

    rooms: Rooms
    clock: Clock

    def __call__(self, imei: Imei, carrier: CarrierId, *, reason: str, by: str) -> tuple[Recorded, Cell, Room]:
        """Accept the correction.

        Raises:
            RequestError: `body-invalid`, an empty reason.
            ShiroromError: `correction-not-needed`, no vanished × of this carrier is known for this number.
        """
        if not reason.strip():
            raise RequestError("body-invalid")
        room = self.rooms.of_hand(imei, carrier)
        if not room.state(imei, carrier, as_of=self.clock.now()).vanished:
            raise ShiroromError("correction-not-needed", carrier=carrier.value)
        correction = Correction(
            imei=imei,
            carrier=carrier,
            reason=showable(reason),
            at=self.clock.now().replace(microsecond=0),
            by=showable(by),
        )
        (recorded,) = room.recorder.record([correction])
        return recorded, room.cell(imei, carrier, as_of=self.clock.now()), room
