"""`shirorom snapshot`: from a carrier's feed to a shop that screens without feeds and without a network."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from shirorom.domain.imei import Imei
from tests.unit.cli_house import PHONE, SECOND, Shop, shop
from tests.unit.test_cli_feeds import RESTRICTED, fed

__all__ = ["fed", "shop"]

ABSENT = Imei.of_key("00100101999999").digits


@pytest.fixture
def other(shop: Shop, fed: Path, tmp_path: Path) -> Shop:
    """A shop with neither feeds nor keys, beside the one that has docomo's feed."""
    made = Shop(tmp_path / "other", shop.capture, shop.asker)
    made.configure("hand")
    return made


def maker_key(shop: Shop) -> str:
    """The line that the maker hands out once."""
    key: str = shop.call("key", "show", "--practice", "--json").json["keys"][0]["key"]
    return key


def given(shop: Shop, path: Path, *words: str) -> dict[str, Any]:
    """A practice snapshot in a file."""
    done = shop.call("snapshot", "make", "-o", str(path), "--practice", "--json", *words)
    assert done.status == 0, done.err
    made: dict[str, Any] = done.json
    return made


def screened(shop: Shop, tmp_path: Path, *numbers: str) -> list[dict[str, str]]:
    """The rows that come out."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("\n".join(("IMEI", *numbers)) + "\n", encoding="utf-8")
    assert shop.call("screen", str(source), "-o", str(out)).status == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_shop_screens_by_a_snapshot(shop: Shop, other: Shop, tmp_path: Path) -> None:
    """Encrypted to its key, applied once the maker's key is given: × is ×, and absence stays undetermined."""
    file = tmp_path / "s.snap"
    mine = other.call("snapshot", "key", "--json").json["key"]
    made = given(shop, file, "--to", mine)
    assert (made["kind"], made["holds"], made["sealed"], made["consent"]) == ("full", "doubtful", True, None)
    assert other.call("snapshot", "apply", str(file), "--practice", "--json").problem["code"] == "snapshot-key-needed"
    done = other.call("snapshot", "apply", str(file), "--practice", "--key", maker_key(shop), "--json")
    assert (done.status, done.json["already"], done.json["phones"]) == (0, False, made["count"])
    bad, absent = screened(other, tmp_path, RESTRICTED, ABSENT)
    assert (bad["shirorom_docomo"], bad["shirorom_verdict"]) == ("restricted", "restricted")
    assert (absent["shirorom_docomo"], absent["shirorom_verdict"]) == ("", "undetermined")
    assert "docomo:not-asked" in absent["shirorom_error"]


def test_whole_books_say_no_record(shop: Shop, other: Shop, tmp_path: Path) -> None:
    """By consent, which is written into the file; then absence is －, as from the feed itself."""
    file = tmp_path / "s.snap"
    made = given(shop, file, "--plain", "--full", "--consent", "docomo 2026-11-25 第7号")
    assert (made["holds"], made["consent"]) == ("everything", "docomo 2026-11-25 第7号")
    assert other.call("snapshot", "apply", str(file), "--practice", "--key", maker_key(shop)).status == 0
    rows = screened(other, tmp_path, RESTRICTED, ABSENT, PHONE, SECOND)
    assert [row["shirorom_docomo"] for row in rows] == [
        row["shirorom_docomo"] for row in screened(shop, tmp_path, RESTRICTED, ABSENT, PHONE, SECOND)
    ]
    assert rows[1]["shirorom_docomo"] == "no-record"


def test_a_delta_follows_by_file_or_by_number(shop: Shop, other: Shop, tmp_path: Path) -> None:
    """The first by the encrypted file that was given out, the next by its number; what is in force changes nothing."""
    files = [tmp_path / f"{n}.snap" for n in range(3)]
    mine = other.call("snapshot", "key", "--json").json["key"]
    given(shop, files[0], "--to", mine)
    second = given(shop, files[1], "--to", mine, "--since", str(files[0]))
    given(shop, files[2], "--to", mine, "--since", second["file"])
    assert second["kind"] == "delta"
    assert second["count"] == 0
    apply = ("snapshot", "apply", "--practice", "--json", "--key", maker_key(shop))
    assert other.call(*apply, str(files[1])).problem["code"] == "snapshot-base"
    done = [other.call(*apply, str(file)) for file in files]
    assert [(one.status, one.json["already"]) for one in done] == [(0, False), (0, True), (0, True)]


