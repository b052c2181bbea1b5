"""The tie to the phone in hand: the photo of its own screen beside a code that nobody knew before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Device
from shirorom.domain.one_time import Request
from shirorom.domain.picture import PictureRead
from shirorom.domain.sheet import Tie
from shirorom.service.tie import TieToPhone
from tests.logs import imei
from tests.picture_fakes import FakePictures, one_number
from tests.sheet_kit import PHONE, Shop, all_four, examine, failing

CLEANED = b"the picture made anew"


class Reader(FakePictures):
    """Also gives the picture without what a camera writes beside it."""

    async def clean(self, content: bytes) -> bytes:
        return CLEANED


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path / "data")
    made.record(*all_four())
    yield made
    made.close()


def tie(shop: Shop, seen: PictureRead, asked: Request, device: Device = PHONE) -> Tie:
    service = TieToPhone(Reader(seen), shop.clock)
    return asyncio.run(service(b"a photo", asked=asked, device=device, blobs=shop.blobs))


def asked_at(shop: Shop) -> Request:
    return Request.new(random=bytes(12), now=shop.clock.now())


def test_a_matching_photo_is_part_of_the_sheet(shop: Shop) -> None:
    """The numbers match, the photo's digest is evidence, and the sheet no longer says that it is unproved."""
    asked = asked_at(shop)
    tied = tie(shop, one_number(imei(1), words=(asked.code,)), asked)
    sheet = shop.sheet(tie=tied, attach=True)
    found = examine(sheet.file, shop.key)
    assert (tied.matches, failing(found)) == (True, [])
    assert "number-of-this-phone" not in found.not_proved
    assert list(sheet.bundle.attachments) == [sha256(CLEANED).hexdigest()]


def test_another_phones_photo_says_so(shop: Shop) -> None:
    """The photo shows another number: the sheet says that it does not match, and proves nothing of the phone."""
    asked = asked_at(shop)
    tied = tie(shop, one_number(imei(2), words=(asked.code,)), asked)
    found = examine(shop.sheet(tie=tied).file, shop.key)
    assert (tied.matches, failing(found)) == (False, [])
    assert "number-of-this-phone" in found.not_proved


def test_one_of_two_numbers_does_not_match(shop: Shop) -> None:
    """A phone with two numbers is tied only by a photo that shows both."""
    asked = asked_at(shop)
    seen = one_number(imei(1), words=(asked.code,))
    assert tie(shop, seen, asked, Device((imei(1), imei(2)))).matches is False


def test_a_photo_without_the_code_ties_nothing(shop: Shop) -> None:
    """An older photo cannot show the code."""
    with pytest.raises(RequestError, match="tie-no-code"):
        tie(shop, one_number(imei(1)), asked_at(shop))


def test_a_code_runs_out(shop: Shop) -> None:
    """After a day the code says nothing about when the photo was taken."""
    asked = asked_at(shop)
    shop.clock.at += timedelta(hours=25)
    with pytest.raises(RequestError, match="tie-over"):
        tie(shop, one_number(imei(1), words=(asked.code,)), asked)


def test_a_photo_without_a_number_ties_nothing(shop: Shop) -> None:
    """The code alone is no phone."""
    asked = asked_at(shop)
    with pytest.raises(RequestError, match="picture-no-number"):
        tie(shop, one_number(None, words=(asked.code,)), asked)
