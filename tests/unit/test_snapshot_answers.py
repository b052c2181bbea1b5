"""What a shop with a snapshot answers: the carriers' word with its age, beside what was read here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.register_file import RegisterFiles
from shirorom.adapters.snapshot_files import SnapshotFiles
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.rows import Row
from shirorom.register.snapshot_head import Holds
from shirorom.service.lookup import Lookup
from shirorom.service.room import Rooms
from shirorom.service.screen_answers import Known, Said
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings
from shirorom.service.snapshot_answers import more_doubtful
from tests import register_kit as kit
from tests import snapshot_kit as snapshots
from tests.feed_kit import Importer
from tests.logs import START, imei, reading

DOCOMO, AU = CarrierId.DOCOMO, CarrierId.AU
BOOK_AT = START - timedelta(hours=2)
BAD, WARNED, GOOD, COMES, ABSENT = range(5)


def stamp(size: int = 7) -> Stamp:
    """docomo's book, two hours old at `START`."""
    return Stamp(kit.stamp(size=size).log, (Enrolled(DOCOMO, BOOK_AT),), True)


def rows() -> list[Row]:
    keys = [int(imei(n).key) for n in range(5)]
    return [
        (keys[BAD], DOCOMO, Mark.RESTRICTED),
        (keys[WARNED], DOCOMO, Mark.CAUTION),
        (keys[GOOD], DOCOMO, Mark.CLEAR),
        (keys[COMES], DOCOMO, Mark.RESTRICTED, stamp().day + timedelta(days=1)),
    ]


class World:
    """A shop without feeds: readings, and the snapshots that it took."""

    def __init__(self, data: Path, settings: Settings | None = None) -> None:
        self.take = Importer(data)
        rooms = Rooms(settings or Settings(), packaged_facts(), lambda _: self.take.room)
        registers = RegisterFiles(data / "register", self.take.room.log, self.take.clock)
        shelf = SnapshotFiles(data / "snapshot")
        self.lookup = Lookup(rooms, self.take.clock, lambda _: registers, lambda _: shelf)
        self.use = snapshots.shop(data / "snapshot", self.take.clock)

    def apply(self, holds: Holds = Holds.DOUBTFUL, made: list[Row] | None = None, size: int = 7) -> None:
        content = snapshots.content_of(rows() if made is None else made, holds, stamp(size))
        self.use(snapshots.made(content, at=BOOK_AT), keys=[snapshots.SIGNER.key])

    def read(self, *answers: tuple[int, Mark]) -> None:
        """docomo's own page said so, after its book."""
        self.take.room.recorder.record([replace(reading(n, mark), carrier=DOCOMO) for n, mark in answers])

    def said(self, n: int) -> Said:
        (one,) = self.lookup([Device((imei(n),))])
        return one

    def cell(self, n: int, carrier: CarrierId = DOCOMO) -> Cell:
        return self.said(n).cells[CARRIERS.index(carrier)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "data")


def test_marks_come_with_the_age_of_the_book(world: World) -> None:
    """× and △ as notices of the book's time; what was not handed on stays not asked, as do other carriers."""
    world.apply()
    bad, warned = world.cell(BAD), world.cell(WARNED)
    assert (bad.mark, bad.channel, bad.asked_at, bad.stale) == (Mark.RESTRICTED, Channel.NOTICE, BOOK_AT, False)
    assert warned.mark is Mark.CAUTION
    assert [world.cell(n).error for n in (GOOD, ABSENT)] == ["not-asked"] * 2
    assert world.cell(BAD, AU).error == "not-asked"
    assert world.said(BAD).verdict.kind is VerdictKind.RESTRICTED
    assert world.said(ABSENT).verdict.kind is VerdictKind.UNDETERMINED


def test_absence_from_whole_books_is_no_record(world: World) -> None:
    """Only where everything was handed on."""
    world.apply(Holds.EVERYTHING)
    assert [world.cell(n).mark for n in (GOOD, ABSENT)] == [Mark.CLEAR, Mark.NO_RECORD]


def test_a_stale_snapshot_keeps_what_is_bad(world: World) -> None:
    """A day on, ○ and － decide nothing; △ and × are themselves; each says that it is stale."""
    world.apply(Holds.EVERYTHING)
    world.take.clock.at += timedelta(hours=23)
    kinds = {n: world.said(n) for n in (BAD, WARNED, GOOD, ABSENT)}
    assert all(said.cells[0].stale for said in kinds.values())
    assert [said.words.marks[0] for said in kinds.values()] == ["restricted", "caution", "", ""]
    assert all("docomo:stale" in said.words.errors for said in kinds.values())


def test_a_restriction_comes_on_its_day(world: World) -> None:
    """It travels with the snapshot, and nobody has to fetch another one."""
    world.apply()
    assert world.cell(COMES).mark is Mark.CAUTION
    world.take.clock.at += timedelta(days=1)
    assert world.cell(COMES).mark is Mark.RESTRICTED


