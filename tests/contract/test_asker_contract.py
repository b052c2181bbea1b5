"""What `ports.Asker` promises, kept by the asker of this process and by the one in a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.edge.practice.run import Practice, start
from shirorom.ports import Asker
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings

PHONE = Imei("001001010000013")  # △ － － ○
SILENT = Imei("001001010000021")  # × － － and no answer
WAIT_S = 60.0

Make = Callable[[Settings, Path], Asker]


def in_process(settings: Settings, data: Path) -> Asker:
    return BrowserAsker(settings, packaged_facts(), SystemClock(), data)


def by_child(settings: Settings, data: Path) -> Asker:
    return ProcessAsker(settings, data)


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with start() as running:
        yield running


@pytest.fixture
def settings(practice: Practice) -> Settings:
    tables = {
        carrier.value: CarrierSettings(access=Access.SITE, url=practice.origins[carrier], timeout_s=30)
        for carrier in CarrierId
    }
    return Settings(carriers=CarriersSettings(**tables))


@pytest.fixture(params=[in_process, by_child])
async def asker(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> AsyncIterator[Asker]:
    made: Asker = request.param(settings, tmp_path)
    yield made
    await made.close()


async def test_an_answer_is_what_stands_in_its_place_with_the_evidence(asker: Asker) -> None:
    """Glyph and sentence of each carrier, the page as HTML and the picture as PNG."""
    answers = await asyncio.gather(*(asker.ask(PHONE, carrier) for carrier in CarrierId))
    assert [answer.glyph for answer in answers] == ["△", "－", "－", "○"]
    for answer, carrier in zip(answers, CarrierId, strict=True):
        assert (answer.imei, answer.carrier) == (PHONE, carrier)
        assert answer.sentence
        assert answer.glyph in answer.page.decode("utf-8-sig")
        assert answer.screenshot.startswith(b"\x89PNG")


async def test_no_answer_in_time_is_a_code(asker: Asker, settings: Settings, tmp_path: Path) -> None:
    """A silent carrier ends with carrier-timeout, and the next question is answered."""
    hasty = msgspec.structs.replace(settings.carriers.rakuten, timeout_s=3)
    quick = Settings(carriers=msgspec.structs.replace(settings.carriers, rakuten=hasty))
    other: Asker = type(asker)(quick, tmp_path) if isinstance(asker, ProcessAsker) else in_process(quick, tmp_path)
    try:
        await other.warm()
        with pytest.raises(CellError) as caught:
            await other.ask(SILENT, CarrierId.RAKUTEN)
        assert caught.value.code == "carrier-timeout"
        assert (await other.ask(SILENT, CarrierId.AU)).glyph == "－"
    finally:
        await other.close()


async def test_a_test_number_never_goes_to_a_real_carrier(tmp_path: Path) -> None:
    """Refused before anything is opened, whichever asker it is."""
    real = Settings(carriers=CarriersSettings(au=CarrierSettings(access=Access.SITE)))
    for make in (in_process, by_child):
        asker = make(real, tmp_path)
        try:
            with pytest.raises(CellError) as caught:
                await asker.ask(PHONE, CarrierId.AU)
            assert caught.value.code == "test-number"
        finally:
            await asker.close()


async def test_closing_twice_is_closing_once_and_nothing_is_left(asker: Asker) -> None:
    """After close no process of ours lives, and a question is refused by a code."""
    await asker.ask(PHONE, CarrierId.AU)
    before = psutil.Process().children(recursive=True)
    await asker.close()
    await asker.close()
    assert not await _still_alive(before)
    with pytest.raises(CellError) as caught:
        await asker.ask(PHONE, CarrierId.AU)
    assert caught.value.code == "browser-missing"


async def test_a_killed_browser_is_started_again(asker: Asker) -> None:
    """kill -9 of the browser under four questions: each ends, and afterwards all are answered."""
    await asker.ask(PHONE, CarrierId.AU)
    questions = [asyncio.create_task(asker.ask(PHONE, carrier)) for carrier in CarrierId]
    await asyncio.sleep(0.05)
    _browser().kill()
    ended = await asyncio.wait_for(asyncio.gather(*questions, return_exceptions=True), WAIT_S)
    assert all(getattr(one, "glyph", None) or isinstance(one, CellError) for one in ended)
    answers = await asyncio.gather(*(asker.ask(PHONE, carrier) for carrier in CarrierId))
    assert [answer.glyph for answer in answers] == ["△", "－", "－", "○"]


async def test_a_cancelled_question_leaves_the_asker_usable(asker: Asker) -> None:
    """Nobody waits any more: the next question is answered all the same."""
    await asker.warm()
    question = asyncio.create_task(asker.ask(SILENT, CarrierId.RAKUTEN))
    await asyncio.sleep(0.3)
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    assert (await asker.ask(PHONE, CarrierId.RAKUTEN)).glyph == "○"


async def test_a_killed_child_is_started_again(settings: Settings, tmp_path: Path) -> None:
    """kill -9 of the asker process: its browser goes too, and the question under way is asked once more."""
    asker = ProcessAsker(settings, tmp_path)
    try:
        await asker.warm()
        assert asker.ready
        family = psutil.Process(asker.pid).children(recursive=True)
        question = asyncio.create_task(asker.ask(PHONE, CarrierId.DOCOMO))
        await asyncio.sleep(0.05)
        assert asker.pid is not None
        os.kill(asker.pid, signal.SIGKILL)
        assert (await asyncio.wait_for(question, WAIT_S)).glyph == "△"
        assert not await _still_alive(family)
    finally:
        await asker.close()


def test_the_child_ends_with_its_parent(practice: Practice, tmp_path: Path) -> None:
    """kill -9 of the parent: the child sees the end of its input and takes the browser along."""
    script = textwrap.dedent(
        """
        import asyncio, pathlib, sys
        import msgspec
        from shirorom.adapters.asker_process import ProcessAsker
        from shirorom.service.settings import Settings

        async def main():
            asker = ProcessAsker(msgspec.json.decode(sys.argv[1], type=Settings), pathlib.Path(sys.argv[2]))
            await asker.warm()
            print(asker.pid, flush=True)
            await asyncio.sleep(600)

        asyncio.run(main())
        """
    )
    table = CarrierSettings(access=Access.SITE, url=practice.origins[CarrierId.AU])
    chosen = msgspec.json.encode(Settings(carriers=CarriersSettings(au=table))).decode()
    argv = [sys.executable, "-c", script, chosen, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        family = [child, *child.children(recursive=True)]
        assert len(family) > 1
        parent.kill()
    assert not asyncio.run(_still_alive(family))


def _browser() -> psutil.Process:
    """The browser below this process: the one that has no browser above it."""
    mine = psutil.Process().children(recursive=True)
    browsers = [one for one in mine if one.is_running() and "chrom" in one.name().lower()]
    pids = {one.pid for one in browsers}
    return next(one for one in browsers if one.ppid() not in pids and one.status() != psutil.STATUS_ZOMBIE)


async def _still_alive(family: list[psutil.Process]) -> list[psutil.Process]:
    """Who of a family lives on after a fair while."""
    until = time.monotonic() + WAIT_S / 2
    while time.monotonic() < until:
        alive = [one for one in family if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        if not alive:
            return []
        await asyncio.sleep(0.1)
    return alive
