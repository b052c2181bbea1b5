"""The real room and the practice room: each a log, its recorder and its blobs. No use case ever looks into both."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import Enrolment
from shirorom.domain.fold import Recorded, State, fold
from shirorom.domain.imei import Device, Imei
from shirorom.domain.verdict import Cell, cell_of
from shirorom.ports.blobs import Blobs
from shirorom.ports.facts import Facts
from shirorom.ports.log import Log
from shirorom.service.recorder import Recorder
from shirorom.service.settings import Access, Settings


@dataclass(frozen=True, slots=True)
class Room:
    """Where readings of one kind, real or practice, are kept."""

    practice: bool
    log: Log
    blobs: Blobs
    recorder: Recorder
    age_h_max: float

    def cell(
        self, imei: Imei, carrier: CarrierId, *, as_of: datetime, entries: Sequence[Recorded] | None = None
    ) -> Cell:
        """What is known of one carrier and number, from recorded answers alone."""
        return self.cell_of(self.state(imei, carrier, as_of=as_of, entries=entries), as_of=as_of)

    def cell_of(self, state: State, *, as_of: datetime) -> Cell:
        """A state as a cell, with what this room knows of the carrier's book and of the age that counts."""
        return cell_of(
            state, imei=state.imei, carrier=state.carrier, as_of=as_of, age_h_max=self.age_h_max,
            enrolment=self.enrolment(state.carrier, as_of=as_of),
        )  # fmt: skip

    def state(
        self, imei: Imei, carrier: CarrierId, *, as_of: datetime, entries: Sequence[Recorded] | None = None
    ) -> State:
        """What stands for one carrier and number."""
        known = self.recorder.entries(imei) if entries is None else entries
        enrolled = self.enrolment(carrier, as_of=as_of) is not None
        return fold(known, carrier=carrier, imei=imei, as_of=as_of, enrolled=enrolled)

    def enrolment(self, carrier: CarrierId, *, as_of: datetime) -> Enrolment | None:
        """Whether the carrier's own full list was accepted by then."""
        feeds = self.recorder.feeds
        return None if feeds is None else feeds.enrolment(carrier, as_of=as_of)


@dataclass(frozen=True, slots=True)
class Rooms:
    """Decides which room a reading belongs to (DESIGN §3.13) and opens it when it is first needed."""

    settings: Settings
    facts: Facts
    open: Callable[[bool], Room]

    def is_practice(self, carrier: CarrierId) -> bool:
        """Whether a carrier, as configured, is a practice one."""
        url = self.settings.carrier(carrier).url
        return url is not None and not self.facts.carrier(carrier).is_real(url)

    def of_hand(self, imei: Imei, carrier: CarrierId) -> Room:
        """The room of one answer of one carrier about one number."""
        return self.open(imei.is_test or self.is_practice(carrier))

    def of_check(self, device: Device, carriers: Collection[CarrierId]) -> Room:
        """The room of a whole check: practice as soon as a number or a carrier that is asked is practice."""
        asked = (carrier for carrier in carriers if self.settings.carrier(carrier).access is not Access.OFF)
        return self.open(device.is_test or any(self.is_practice(carrier) for carrier in asked))