def test_what_is_shown_and_forgotten(shop: Shop, other: Shop, tmp_path: Path) -> None:
    """`show` says whose and how old; after `forget` neither the snapshot nor the maker's key is there."""
    file = tmp_path / "s.snap"
    given(shop, file, "--plain")
    assert other.call("snapshot", "show", "--practice", "--json").problem["code"] == "snapshot-missing"
    other.call("snapshot", "apply", str(file), "--practice", "--key", maker_key(shop))
    shown = other.call("snapshot", "show", "--practice", "--json").json
    assert ([one["carrier"] for one in shown["carriers"]], shown["keys"]) == (["docomo"], [maker_key(shop)])
    assert not shown["stale"]
    config = other.directory / "config.toml"
    config.write_text(config.read_text("utf-8") + "\n[verdict]\nage_h_max = 0.0001\n", "utf-8")
    assert other.call("snapshot", "show", "--practice", "--json").json["stale"]
    assert "0.0001 時間より古い" in other.call("snapshot", "show", "--practice").out
    assert other.call("snapshot", "forget", "--practice").status == 0
    assert other.call("snapshot", "forget", "--practice", "--json").problem["code"] == "snapshot-missing"
    assert other.call("snapshot", "apply", str(file), "--practice", "--json").problem["code"] == "snapshot-key-needed"


def test_verify_needs_no_data_directory(shop: Shop, other: Shop, tmp_path: Path) -> None:
    """A plain file by the maker's key alone; one for another shop cannot be opened."""
    plain, sealed = tmp_path / "p.snap", tmp_path / "s.snap"
    given(shop, plain, "--plain")
    given(shop, sealed, "--to", other.call("snapshot", "key", "--json").json["key"])
    nowhere = Shop(tmp_path / "nowhere", shop.capture, shop.asker)
    seen = nowhere.call("snapshot", "verify", str(plain), "--key", maker_key(shop), "--json")
    assert (seen.status, seen.json["sound"], seen.json["sealed"]) == (0, True, False)
    assert not nowhere.directory.exists()
    refused = nowhere.call("snapshot", "verify", str(sealed), "--key", maker_key(shop), "--json")
    assert (refused.status, refused.problem["code"]) == (1, "snapshot-sealed")


@pytest.mark.parametrize(
    "words",
    [(), ("--plain", "--to", "x"), ("--plain", "--full"), ("--plain", "--consent", "x")],
    ids=["neither", "both", "no-consent", "consent-for-nothing"],
)
def test_what_must_be_said_outright(shop: Shop, tmp_path: Path, words: tuple[str, ...]) -> None:
    """Whether it is encrypted, and whose consent there is to whole books: nothing is taken for granted."""
    done = shop.call("snapshot", "make", "-o", str(tmp_path / "s.snap"), "--practice", "--json", *words)
    assert (done.status, done.problem["code"]) == (2, "usage")
    assert not (tmp_path / "s.snap").exists()


def test_without_a_register_there_is_nothing_to_give(shop: Shop, tmp_path: Path) -> None:
    """And a key that is none is refused before."""
    done = shop.call("snapshot", "make", "-o", str(tmp_path / "s.snap"), "--practice", "--plain", "--json")
    assert done.problem["code"] == "register-missing"
    done = shop.call("snapshot", "make", "-o", str(tmp_path / "s.snap"), "--practice", "--to", "x", "--json")
    assert done.problem["code"] == "snapshot-shop-key"


def test_without_numpy_it_is_said(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core alone hands out a key; all else says which extra is missing."""
    monkeypatch.setattr("shirorom.compose.register.Registering.available", False)
    assert shop.call("snapshot", "key").status == 0
    (tmp_path / "s.snap").write_bytes(b"x")
    for words in (("make", "-o", "x", "--plain"), ("apply", str(tmp_path / "s.snap")), ("show",)):
        done = shop.call("snapshot", *words, "--json")
        assert done.problem["code"] == "register-extra-missing"
