"""The program works off the plan: within the hours, spread, politely, never twice, and it stops where it must (T40)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.domain.imei import Imei
from shirorom.service import watch_asker
from shirorom.service.settings import WatchSettings
from shirorom.service.watch_asker import IDLE_S, WatchAsker
from tests.logs import START, imei
from tests.plan_kit import Row, everywhere, put
from tests.unit.test_watch_plan import Shop, open_shop
from tests.web_kit import ScriptedAsker, settings_of

DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS
MORNING = START - timedelta(hours=7)  # 11:00 in Japan
OPEN_S = 9 * 3600
"""Until the shop closes at 20:00."""


class PlanClockAsker(ScriptedAsker):
    """Answers with the time of the shop's clock."""

    def __init__(self, shop: Shop, says: dict[tuple[str, Imei], str] | None = None) -> None:
        super().__init__(says)
        self.shop = shop

    async def ask(self, imei, carrier):
        return replace(await super().ask(imei, carrier), asked_at=self.shop.clock.at)


def opened(data: Path) -> Shop:
    data.chmod(0o700)
    shop = open_shop(data, msgspec.structs.replace(settings_of(site=True), watch=WatchSettings(automatic=True)))
    shop.clock.at = MORNING
    return shop


def asker_of(shop: Shop, says: dict[tuple[str, Imei], str] | None = None) -> tuple[WatchAsker, ScriptedAsker]:
    played = PlanClockAsker(shop, says)
    return WatchAsker(shop.plan, shop.composition.check(played), shop.clock), played


async def work(asker: WatchAsker, shop: Shop, carrier=DOCOMO, *, steps: int = 9) -> list[float]:
    """So many steps, the clock put forward by what each says."""
    waits = []
    for _ in range(steps):
        waits.append(await asker.step(carrier))
        shop.clock.at += timedelta(seconds=waits[-1])
    return waits


async def test_it_asks_what_is_open_once(tmp_path: Path) -> None:
    """Each number at this carrier alone, recorded, and not again that day."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1, 2)), Row(2, (3,)))
    asker, played = asker_of(shop)
    await work(asker, shop)
    assert sorted(one.digits for one, _ in played.asked) == sorted(imei(n).digits for n in (1, 2, 3))
    assert {carrier for _, carrier in played.asked} == {DOCOMO}
    assert shop.composition.rooms.open(True).log.head().size == 3
    shop.composition.close()


async def test_it_goes_on_after_a_restart_without_asking_twice(tmp_path: Path) -> None:
    """The record says what was answered today, before whoever follows it has noticed."""
    shop = opened(tmp_path)
    put(shop.desk, *(Row(n, (n,)) for n in range(1, 5)))
    first, before = asker_of(shop)
    await work(first, shop, steps=2)
    second, after = asker_of(shop)
    await work(second, shop)
    assert len(before.asked) == 2
    assert len({one.digits for one, _ in (*before.asked, *after.asked)}) == 4
    assert len(after.asked) == 2
    shop.composition.close()


async def test_it_keeps_the_hours(tmp_path: Path) -> None:
    """Before the shop opens and after it closes nobody is asked."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1,)))
    asker, played = asker_of(shop)
    for away in (timedelta(hours=-2), timedelta(hours=10)):
        shop.clock.at = MORNING + away
        assert await asker.step(DOCOMO) == IDLE_S
    shop.clock.at = MORNING - timedelta(hours=1, seconds=5)
    assert await asker.step(DOCOMO) == 5
    assert played.asked == []
    shop.composition.close()


async def test_it_spreads_over_the_day(tmp_path: Path) -> None:
    """Hundreds of cells are not asked in one go; few are not stretched for ever; never faster than the polite rate."""
    shop = opened(tmp_path)
    put(shop.desk, *(Row(n, (n,)) for n in range(1, 101)))
    asker, _ = asker_of(shop)
    assert await asker.step(DOCOMO) == pytest.approx(OPEN_S / 100, abs=1)
    shop.clock.at = MORNING + timedelta(seconds=OPEN_S - 30)
    assert await asker.step(DOCOMO) == 3
    shop.composition.close()


@pytest.mark.parametrize("code", ["needs-person", "carrier-paused"])
async def test_it_stops_where_it_must(tmp_path: Path, code: str) -> None:
    """A CAPTCHA, a consent, a rest after failures: this carrier is left alone until tomorrow, the others are not."""
    shop = opened(tmp_path)
    put(shop.desk, *(Row(n, (n,)) for n in range(1, 4)))
    asker, played = asker_of(shop, {("docomo", imei(n)): code for n in range(1, 4)})
    await work(asker, shop, DOCOMO, steps=4)
    await work(asker, shop, AU, steps=1)
    assert [carrier for _, carrier in played.asked] == [DOCOMO, AU]
    assert shop.plan.stopped(DOCOMO, shop.clock.at) == code
    shop.clock.at = MORNING + timedelta(days=1)
    await asker.step(DOCOMO)
    assert [carrier for _, carrier in played.asked].count(DOCOMO) == 2
    shop.composition.close()


async def test_a_failure_costs_one_question_a_day(tmp_path: Path) -> None:
    """A number that got no answer is not asked over and over; the others are."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1,)), Row(2, (2,)))
    asker, played = asker_of(shop, {("docomo", imei(1)): "carrier-timeout"})
    await work(asker, shop)
    assert sorted(one.digits for one, _ in played.asked) == sorted(imei(n).digits for n in (1, 2))
    shop.composition.close()


async def test_nothing_is_asked_that_is_not_due(tmp_path: Path) -> None:
    """A fresh － waits for its day."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1,), everywhere(1, "no-record", 3)))
    asker, played = asker_of(shop)
    assert await asker.step(DOCOMO) == IDLE_S
    assert played.asked == []
    shop.composition.close()


async def test_what_cannot_be_recorded_is_not_asked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk ends the step with its code: no carrier is asked for answers that nobody keeps."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1,)), Row(2, (2,)))
    asker, played = asker_of(shop)

    def full(*_: object) -> None:
        raise StorageError("storage-full")

    monkeypatch.setattr(shop.composition.rooms.open(True).recorder, "record", full)
    with pytest.raises(ShiroromError) as refused:
        await asker.step(DOCOMO)
    assert (refused.value.code, len(played.asked)) == ("storage-full", 1)
    shop.composition.close()


async def test_it_runs_beside_the_server_until_cancelled(tmp_path: Path) -> None:
    """One task for all automatic carriers; a fault of one step ends nothing."""
    shop = opened(tmp_path)
    put(shop.desk, Row(1, (1,)))
    asker, played = asker_of(shop)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 12:
            await asyncio.Event().wait()
        await asyncio.sleep(0)

    asker.sleep = sleep
    steps = iter([RuntimeError("x")])
    real = WatchAsker.step

    async def faulty(self: WatchAsker, carrier) -> float:
        for error in steps:
            raise error
        return await real(self, carrier)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watch_asker.WatchAsker, "step", faulty)
        task = asyncio.create_task(asker.run())
        for _ in range(2_000):
            if len(played.asked) == 4:
                break
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert sorted(carrier for _, carrier in played.asked) == sorted(CARRIERS)
    shop.composition.close()


def test_it_is_off_unless_the_owner_says_so(tmp_path: Path) -> None:
    """No configuration: nothing is asked by itself, also where a carrier may be read."""
    tmp_path.chmod(0o700)
    shop = open_shop(tmp_path, settings_of(site=True))
    assert shop.composition.watch.plan_asker(shop.composition.check(ScriptedAsker())) is None
    shop.composition.close()
