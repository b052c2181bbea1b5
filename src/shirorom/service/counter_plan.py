"""What the plan of re-checks has in the counter's queue: after what people bring, and only as long as it is wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from shirorom.domain.desk.queue import OPEN_MAX, Item, Place, Wanted
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device
from shirorom.service.counter import Counter, today

KEPT_FOR_PEOPLE = 200
"""Phones that people can always take in, however much the plan has put there."""
Phone = tuple[Device, frozenset[Place]]
"""A phone and the places of it that the plan wants."""


@dataclass(frozen=True, slots=True)
class Held:
    """Phones of the plan in the queue: new ones, those that were there, older ones that were taken off."""

    added: int
    known: int
    gone: int


def hold_planned(counter: Counter, phones: Sequence[Phone], *, by: str, count_max: int | None = None) -> Held:
    """Let the queue hold what the plan wants today: phones, each with the places that are due.

    As many new ones as `count_max` says and leave room for people; phones that an older plan put there and that are not
    among these are taken off, unless somebody is at one.
    """
    now = counter.clock.now()
    since, listed = today(now), counter.queue.items(since=today(now))
    gone = _drop(counter, listed, _keys(device for device, _ in phones), now)
    there = _keys(item.device for item in listed)
    known = [phone for phone in phones if _keys([phone[0]]) & there]
    fresh = [phone for phone in phones if not _keys([phone[0]]) & there][:count_max]
    waiting = sum(item.closed_at is None for item in listed) - gone
    for kept in (KEPT_FOR_PEOPLE, KEPT_FOR_PEOPLE * 2):  # people may add meanwhile: once more, with more room
        some = [*known, *fresh[: max(OPEN_MAX - kept - waiting, 0)]]
        try:
            taken = counter.take_in([(device, Wanted(places, since)) for device, places in some], by=by)
        except ShiroromError as error:
            if error.code != "queue-full":
                raise
            continue
        added = sum(new for _, new in taken)
        return Held(added, len(taken) - added, gone)
    return Held(0, 0, gone)


def _drop(counter: Counter, listed: Sequence[Item], wanted: Collection[str], now: datetime) -> int:
    """Take off what an older plan put there; returns how many."""
    held = {claim.item for claim in counter.queue.claims(now)}
    of_plan = [item for item in listed if item.wanted is not None and item.closed_at is None and item.id not in held]
    gone = [item.id for item in of_plan if _keys([item.device]).isdisjoint(wanted)]
    if gone:
        counter.queue.remove_items(gone, now)
    return len(gone)


def _keys(devices: Iterable[Device]) -> set[str]:
    return {imei.key for device in devices for imei in device.imeis}
