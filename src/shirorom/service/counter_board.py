"""What stands at each place of the queue, read from the record; remembered as long as the record has not changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.queue import Item, ItemView, Known, Outcome, Place, Rules, Why, look
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device
from shirorom.domain.verdict import cell_of
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Access

VIEWS_MAX = 8_192
"""Phones whose view is remembered."""

Outcomes = Mapping[tuple[str, Place], Outcome]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A view, what it was drawn from, and until when no answer in it grows too old."""

    item: Item
    rules: Rules
    outcomes: tuple[Outcome | None, ...]
    entries: tuple[Sequence[Recorded], ...]
    until: datetime
    view: ItemView


@dataclass
class Viewer:
    """Draws views of phones. One caller at a time."""

    rooms: Rooms
    used: set[bool] = field(default_factory=set)
    _seen: dict[str, _Seen] = field(default_factory=dict)

    @cached_property
    def _practice(self) -> Mapping[CarrierId, bool]:
        return {carrier: self.rooms.is_practice(carrier) for carrier in CARRIERS}

    def room(self, device: Device) -> Room:
        """Where all answers about a phone are: never in two worlds at once."""
        room = self.rooms.of_check(device, CARRIERS)
        self.used.add(room.practice)
        return room

    def off(self, device: Device, carrier: CarrierId) -> Why | None:
        """Why this carrier is not asked about this phone at all."""
        if self.rooms.settings.carrier(carrier).access is Access.OFF:
            return Why.OFF
        here = device.is_test or any(self._practice.values())
        return Why.PRACTICE if here and not self._practice[carrier] else None

    def view(self, item: Item, outcomes: Outcomes, rules: Rules, now: datetime) -> ItemView:
        """One phone as it stands."""
        room = self.room(item.device)
        entries = tuple(room.recorder.entries(imei) for imei in item.device.imeis)
        mine = tuple(outcomes.get((item.id, place)) for place in item.places())
        seen = self._seen.get(item.id)
        if seen is not None and _same(seen, item, rules, mine, entries) and now < seen.until:
            return seen.view
        view = look(item, self._known(item, room, entries, mine, now), rules)
        if len(self._seen) >= VIEWS_MAX:
            self._seen.clear()
        until = _fresh_until(view, now, timedelta(hours=room.age_h_max))
        self._seen[item.id] = _Seen(item, rules, mine, entries, until, view)
        return view

    def _known(
        self,
        item: Item,
        room: Room,
        entries: Sequence[Sequence[Recorded]],
        outcomes: Sequence[Outcome | None],
        now: datetime,
    ) -> dict[Place, Known]:
        known = {}
        for place, outcome in zip(item.places(), outcomes, strict=True):
            imei = item.imei(place)
            state = room.state(imei, place.carrier, as_of=now, entries=entries[place.number - 1])
            # an answer that the program read counts here too: nobody need ask it again by hand
            state = replace(state, hand=state.hand or state.reading)
            cell = cell_of(state, imei=imei, carrier=place.carrier, as_of=now, age_h_max=room.age_h_max)
            known[place] = Known(cell, outcome, self.off(item.device, place.carrier))
        return known


def _same(
    seen: _Seen,
    item: Item,
    rules: Rules,
    outcomes: tuple[Outcome | None, ...],
    entries: tuple[Sequence[Recorded], ...],
) -> bool:
    if seen.item != item or seen.rules != rules or seen.outcomes != outcomes or len(seen.entries) != len(entries):
        return False
    return all(known is now for known, now in zip(seen.entries, entries, strict=True))


def _fresh_until(view: ItemView, now: datetime, age_max: timedelta) -> datetime:
    asked = [one.cell.asked_at for one in view.places if one.cell.asked_at is not None and not one.cell.stale]
    return min((at + age_max for at in asked), default=now + timedelta(days=1))
