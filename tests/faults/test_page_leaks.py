"""No number leaves the question that carries it: not by log, error, a driver's debug output or a file's name (T41)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.practice.catalogue import Fault
from tests.browser_kit import settings_for

CLEAR = Imei("001001010000047")
ERROR = next(
    number.imei
    for phone in catalogue().phones
    for number in phone.numbers
    if number.behaviour(CarrierId.DOCOMO).fault is Fault.OTHER_NUMBER
)

ASK = """
import asyncio, logging, sys
from pathlib import Path
import msgspec
from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.asker_process import ProcessAsker
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.service.settings import Settings

logging.basicConfig(level=logging.DEBUG)

async def main():
    settings, data = msgspec.json.decode(sys.argv[1].encode(), type=Settings), Path(sys.argv[2])
    digits = sys.stdin.read().split()
    for asker in (BrowserAsker(settings, packaged_facts(), SystemClock(), data), ProcessAsker(settings, data)):
        for one in digits:
            for carrier in CarrierId:
                try:
                    await asker.ask(Imei(one), carrier)
                except CellError as error:
                    print(repr(error), error, dict(error.details))
        await asker.close()
    print("done")

asyncio.run(main(), debug=True)
"""
DRIVE = """
import asyncio, sys
from playwright.async_api import async_playwright

async def main():
    from shirorom.adapters.chromium import find_browser
    from shirorom.service.settings import BrowserSettings
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=find_browser(BrowserSettings()))
        page = await browser.new_page()
        await page.set_content("<input>")
        await page.fill("input", sys.stdin.read())
        await browser.close()

asyncio.run(main())
"""
NOISY = {"DEBUG": "pw:*", "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "default"}


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    with start() as practice:
        yield practice


def _run(script: str, typed: str, *arguments: str) -> str:
    """All that a program says with every debug switch on."""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        input=typed,
        capture_output=True,
        text=True,
        env={**os.environ, **NOISY},
        check=True,
    )
    return done.stdout + done.stderr


def test_nothing_says_a_number(practice: Practice, tmp_path: Path) -> None:
    """Answers and errors of both askers, debug output on everywhere: the number is in none of it, nor in a file."""
    settings = settings_for(practice.origins)
    said = _run(ASK, f"{CLEAR.digits} {ERROR.digits}", msgspec.json.encode(settings).decode(), str(tmp_path))
    assert "done\n" in said
    assert "echo-mismatch" in said
    for imei in (CLEAR, ERROR):
        assert imei.key not in said
        assert imei.grouped not in said
        assert not [
            path for path in tmp_path.rglob("*") if imei.key in path.name or imei.key.encode() in path.read_bytes()
        ]


def test_control_the_drivers_debug_output_would_say_it() -> None:
    """Without our care the same switches print what was typed."""
    assert CLEAR.digits in _run(DRIVE, CLEAR.digits)
