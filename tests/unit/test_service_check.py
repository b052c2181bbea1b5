"""The main job with a carrier that we play: what is asked, recorded, announced and said."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError, RequestError, ShiroromError, StorageError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell
from shirorom.ports.asking import Answer
from shirorom.service.check import Check
from shirorom.service.correct import Correct
from shirorom.service.history import History
from shirorom.service.record import Record
from shirorom.service.recorder import Recorder
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Access, CarriersSettings, Settings
from shirorom.service.withdraw import Withdraw

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PHONE = Imei("001001010000013")
SECOND = Imei("001001010000021")
REAL = Imei("490154203237518")  # the documentation's example: not a test number
Say = str | CellError | Callable[[], str]


@dataclass
class FakeClock:
    at: datetime = START

    def now(self) -> datetime:
        return self.at


@dataclass
class FakeBlobs:
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        digest = f"{len(self.kept):064x}"
        self.kept[digest] = content
        return digest


@dataclass
class FakeAsker:
    """Says for each carrier what it was told to."""

    clock: FakeClock
    says: Mapping[CarrierId, Say] = field(default_factory=dict)
    asked: list[tuple[Imei, CarrierId]] = field(default_factory=list)

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        self.asked.append((imei, carrier))
        await asyncio.sleep(0)
        said = self.says[carrier]
        if isinstance(said, CellError):
            raise said
        glyph = said() if callable(said) else said
        return Answer(imei, carrier, glyph, "文", self.clock.now(), b"page", b"picture")

    async def warm(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class House:
    """A data directory with its use cases, wired for a test."""

    tmp: Path
    settings: Settings
    clock: FakeClock = field(default_factory=FakeClock)
    rooms_open: dict[bool, Room] = field(default_factory=dict)

    def room(self, practice: bool) -> Room:
        if practice not in self.rooms_open:
            log = SqliteLog(self.tmp, practice=practice, entropy=os.urandom)
            blobs = FakeBlobs()
            recorder = Recorder(log, None, self.clock, os.urandom)
            self.rooms_open[practice] = Room(practice, log, blobs, recorder, self.settings.verdict.age_h_max)  # type: ignore[arg-type]
        return self.rooms_open[practice]

    @property
    def rooms(self) -> Rooms:
        return Rooms(self.settings, packaged_facts(), self.room)

    @property
    def record(self) -> Record:
        return Record(self.rooms, packaged_facts(), self.clock)

    def check(self, asker: FakeAsker) -> Check:
        return Check(self.settings, packaged_facts(), self.rooms, asker, self.clock)


def settings(access: Access = Access.SITE, *, url: str | None = "http://127.0.0.1:9") -> Settings:
    table = msgspec.structs.replace(Settings().carriers.docomo, access=access, url=url)
    return Settings(carriers=CarriersSettings(docomo=table, au=table, softbank=table, rakuten=table))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, settings())


def everywhere(glyph: Say) -> dict[CarrierId, Say]:
    return dict.fromkeys(CarrierId, glyph)


async def test_four_answers_make_a_verdict_and_are_recorded(house: House) -> None:
    """Every carrier is asked once, each answer has an index, the verdict is that of the cells."""
    asker = FakeAsker(house.clock, everywhere("○"))
    result = await house.check(asker)(Device((PHONE,)))
    assert sorted(carrier for _, carrier in asker.asked) == sorted(CarrierId)
    assert result.verdict.kind is VerdictKind.CLEAR
    assert sorted(cell.index for cell in result.cells if cell.index is not None) == [0, 1, 2, 3]
    assert [cell.carrier for cell in result.cells] == list(CarrierId)
    assert house.room(True).log.head().size == 4


async def test_a_carrier_that_fails_hides_no_other(house: House) -> None:
    """One error leaves one cell without mark and its code; a × elsewhere still decides."""
    says = everywhere("×") | {CarrierId.AU: CellError("carrier-timeout")}
    result = await house.check(FakeAsker(house.clock, says))(Device((PHONE,)))
    by_carrier = {cell.carrier: cell for cell in result.cells}
    assert (by_carrier[CarrierId.AU].mark, by_carrier[CarrierId.AU].error) == (None, "carrier-timeout")
    assert result.verdict.kind is VerdictKind.RESTRICTED


@pytest.mark.parametrize("glyph", ["○", "－"])
async def test_an_error_is_never_rounded_up(house: House, glyph: str) -> None:
    """Three ○ (or －) and one failure: undetermined, with the worst mark known."""
    says = everywhere(glyph) | {CarrierId.RAKUTEN: CellError("carrier-error")}
    result = await house.check(FakeAsker(house.clock, says))(Device((PHONE,)))
    assert result.verdict.kind is VerdictKind.UNDETERMINED
    assert result.verdict.so_far is not None


async def test_an_unknown_symbol_is_kept_and_decides_nothing(house: House) -> None:
    """glyph-unknown: raw kept and recorded, no mark."""
    result = await house.check(FakeAsker(house.clock, everywhere("◎")))(Device((PHONE,)))
    assert {(cell.mark, cell.error, cell.raw) for cell in result.cells} == {(None, "glyph-unknown", "◎")}
    assert all(cell.index is not None for cell in result.cells)
    assert result.verdict.kind is VerdictKind.UNDETERMINED


async def test_each_answer_is_announced_before_and_after_it_is_durable(house: House) -> None:
    """A cell comes first without index (記録中), then with one; the page shows both."""
    seen: list[Cell] = []
    await house.check(FakeAsker(house.clock, everywhere("△")))(Device((PHONE,)), on_cell=seen.append)
    docomo = [cell.index is not None for cell in seen if cell.carrier is CarrierId.DOCOMO]
    assert docomo == [False, True]


async def test_without_record_nothing_is_kept(house: House) -> None:
    """A public page: the answers are shown, the log stays empty and no evidence is stored."""
    result = await house.check(FakeAsker(house.clock, everywhere("○")))(Device((PHONE,)), record=False)
    assert result.verdict.kind is VerdictKind.CLEAR
    assert [cell.index for cell in result.cells] == [None] * 4
    room = house.room(True)
    assert room.log.head().size == 0
    assert not room.blobs.kept  # type: ignore[attr-defined]


async def test_only_one_carrier_leaves_the_others_not_asked(house: House) -> None:
    """--only: the answer is not complete, and so_far is that carrier's mark."""
    asker = FakeAsker(house.clock, everywhere("○"))
    result = await house.check(asker)(Device((PHONE,)), only=[CarrierId.AU])
    assert [carrier for _, carrier in asker.asked] == [CarrierId.AU]
    assert (result.verdict.kind, result.verdict.so_far) == (VerdictKind.UNDETERMINED, Mark.CLEAR)
    assert not result.verdict.complete
    assert [cell.error for cell in result.cells] == ["not-asked", None, "not-asked", "not-asked"]


