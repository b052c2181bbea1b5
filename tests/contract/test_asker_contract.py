"""The one contract of `ports.Asker`, kept by the browser in this process and by the one in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.adapters.clock import SystemClock
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError, ConfigError
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.practice.catalogue import Fault
from shirorom.ports.asking import Answer, Asker
from shirorom.service.settings import BrowserSettings, CarrierSettings, CarriersSettings, Settings
from tests.browser_kit import FACTS, browsers, children, gone, is_png, settings_for

Make = Callable[[Settings], AbstractAsyncContextManager[Asker]]

CLEAR = Imei("001001010000047")
NOBODYS = Imei("490154203237518")  # the example of the standards: nobody's phone, and no test number


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with start() as practice:
        yield practice


@pytest.fixture(params=["browser", "process"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes an asker of each kind in turn; whatever it started is gone after use."""

    @asynccontextmanager
    async def made(settings: Settings) -> AsyncIterator[Asker]:
        others = children()
        asker: Asker = (
            BrowserAsker(settings, FACTS, SystemClock(), tmp_path)
            if request.param == "browser"
            else ProcessAsker(settings, tmp_path)
        )
        try:
            yield asker
            running = children(besides=others)
        finally:
            await asker.close()
        assert gone(running), "a process was left behind"

    return made


def _with_fault(fault: Fault, carrier: CarrierId) -> Imei:
    """A practice phone that meets this fault at this carrier."""
    for phone in catalogue().phones:
        for number in phone.numbers:
            if number.behaviour(carrier).fault is fault:
                return number.imei
    raise LookupError(fault)


async def _code(asker: Asker, imei: Imei, carrier: CarrierId) -> str:
    with pytest.raises(CellError) as failed:
        await asker.ask(imei, carrier)
    assert imei.digits not in f"{failed.value!r} {failed.value} {dict(failed.value.details)}"
    return failed.value.code


async def test_four_carriers_at_once(make: Make, practice: Practice) -> None:
    """Each answer belongs to its question, with symbol, words, moment, page and picture."""
    before = datetime.now(UTC).replace(microsecond=0)
    async with make(settings_for(practice.origins)) as asker:
        await asker.warm()
        answers = await asyncio.gather(*(asker.ask(CLEAR, carrier) for carrier in CarrierId))
    assert [answer.carrier for answer in answers] == list(CarrierId)
    assert [answer.glyph for answer in answers] == ["○", "－", "－", "－"]
    for answer in answers:
        assert answer.imei == CLEAR
        assert answer.sentence
        assert before <= answer.asked_at <= datetime.now(UTC)
        assert is_png(answer)
        assert CLEAR.digits in answer.page.decode("utf-8-sig")


async def test_faults_have_their_codes_and_do_not_hurt_the_next(make: Make, practice: Practice) -> None:
    """A CAPTCHA, an error, another phone's answer, a lost line: each has its code, and the next is answered."""
    faults = {
        Fault.CAPTCHA: "needs-person",
        Fault.STATUS_500: "carrier-error",
        Fault.OTHER_NUMBER: "echo-mismatch",
        Fault.DROPPED: "carrier-unreachable",
    }
    async with make(settings_for(practice.origins)) as asker:
        for fault, code in faults.items():
            assert await _code(asker, _with_fault(fault, CarrierId.AU), CarrierId.AU) == code
        assert (await asker.ask(CLEAR, CarrierId.DOCOMO)).glyph == "○"


async def test_nobody_listens_there(make: Make, practice: Practice) -> None:
    """A port on which nobody listens is a carrier out of reach."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origins = {carrier: f"http://127.0.0.1:{free.getsockname()[1]}" for carrier in CarrierId}
    async with make(settings_for(origins)) as asker:
        assert await _code(asker, CLEAR, CarrierId.AU) == "carrier-unreachable"


async def test_silence_ends_by_the_limit(make: Make, practice: Practice) -> None:
    """A carrier that never answers costs its own limit and no more questions."""
    async with make(settings_for(practice.origins, timeout_s=4)) as asker:
        await asker.warm()
        code = await asyncio.wait_for(_code(asker, _with_fault(Fault.SILENT, CarrierId.AU), CarrierId.AU), 60)
    assert code == "carrier-timeout"


async def test_cancelled_question_leaves_nothing(make: Make, practice: Practice) -> None:
    """A question given up ends here and there; the next is answered."""
    async with make(settings_for(practice.origins)) as asker:
        await asker.warm()
        silent = asyncio.ensure_future(asker.ask(_with_fault(Fault.SILENT, CarrierId.AU), CarrierId.AU))
        await asyncio.sleep(0.5)
        silent.cancel()
        with pytest.raises(asyncio.CancelledError):
            await silent
        assert (await asker.ask(CLEAR, CarrierId.DOCOMO)).glyph == "○"


async def test_killed_browser_is_started_again(make: Make, practice: Practice) -> None:
    """`kill -9` of the browser under four questions: each ends, and afterwards all are answered."""
    async with make(settings_for(practice.origins)) as asker:
        await asker.warm()
        asks = [asyncio.ensure_future(asker.ask(CLEAR, carrier)) for carrier in CarrierId]
        await asyncio.sleep(0.05)
        for pid in browsers():
            os.kill(pid, signal.SIGKILL)
        for ended in await asyncio.wait_for(asyncio.gather(*asks, return_exceptions=True), 120):
            assert isinstance(ended, Answer) or getattr(ended, "code", None) == "browser-missing"
        answers = await asyncio.gather(*(asker.ask(CLEAR, carrier) for carrier in CarrierId))
        assert [answer.glyph for answer in answers] == ["○", "－", "－", "－"]


async def test_test_number_never_goes_to_a_real_carrier(make: Make) -> None:
    """Refused before any browser is started."""
    async with make(Settings()) as asker:
        before = len(children())
        assert await _code(asker, CLEAR, CarrierId.DOCOMO) == "test-number"
        assert len(children()) <= before + 1  # the asker's own process, never a browser


async def test_missing_browser_is_told_by_the_question(make: Make, practice: Practice) -> None:
    """`warm` never fails; `ask` says that there is no browser."""
    settings = settings_for(practice.origins)
    settings = Settings(carriers=settings.carriers, browser=BrowserSettings(path="/nowhere/chromium"))
    async with make(settings) as asker:
        await asker.warm()
        assert await _code(asker, CLEAR, CarrierId.AU) == "browser-missing"


async def test_foreign_host_is_refused(make: Make) -> None:
    """An origin that is neither the carrier's nor loopback is never opened."""
    carriers = CarriersSettings(au=CarrierSettings(url="https://au.example"))
    async with make(Settings(carriers=carriers)) as asker:
        with pytest.raises((ConfigError, CellError)) as failed:
            await asker.ask(NOBODYS, CarrierId.AU)
    assert failed.value.code == "config-carrier-host"


async def test_closed_asker_asks_no_more(make: Make, practice: Practice) -> None:
    """`close` is final and may come twice."""
    async with make(settings_for(practice.origins)) as asker:
        await asker.close()
        await asker.close()
        assert await _code(asker, CLEAR, CarrierId.AU) == "browser-missing"