def test_a_newer_snapshot_is_followed(world: World) -> None:
    """At the next look, without a restart."""
    world.apply()
    assert world.cell(BAD).mark is Mark.RESTRICTED
    world.apply(made=rows()[1:], size=8)
    assert world.cell(BAD).error == "not-asked"


def test_a_damaged_snapshot_answers_nothing(world: World, tmp_path: Path) -> None:
    """Not as if there were none: that would make a × vanish."""
    world.apply()
    pointer = tmp_path / "data" / "snapshot" / "CURRENT"
    pointer.write_bytes(pointer.read_bytes().replace(b"docomo", b"dokomo"))
    with pytest.raises(Exception, match="snapshot-corrupt"):
        world.said(BAD)


def test_readings_stand_beside_it(world: World) -> None:
    """A ○ read later does not cover a ×, which then has vanished there; a × that was read is not covered by absence."""
    world.apply(Holds.EVERYTHING)
    world.read((BAD, Mark.CLEAR), (ABSENT, Mark.RESTRICTED), (GOOD, Mark.CAUTION))
    bad = world.cell(BAD)
    assert (bad.mark, bad.raw, bad.vanished) == (Mark.RESTRICTED, "○", True)
    assert [world.cell(n).mark for n in (ABSENT, GOOD)] == [Mark.RESTRICTED, Mark.CAUTION]


def test_a_carrier_that_is_off_stays_off(tmp_path: Path) -> None:
    """What a shop left out by choice is not asked, and the answer says so."""
    off = Settings(carriers=CarriersSettings(docomo=CarrierSettings(access=Access.OFF)))
    world = World(tmp_path / "data", off)
    world.apply()
    assert world.cell(BAD).error == "not-asked"
    assert not world.said(BAD).verdict.complete


def test_many_at_once_are_as_one_by_one(world: World) -> None:
    """By keys, in any order, repeats and all; several numbers of a phone are its worst."""
    world.apply(Holds.EVERYTHING)
    world.read((BAD, Mark.CLEAR), (ABSENT, Mark.CLEAR))
    asked = np.random.default_rng(1).integers(0, 9, 200)
    sight = world.lookup.sight(True)
    ids = sight.ids(np.array([int(imei(int(n)).key) for n in asked], np.uint64))
    assert [sight.said[place].words for place in ids.tolist()] == [world.said(int(n)).words for n in asked]
    (both,) = world.lookup([Device((imei(GOOD), imei(BAD)))])
    assert both.verdict.kind is VerdictKind.RESTRICTED
    assert sight.books == {DOCOMO: BOOK_AT}


def test_what_nobody_spoke_of_is_folded_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop without a register answers a thousand phones as quickly as those of them that it knows."""
    world.read((BAD, Mark.CLEAR))
    folded: list[int] = []
    of_room = Known.of_room

    def counted(self: Known, practice: bool, devices: Sequence[Device], as_of: datetime) -> list[Said]:
        folded.append(len(devices))
        return of_room(self, practice, devices, as_of)

    monkeypatch.setattr(Known, "of_room", counted)
    keys = np.array([int(imei(n).key) for n in range(1_000)], np.uint64)
    sight = world.lookup.sight(True)
    ids = sight.ids(keys)
    assert (folded, len(set(ids.tolist()))) == ([1, 1], 2)
    assert sight.said[ids[BAD]].cells[0].mark is Mark.CLEAR


def cell(mark: Mark | None, hours: int = 0, *, stale: bool = False, channel: Channel = Channel.HAND) -> Cell:
    """An answer of docomo, so many hours before `START`."""
    if mark is None:
        return Cell(imei(1), DOCOMO, None, error="not-asked")
    return Cell(imei(1), DOCOMO, mark, asked_at=START - timedelta(hours=hours), channel=channel, stale=stale)


@pytest.mark.parametrize(
    ("here", "book", "stands"),
    [
        (cell(None), cell(Mark.CLEAR), "book"),
        (cell(Mark.CLEAR, stale=True), cell(Mark.NO_RECORD), "book"),
        (cell(Mark.CLEAR), cell(Mark.NO_RECORD, stale=True), "here"),
        (cell(Mark.CLEAR), cell(Mark.CAUTION, 5, stale=True), "book"),
        (cell(Mark.CAUTION), cell(Mark.CLEAR), "here"),
        (cell(Mark.RESTRICTED, 50, stale=True), cell(Mark.CLEAR), "here"),
        (cell(Mark.CLEAR, 9), cell(Mark.RESTRICTED, 5), "book"),
        (cell(Mark.CLEAR, stale=True, hours=40), cell(Mark.CLEAR, 30, stale=True), "here"),
    ],
)
def test_the_more_doubtful_word_stands(here: Cell, book: Cell, stands: str) -> None:
    """Of answers that decide; what does not decide covers nothing."""
    assert more_doubtful(here, book) is (here if stands == "here" else book)
