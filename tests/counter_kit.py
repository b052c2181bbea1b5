"""What the tests of the counter share: a queue in a data directory of its own, phones of the test ranges."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.queue import SqlQueue
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.given import Given
from shirorom.domain.desk.queue import LEASE, Item, Outcome, Place, Seat
from shirorom.domain.imei import Device
from shirorom.ports.queue import NewItem, Queue
from tests.logs import START, imei

DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS
LONG_AGO = START - timedelta(days=1)
ANNA, BEN = Seat(1, "Anna"), Seat(2, "Ben")


def device(*numbers: int) -> Device:
    """A phone of these test numbers."""
    return Device(tuple(imei(n) for n in numbers))


def open_queue(data: Path) -> SqlQueue:
    """The queue of a data directory."""
    return SqlQueue(Desk(data))


def add(queue: Queue, *devices: Device, by: str = "Anna") -> Sequence[tuple[Item, bool]]:
    """Take phones in, in the fixed order of carriers."""
    new = [NewItem(device, CARRIERS) for device in devices]
    return queue.add(new, ids=[os.urandom(6).hex() for _ in new], by=by, at=START, since=LONG_AGO)


def given(
    item: Item, *, key: str = "key-00000001", carrier: CarrierId = AU, print: str = "p", outcome: Outcome | None = None,
    log_size: int = 0, person: int = 1,
) -> Given:  # fmt: skip
    """○ at a place, or that no answer came."""
    return Given(
        key=key, print=print, item=item.id, place=Place(1, carrier), person=person, by="Anna", at=START,
        outcome=outcome, glyph="" if outcome else "○", asked_at=None if outcome else START, practice=True,
        log_size=log_size,
    )  # fmt: skip


def work_off(queue: Queue, seat: Seat, ids: Sequence[str]) -> list[tuple[str, str]]:
    """One clerk takes whatever is free until nothing is left, and keeps all of it."""
    got = []
    wanted = [(id_, Place(1, carrier)) for id_ in ids for carrier in (DOCOMO, AU, SOFTBANK)]
    while wanted:
        taken = queue.claim(wanted, seat, now=START, until=START + LEASE)
        if taken is None:
            break
        got.append((taken[0], taken[1].name))
        wanted.remove(taken)
    return got
