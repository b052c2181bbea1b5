"""Screenshots of answers, by a real browser from the practice carriers: taken for what they are alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from shirorom.adapters.asker_process import ProcessAsker
from shirorom.adapters.pictures.process import ProcessPictures
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.picture import PictureRead, check_screenshot
from shirorom.edge.practice import start
from tests.browser_kit import FACTS, settings_for

PHONE, OTHER = Imei("001001010000047"), Imei("001001010000013")

Shots = dict[CarrierId, PictureRead]


@pytest.fixture(scope="module")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Shots:
    """What is read in the picture of each carrier's answer about the phone."""
    return asyncio.run(_shots(tmp_path_factory.mktemp("data")))


async def _shots(data: Path) -> Shots:
    pictures = ProcessPictures(job_s_max=200.0)
    with start() as practice:
        asker = ProcessAsker(settings_for(practice.origins), data)
        try:
            answers = [await asker.ask(PHONE, carrier) for carrier in CARRIERS]
            return {answer.carrier: await pictures.read(answer.screenshot) for answer in answers}
        finally:
            await asker.close()
            await pictures.close()


def refusal(read: PictureRead, asked: Imei, carrier: CarrierId) -> str | None:
    try:
        check_screenshot(read, asked=asked, carrier=carrier, facts=FACTS)
    except ShiroromError as error:
        return error.code
    return None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_right_screenshot_is_taken(shots: Shots, carrier: CarrierId) -> None:
    """Of this number at this carrier."""
    assert refusal(shots[carrier], PHONE, carrier) is None


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_screenshot_of_another_phone_is_refused(shots: Shots, carrier: CarrierId) -> None:
    """A neighbour's, two digits off."""
    assert refusal(shots[carrier], OTHER, carrier) == "screenshot-other-number"


@pytest.mark.parametrize("asked", CARRIERS)
@pytest.mark.parametrize("shown", CARRIERS)
def test_the_screenshot_of_another_carrier_is_refused(shots: Shots, shown: CarrierId, asked: CarrierId) -> None:
    """Each of the four, taken for each of the others."""
    assert refusal(shots[shown], PHONE, asked) == (None if shown is asked else "screenshot-other-carrier")
