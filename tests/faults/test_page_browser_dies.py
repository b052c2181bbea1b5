"""The browser, or its process, dies at any moment: every question ends, the next is answered, nothing stays."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import pytest

from shirorom.adapters import chromium as chromium_module
from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.adapters.chromium import Chromium
from shirorom.adapters.clock import SystemClock
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, start
from shirorom.service.settings import BrowserSettings, Sandbox, Settings
from tests.browser_kit import FACTS, asking, browsers, children, gone, settings_for, told
from tests.scale import scaled

CLEAR = Imei("001001010000047")
NOBODYS = Imei("490154203237518")
ROUNDS = scaled(60)
GIVE_UP_S = 60.0


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with start() as practice:
        yield practice


async def test_killed_browser_never_keeps_a_question(practice: Practice, tmp_path: Path) -> None:
    """`kill -9` at a random moment of questions whose pages are not yet open: each ends, the next is answered."""
    others = children()
    async with asking(practice, tmp_path, timeout_s=GIVE_UP_S) as asker:
        for seed in range(ROUNDS):
            await told(asker, CLEAR, CarrierId.DOCOMO)
            asks = [asyncio.ensure_future(told(asker, CLEAR, carrier)) for carrier in [*CarrierId, *CarrierId]]
            await asyncio.sleep(Random(seed).random() * 0.6)
            for pid in browsers():
                os.kill(pid, signal.SIGKILL)
            ended = await asyncio.wait_for(asyncio.gather(*asks), GIVE_UP_S)
            assert {one.outcome for one in ended} <= {"clear", "no-record", "browser-missing"}
        assert (await told(asker, CLEAR, CarrierId.DOCOMO)).outcome == "clear"
        running = children(besides=others)
    assert gone(running)


async def test_control_a_pending_new_page_never_returns() -> None:
    """What the race guards against is real: Playwright's own call hangs when the browser is killed under it."""
    for wait_s in (0.0, 0.01, 0.02, 0.04, 0.08) * 6:
        chromium = await Chromium.start(BrowserSettings())
        contexts = [await chromium.browser.new_context() for _ in range(4)]
        pages = [asyncio.ensure_future(context.new_page()) for context in contexts]
        await asyncio.sleep(wait_s)
        chromium.kill()
        await asyncio.wait_for(chromium.gone.wait(), GIVE_UP_S)
        _, pending = await asyncio.wait(pages, timeout=2.0)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        await chromium.close()
        if pending:
            return
    pytest.fail("every call returned: the race is no longer needed")


async def test_profile_is_removed_even_after_a_kill(practice: Practice, tmp_path: Path) -> None:
    """Neither a closed nor a killed browser leaves its profile; and no number is ever written into one."""
    for kill in (False, True):
        async with asking(practice, tmp_path) as asker:
            assert (await told(asker, CLEAR, CarrierId.RAKUTEN)).outcome == "no-record"
            profiles = _profiles()
            assert profiles
            for profile in profiles:
                assert not _holds(profile, CLEAR)
            if kill:
                for pid in browsers():
                    os.kill(pid, signal.SIGKILL)
        assert not [profile for profile in profiles if profile.exists()]


def _profiles() -> list[Path]:
    """The profile directories of the browsers below this process."""
    found = []
    for pid in browsers():
        for part in psutil.Process(pid).cmdline():
            if part.startswith("--user-data-dir="):
                found.append(Path(part.partition("=")[2]))
    return found


def _holds(directory: Path, imei: Imei) -> bool:
    needle = imei.key.encode()
    for path in directory.rglob("*"):
        if needle in path.name.encode():
            return True
        try:
            if path.is_file() and needle in path.read_bytes():
                return True
        except OSError:
            continue
    return False


def test_control_a_number_in_a_profile_is_found(tmp_path: Path) -> None:
    """The search above would find one."""
    (tmp_path / "History").write_bytes(b"..." + CLEAR.digits.encode())
    assert _holds(tmp_path, CLEAR)


async def test_killed_process_is_started_again(practice: Practice, tmp_path: Path) -> None:
    """The process that owns the browser may die in the middle of a question; it is asked once more in a new one."""
    others = children()
    asker = ProcessAsker(settings_for(practice.origins), tmp_path)
    try:
        await asker.warm()
        first = asker.pid
        assert first is not None
        ask = asyncio.ensure_future(told(asker, CLEAR, CarrierId.DOCOMO))
        await asyncio.sleep(0.1)
        os.kill(first, signal.SIGKILL)
        assert (await asyncio.wait_for(ask, GIVE_UP_S)).outcome == "clear"
        assert asker.pid != first
        running = children(besides=others)
    finally:
        await asker.close()
    assert gone(running)


PARENT = """
import asyncio, sys
from pathlib import Path
import msgspec
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.service.settings import Settings

async def main():
    asker = ProcessAsker(msgspec.json.decode(sys.argv[1].encode(), type=Settings), Path(sys.argv[2]))
    await asker.warm()
    print("warm", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def test_parents_death_ends_process_and_browser(practice: Practice, tmp_path: Path) -> None:
    """`kill -9` of the parent: its child sees the end of its input, and ends with its browser."""
    import msgspec

    settings = msgspec.json.encode(settings_for(practice.origins)).decode()
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, settings, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "warm\n"
        below = [process.pid for process in psutil.Process(parent.pid).children(recursive=True)]
        assert len(below) > 2
        parent.kill()
        parent.wait()
        assert gone(below, wait_s=20)


async def test_no_sandbox_opens_only_loopback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no sandbox can be had a real carrier is not opened (`browser-unsafe`), and loopback is."""
    monkeypatch.setattr(chromium_module, "sandbox_possible", lambda: False)
    asker = BrowserAsker(Settings(), FACTS, SystemClock(), tmp_path)
    try:
        with pytest.raises(CellError) as failed:
            await asker.ask(NOBODYS, CarrierId.DOCOMO)
        assert failed.value.code == "browser-unsafe"
    finally:
        await asker.close()


async def test_demanded_sandbox_is_never_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """`sandbox = on`: no browser rather than one without."""
    started: list[bool] = []

    async def no_start(*_: object, sandboxed: bool) -> None:
        started.append(sandboxed)

    monkeypatch.setattr(chromium_module, "_try", no_start)
    with pytest.raises(CellError) as failed:
        await Chromium.start(BrowserSettings(sandbox=Sandbox.ON))
    assert failed.value.code == "browser-unsafe"
    assert started == [True]
