"""Takes back a mistyped hand reading (取消): both the reading and its withdrawal stay visible."""

from __future__ import annotations

from dataclasses import dataclass

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.fold import Recorded
from shirorom.domain.reading import Channel, Reading, Withdrawal, showable
from shirorom.ports.clock import Clock
from shirorom.service.room import Rooms


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Index and reason → a withdrawal entry."""

    rooms: Rooms
    clock: Clock
    owner: str

    def __call__(self, index: int, *, reason: str, by: str, practice: bool, owner: bool = False) -> Recorded:
        """Withdraw the hand reading at `index`. `owner`: whoever asks is signed in as the shop's owner.

        Raises:
            RequestError: `body-invalid`, an empty reason.
            ShiroromError: `entry-not-found`, `entry-not-withdrawable` (not a hand reading, or recorded by someone else
                and `by` is not the owner), `entry-withdrawn` (already).
        """
        if not reason.strip():
            raise RequestError("body-invalid")
        room = self.rooms.open(practice)
        entry = room.recorder.entry(index)
        reading = None if entry is None else entry.statement
        if not isinstance(reading, Reading) or reading.channel is not Channel.HAND:
            raise ShiroromError("entry-not-withdrawable", index=index)
        if not owner and by not in (reading.by, self.owner):
            raise ShiroromError("entry-not-withdrawable", index=index)
        if any(
            isinstance(known.statement, Withdrawal) and known.statement.index == index
            for known in room.recorder.entries(reading.imei)
        ):
            raise ShiroromError("entry-withdrawn", index=index)
        withdrawal = Withdrawal(
            imei=reading.imei,
            carrier=reading.carrier,
            index=index,
            reason=showable(reason),
            at=self.clock.now().replace(microsecond=0),
            by=showable(by),
        )
        (recorded,) = room.recorder.record([withdrawal])
        return recorded
