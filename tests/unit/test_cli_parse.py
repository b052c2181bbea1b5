"""`shirorom parse`: what is found, and the exit status."""

from __future__ import annotations

import io
import sys

import msgspec
import pytest

from shirorom.edge import wire
from tests.unit.cli_house import PHONE, SECOND, Shop, shop

__all__ = ["shop"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (f"IMEI {PHONE}", 0),
        (f"IMEI1 {PHONE} / IMEI2 {SECOND}", 0),
        (f"IMEI {PHONE} と 001001010000014", 2),  # one of them is wrong
        ("001001010000014", 2),
        ("番号はありません", 2),
    ],
)
def test_status(shop: Shop, text: str, status: int) -> None:
    """0 with at least one valid IMEI and none wrong, else 2."""
    assert shop.call("parse", text).status == status
    assert shop.call("parse", text, "--json").status == status


def test_json_is_the_wires(shop: Shop) -> None:
    """Kind, place and validity of each number, and which are one phone."""
    text = f"IMEI1 {PHONE} / 01 IMEI2 {SECOND} / 01"
    answer = msgspec.convert(shop.call("parse", text, "--json").json, wire.ParseWire)
    assert answer.devices == ((PHONE, SECOND),)
    assert [text[found.start : found.end] for found in answer.found] == [found.text for found in answer.found]


def test_nothing_found_with_json_is_an_empty_answer(shop: Shop) -> None:
    """Not a failure of the call: the object says that nothing was found."""
    answer = shop.call("parse", "なし", "--json")
    assert (answer.status, answer.json, answer.err) == (2, {"found": [], "devices": []}, "")


def test_people_see_what_is_wrong_and_what_was_meant(shop: Shop) -> None:
    """One line a number: valid ones grouped, wrong ones with the reason; two numbers of one phone are said to be so."""
    out = shop.call("parse", f"IMEI1 {PHONE} / 01 IMEI2 {SECOND} / 01").out
    assert "00-100101-000001-3" in out
    assert "1台の端末の番号 2 個" in out
    wrong = shop.call("parse", "IMEI 001001010000014").out
    assert wrong.startswith("!  imei  001001010000014  最後の1桁が合いません")


def test_nothing_is_touched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """parse asks nobody, records nothing, and works with a configuration that is broken."""
    (shop.directory / "config.toml").write_text("colour = 1\n", encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO(PHONE))
    before = sorted(path.name for path in shop.directory.rglob("*"))
    assert shop.call("parse").status == 0  # nothing given, in a pipe: standard input
    assert sorted(path.name for path in shop.directory.rglob("*")) == before
    assert shop.asker.asked == []
