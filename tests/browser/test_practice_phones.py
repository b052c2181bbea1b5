"""Every practice phone, asked in a real browser, gives what the catalogue says.

A － that an entry does not name is the same page for every phone: the browser reads it for the first few at each
carrier, and of the others is looked at, over plain HTTP, that it is this page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice, catalogue, start
from shirorom.edge.practice.catalogue import DEFAULT, Behaviour, Fault, Over, PracticePhone
from tests.browser_kit import GLYPHS, asking, told
from tests.practice_client import Client

pytestmark = pytest.mark.asyncio(loop_scope="module")

SILENCE_S = 5.0
CODES = {
    Fault.SILENT: "carrier-timeout",
    Fault.DROPPED: "carrier-unreachable",
    Fault.STATUS_403: "carrier-error",
    Fault.STATUS_404: "carrier-error",
    Fault.STATUS_500: "carrier-error",
    Fault.STATUS_503: "carrier-error",
    Fault.MAINTENANCE: "carrier-maintenance",
    Fault.CAPTCHA: "needs-person",
    Fault.CONSENT: "needs-person",
    Fault.LEGEND_ONLY: "page-changed",
    Fault.NO_ANSWER: "page-changed",
    Fault.TWO_ANSWERS: "page-changed",
    Fault.OTHER_NUMBER: "echo-mismatch",
}
"""What a cell says of each way to fail; not read from the catalogue, so that a slip there shows."""
BROWSED = 5


def _unnamed(carrier: CarrierId) -> list[Imei]:
    """The numbers of which no entry says anything at this carrier, in the catalogue's order."""
    numbers = [number for phone in catalogue().phones for number in phone.numbers]
    return [number.imei for number in numbers if number.behaviour(carrier) == DEFAULT]


OVER_HTTP = {(imei, carrier) for carrier in CarrierId for imei in _unnamed(carrier)[BROWSED:]}


@dataclass
class World:
    """Practice carriers with a clock of ours, asked patiently and impatiently."""

    practice: Practice
    patient: BrowserAsker
    impatient: BrowserAsker
    minutes: list[float] = field(default_factory=lambda: [0.0])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    data: Path = tmp_path_factory.mktemp("data")
    minutes = [0.0]
    with start(clock=lambda: minutes[0] * 60 + 1) as practice:
        async with (
            asking(practice, data) as patient,
            asking(practice, data, timeout_s=SILENCE_S) as impatient,
        ):
            await patient.warm()
            yield World(practice, patient, impatient, minutes)


async def _cell(world: World, imei: Imei, carrier: CarrierId, behaviour: Behaviour) -> str | None:
    """What is wrong with this cell, if anything."""
    if (imei, carrier) in OVER_HTTP:
        return await asyncio.to_thread(_page, world, imei, carrier)
    silent = behaviour.fault is Fault.SILENT
    got = await told(world.impatient if silent else world.patient, imei, carrier)
    if behaviour.fault is not None:
        wanted = CODES[behaviour.fault]
    else:
        mark = GLYPHS.mark_on_page(behaviour.glyph or "")
        wanted = mark.value if mark is not None else "glyph-unknown"
        raw_kept = (
            repr(behaviour.glyph) in got.how or carrier is CarrierId.DOCOMO
        )  # Shift_JIS has one byte pair for － and −
        if not raw_kept:
            return f"{carrier.value}: the symbol is not kept as shown: {got.how}"
    return None if got.outcome == wanted else f"{carrier.value}: wanted {wanted}, got {got.outcome} {got.how}"


def _page(world: World, imei: Imei, carrier: CarrierId) -> str | None:
    """What is wrong with the page of an unnamed number: it is that of the first one, which the browser reads."""
    pages = []
    for one in (_unnamed(carrier)[0], imei):
        with Client(world.practice.origins[carrier]) as client:
            reply = client.ask(carrier, one.digits)
        pages.append((reply.status, reply.text.count(one.digits), reply.text.replace(one.digits, "")))
    same = pages[0] == pages[1] and pages[0][1] > 0
    return None if same else f"{carrier.value}: another page than that of the first unnamed number"


@pytest.mark.parametrize("phone", catalogue().phones, ids=lambda phone: phone.id)
async def test_phone_gives_what_the_catalogue_says(world: World, phone: PracticePhone) -> None:
    """Each cell of each check: the mark that its symbol means, or the code of its fault."""
    world.minutes[0] = 0.0
    for n in range(len(phone.checks)):
        if phone.over is Over.MINUTES:
            world.minutes[0] = float(n)
        for number in phone.numbers:
            steps = {carrier: number.behaviour(carrier).at(asks=n, minutes=n) for carrier in CarrierId}
            wrong = await asyncio.gather(
                *(_cell(world, number.imei, carrier, behaviour) for carrier, behaviour in steps.items())
            )
            assert not [one for one in wrong if one], f"check {n + 1}: {[one for one in wrong if one]}"


async def test_catalogue_expects_the_same(world: World) -> None:
    """The cells that the catalogue promises are the ones that these behaviours give (a × that vanished stays ×)."""
    for phone in catalogue().phones:
        for n, check in enumerate(phone.checks):
            for cell in check.cells:
                number = next(number for number in phone.numbers if number.imei == cell.imei)
                behaviour = number.behaviour(cell.carrier).at(asks=n, minutes=n)
                if behaviour.fault is not None:
                    assert cell.error == CODES[behaviour.fault], phone.id
                elif "restriction-vanished" not in check.reasons:
                    assert cell.mark is GLYPHS.mark_on_page(behaviour.glyph or ""), phone.id


async def test_page_control(world: World) -> None:
    """Control: a number of which an entry says something has another page than the unnamed ones."""
    for carrier in CarrierId:
        assert _page(world, _unnamed(carrier)[-1], carrier) is None
        named = catalogue().phone(f"{carrier.value}-clear").numbers[0].imei
        assert _page(world, named, carrier) is not None


async def test_consent_before_the_form_is_for_a_person(tmp_path: Path) -> None:
    """A site that asks for a consent first gives `needs-person`; nothing is ticked."""
    with start(consent=True) as practice:
        async with asking(practice, tmp_path) as asker:
            got = await asyncio.gather(*(told(asker, Imei("001001010000047"), carrier) for carrier in CarrierId))
    assert {one.outcome for one in got} == {"needs-person"}
