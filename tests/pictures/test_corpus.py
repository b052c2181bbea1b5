"""The picture corpus read as the product reads it. Found: at least 95 %. Wrong and certain: none, ever."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from shirorom.adapters.pictures.process import ProcessPictures
from shirorom.domain.picture import PictureNumbers, numbers_in
from tests.pictures.corpus import FIXED, HELD_OUT, Specimen, specimen
from tests.scale import scaled

FOUND_MIN = 0.95


@dataclass(frozen=True, slots=True)
class Look:
    """One picture, and what was read in it."""

    picture: Specimen
    numbers: PictureNumbers

    @property
    def found(self) -> set[str]:
        """Numbers that are offered or certain."""
        return {number.imei.digits for number in self.numbers.found if number.imei is not None}

    @property
    def certain(self) -> set[str]:
        """Numbers that nobody has to confirm."""
        return {number.imei.digits for number in self.numbers.found if number.imei is not None and number.certain}


async def _look(seeds: Iterable[int]) -> list[Look]:
    pictures = ProcessPictures(job_s_max=200.0)
    try:
        return [Look(one, numbers_in(await pictures.read(one.content))) for one in map(specimen, seeds)]
    finally:
        await pictures.close()


@pytest.fixture(scope="module", params=["fixed", "held out"])
def looks(request: pytest.FixtureRequest) -> list[Look]:
    """All of the fixed set; of the one held out a part, under soak all of it."""
    return asyncio.run(_look(FIXED if request.param == "fixed" else HELD_OUT[: scaled(len(HELD_OUT))]))


def test_nearly_every_number_is_found(looks: list[Look]) -> None:
    """Of all IMEIs that stand on the pictures."""
    wanted = sum(len(look.picture.digits) for look in looks)
    assert sum(len(look.picture.digits & look.found) for look in looks) >= FOUND_MIN * wanted


def test_no_wrong_number_is_certain(looks: list[Look]) -> None:
    """What nobody has to confirm is right."""
    assert [look.picture.seed for look in looks if look.certain - look.picture.digits] == []


def test_no_wrong_number_is_offered(looks: list[Look]) -> None:
    """Nor is anything else put before a person."""
    assert [look.picture.seed for look in looks if look.found - look.picture.digits] == []


def test_what_has_a_barcode_is_mostly_certain(looks: list[Look]) -> None:
    """The control of the two above: certainty is not got by never being certain."""
    labels = [look for look in looks if look.picture.kind.startswith(("label", "square", "two"))]
    wanted = sum(len(look.picture.digits) for look in labels)
    assert sum(len(look.picture.digits & look.certain) for look in labels) >= 0.7 * wanted


def test_numbers_are_joined_to_phones(looks: list[Look]) -> None:
    """Two labels are two phones, two numbers of one phone are one; none is joined with another phone's."""
    whole = [look for look in looks if look.found == look.picture.digits]
    assert {
        look.picture.seed: look.numbers.devices for look in whole if set(look.numbers.devices) != look.picture.devices
    } == {}


def test_a_picture_is_its_seed(looks: list[Look]) -> None:
    """The same on every machine and every day, or the figures say nothing."""
    first = looks[0].picture
    assert specimen(first.seed).content == first.content