async def test_two_numbers_give_eight_cells_number_by_number(house: House) -> None:
    """Four cells an IMEI, docomo au softbank rakuten, in the order of the numbers."""
    result = await house.check(FakeAsker(house.clock, everywhere("－")))(Device((PHONE, SECOND)))
    assert [(cell.imei, cell.carrier) for cell in result.cells] == [(i, c) for i in (PHONE, SECOND) for c in CarrierId]


async def test_a_restriction_that_vanished_still_stands(house: House) -> None:
    """After a × a better answer is shown raw, and the cell stays restricted until it is explained."""
    says: dict[CarrierId, Say] = everywhere("×")
    check = house.check(FakeAsker(house.clock, says))
    await check(Device((PHONE,)))
    house.clock.at += timedelta(hours=1)
    says.update(everywhere("○"))
    result = await check(Device((PHONE,)))
    cell = result.cells[0]
    assert (cell.mark, cell.raw, cell.vanished) == (Mark.RESTRICTED, "○", True)
    assert "restriction-vanished" in {reason.code for reason in result.reasons}


async def test_an_accepted_correction_lets_later_answers_count(house: House) -> None:
    """A person explains the vanished ×; the same carrier's next answer stands."""
    says: dict[CarrierId, Say] = everywhere("×")
    check = house.check(FakeAsker(house.clock, says))
    await check(Device((PHONE,)))
    house.clock.at += timedelta(hours=1)
    says.update(everywhere("○"))
    await check(Device((PHONE,)))
    correct = Correct(house.rooms, house.clock)
    correct(PHONE, CarrierId.DOCOMO, reason="電話で確認した", by="local")
    house.clock.at += timedelta(hours=1)
    result = await check(Device((PHONE,)))
    assert [cell.mark for cell in result.cells] == [Mark.CLEAR] + [Mark.RESTRICTED] * 3
    with pytest.raises(ShiroromError) as caught:
        correct(PHONE, CarrierId.DOCOMO, reason="もう一度", by="local")
    assert caught.value.code == "correction-not-needed"


