"""A record sheet: made from the record, examined with nothing but the file and a key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.sheet import Outcome
from tests.sheet_kit import DUAL, PHONE, Shop, all_four, examine, failing, said


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "data")
    yield shop
    shop.close()


def test_a_sheet_holds_for_who_has_the_key(shop: Shop) -> None:
    """What was recorded is stated, and every step holds."""
    shop.record(*all_four())
    found = examine(shop.sheet().file, shop.key)
    assert failing(found) == []
    assert (found.outcome, found.verdict) == (Outcome.HOLDS, VerdictKind.CLEAR)


def test_without_a_key_it_is_consistent_and_no_more(shop: Shop) -> None:
    """Anybody can make a sheet: who has no key is told that the issuer is not confirmed."""
    shop.record(*all_four())
    found = examine(shop.sheet().file)
    assert (found.outcome, failing(found)) == (Outcome.CONSISTENT, ["trust: key-unknown"])