async def test_what_cannot_be_recorded_is_shown_and_never_acknowledged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk: the answers come, without index, and the assessment names the code."""

    def full(*_: object, **__: object) -> None:
        raise StorageError("storage-full")

    monkeypatch.setattr(SqliteLog, "append", full)
    result = await house.check(FakeAsker(house.clock, everywhere("○")))(Device((PHONE,)))
    assert result.storage == "storage-full"
    assert [cell.index for cell in result.cells] == [None] * 4


async def test_a_practice_check_never_asks_a_real_carrier(tmp_path: Path) -> None:
    """A test number goes to no real carrier, and a real number to none within a practice check."""
    table = Settings().carriers
    mixed = CarriersSettings(
        docomo=msgspec.structs.replace(table.docomo, access=Access.SITE, url="http://127.0.0.1:9"),
        au=msgspec.structs.replace(table.au, access=Access.SITE),
    )
    house = House(tmp_path, Settings(carriers=mixed))
    asker = FakeAsker(house.clock, everywhere("○"))
    of_test = await house.check(asker)(Device((PHONE,)))
    of_real = await house.check(asker)(Device((REAL,)))
    assert {carrier for _, carrier in asker.asked} == {CarrierId.DOCOMO}
    assert (of_test.cells[1].error, of_real.cells[1].error) == ("test-number", "not-asked")
    assert of_test.practice
    assert of_real.practice


async def test_a_cancelled_check_keeps_what_was_read(house: House) -> None:
    """Ctrl-C: an answer that was read is in the log, whatever the others were doing."""
    never = asyncio.Event()

    class Slow(FakeAsker):
        async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
            if carrier is not CarrierId.DOCOMO:
                await never.wait()
            return await super().ask(imei, carrier)

    recorded = asyncio.Event()
    task = asyncio.create_task(
        house.check(Slow(house.clock, everywhere("×")))(
            Device((PHONE,)), on_cell=lambda cell: recorded.set() if cell.index is not None else None
        )
    )
    await asyncio.wait_for(recorded.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert house.room(True).log.head().size == 1


def by_hand(tmp_path: Path) -> House:
    return House(tmp_path, settings(Access.HAND, url=None))


async def test_by_hand_the_newest_reading_answers(tmp_path: Path) -> None:
    """access = hand: nobody is asked, the newest hand reading is the cell, else not-asked."""
    house = by_hand(tmp_path)
    asker = FakeAsker(house.clock)
    house.record(PHONE, CarrierId.AU, "△", by="local")
    house.clock.at += timedelta(minutes=1)
    recorded, cell, _ = house.record(PHONE, CarrierId.AU, "▲", by="local", sentence="分割払い中")
    result = await house.check(asker)(Device((PHONE,)))
    assert not asker.asked
    assert result.cells[1] == cell
    assert (cell.mark, cell.raw, cell.channel, cell.index) == (Mark.CAUTION, "▲", Channel.HAND, recorded.index)
    assert [c.error for c in result.cells] == ["not-asked", None, "not-asked", "not-asked"]
    assert result == house.check(asker).recorded(Device((PHONE,)))


async def test_an_old_hand_answer_does_not_decide(tmp_path: Path) -> None:
    """24 hours on, a ○ is stale: shown with its age, counted as undetermined; a × counts as itself."""
    house = by_hand(tmp_path)
    for carrier in CarrierId:
        house.record(PHONE, carrier, "○", by="local")
        house.record(SECOND, carrier, "×", by="local")
    house.clock.at += timedelta(hours=24, seconds=1)
    check = house.check(FakeAsker(house.clock))
    assert (await check(Device((PHONE,)))).verdict.kind is VerdictKind.UNDETERMINED
    assert (await check(Device((SECOND,)))).verdict.kind is VerdictKind.RESTRICTED


def test_an_unknown_glyph_by_hand_records_nothing(tmp_path: Path) -> None:
    """`record --glyph ◎`: bad usage, the log stays as it was."""
    house = by_hand(tmp_path)
    with pytest.raises(RequestError) as caught:
        house.record(PHONE, CarrierId.AU, "◎", by="local")
    assert (caught.value.code, caught.value.exit, caught.value.http) == ("glyph-unknown", 2, 422)
    assert house.room(True).log.head().size == 0


def test_a_time_in_the_future_is_refused(tmp_path: Path) -> None:
    """Nobody has read an answer tomorrow."""
    house = by_hand(tmp_path)
    with pytest.raises(RequestError) as caught:
        house.record(PHONE, CarrierId.AU, "○", by="local", asked_at=START + timedelta(hours=1))
    assert caught.value.code == "time-in-future"


def test_a_withdrawn_reading_no_longer_counts_and_stays_visible(tmp_path: Path) -> None:
    """取消: the cell is as before, the history has both entries, and once is enough."""
    house = by_hand(tmp_path)
    house.record(PHONE, CarrierId.AU, "○", by="local")
    house.clock.at += timedelta(minutes=1)
    wrong, _, _ = house.record(PHONE, CarrierId.AU, "×", by="local")
    withdraw = Withdraw(house.rooms, house.clock, owner="local")
    withdraw(wrong.index, reason="打ち間違い", by="local", practice=True)
    result = house.check(FakeAsker(house.clock)).recorded(Device((PHONE,)))
    assert result is not None
    assert result.cells[1].mark is Mark.CLEAR
    assert len(History(house.rooms, house.clock)(PHONE).entries) == 3
    with pytest.raises(ShiroromError) as caught:
        withdraw(wrong.index, reason="もう一度", by="local", practice=True)
    assert caught.value.code == "entry-withdrawn"


@pytest.mark.parametrize("by", ["clerk 2", "local"])
def test_only_who_recorded_it_or_the_owner_withdraws(tmp_path: Path, by: str) -> None:
    """Another clerk cannot take back a colleague's reading; the owner can."""
    house = by_hand(tmp_path)
    recorded, _, _ = house.record(PHONE, CarrierId.AU, "×", by="clerk 1")
    withdraw = Withdraw(house.rooms, house.clock, owner="local")
    if by == "local":
        assert withdraw(recorded.index, reason="確認", by=by, practice=True).index == recorded.index + 1
        return
    with pytest.raises(ShiroromError) as caught:
        withdraw(recorded.index, reason="確認", by=by, practice=True)
    assert caught.value.code == "entry-not-withdrawable"


def test_real_and_practice_never_meet(tmp_path: Path) -> None:
    """A reading of a test number is in the practice log alone, one of a real number in the real log alone."""
    house = by_hand(tmp_path)
    house.record(PHONE, CarrierId.AU, "×", by="local")
    house.record(REAL, CarrierId.AU, "○", by="local")
    assert [house.room(practice).log.head().size for practice in (False, True)] == [1, 1]
    result = house.check(FakeAsker(house.clock)).recorded(Device((REAL,)))
    assert result is not None
    assert not result.practice
