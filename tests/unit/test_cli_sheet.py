"""attest, verify, restamp: a sheet made here, carried away, and examined with nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shirorom.compose import Composition
from shirorom.edge.cli.context import Options
from shirorom.log.keyring import encode_keys
from tests.unit.cli_house import PHONE, SECOND, Result, Shop, shop

__all__ = ["shop"]


@pytest.fixture
def sheet(shop: Shop, tmp_path: Path) -> Path:
    """Four answers by hand, and a sheet of them."""
    shop.configure("hand")
    for carrier, glyph in zip(("docomo", "au", "softbank", "rakuten"), "○△○○", strict=True):
        assert shop.call("record", PHONE, "--carrier", carrier, "--glyph", glyph).status == 0
    file = tmp_path / "sheet.json"
    made = shop.call("attest", PHONE, "-o", str(file))
    assert made.status == 0, made.err
    return file


def elsewhere(shop: Shop, tmp_path: Path, *words: str) -> Result:
    """A call on a machine that has none of our data."""
    away = Shop(tmp_path / "nowhere", shop.capture, shop.asker)
    told = away.call(*words)
    assert not away.directory.exists()
    return told


def key_of(file: Path) -> str:
    key: str = json.loads(file.read_text())["signatures"][0]["key"]
    return key


def test_a_sheet_holds_where_there_is_no_data(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """Exit 0 with the key given, and not even a directory is made."""
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--key", key_of(sheet), "--practice", "--json")
    assert (told.status, told.json["holds"], told.json["trust"], told.json["verdict"]) == (0, True, "given", "caution")
    assert [step["n"] for step in told.json["steps"]] == list(range(1, 14))


def test_verdict_gives_its_exit_status(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """`--verdict`: that of the recorded verdict, only where the sheet holds."""
    words = ("verify", str(sheet), "--verdict", "--practice")
    assert elsewhere(shop, tmp_path, *words, "--key", key_of(sheet)).status == 3
    assert elsewhere(shop, tmp_path, *words).status == 1


def test_practice_is_not_taken_for_real(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """Without --practice a practice sheet is refused, and says so."""
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--key", key_of(sheet))
    assert told.status == 1
    assert "練習の記録書です" in told.out


def test_keys_file_pins_the_issuer(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """The published keys, kept by the reader."""
    composition = Composition(Options(data=shop.directory))
    keys = tmp_path / "keys.json"
    keys.write_bytes(encode_keys(composition.publishing.keyring(True).known()))
    composition.close()
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--keys", str(keys), "--practice", "--json")
    assert (told.status, told.json["trust"]) == (0, "pinned")


def test_a_file_that_is_no_key_is_refused(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """Whoever pins the wrong file is told, and nothing is examined."""
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--keys", str(sheet), "--json")
    assert (told.status, told.problem["code"]) == (2, "trust-invalid")
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--authority", str(sheet), "--json")
    assert (told.status, told.problem["code"]) == (2, "trust-invalid")


def test_any_file_can_be_examined(shop: Shop, tmp_path: Path) -> None:
    """What is no sheet ends with 1 and a sentence, never with a traceback."""
    file = tmp_path / "x"
    file.write_bytes(b"\x00\xff\x00")
    told = elsewhere(shop, tmp_path, "verify", str(file), "--json")
    assert (told.status, told.json["steps"][0]["why"], told.json["practice"]) == (1, "sheet-unreadable", None)


def test_nothing_recorded_makes_no_sheet(shop: Shop, tmp_path: Path) -> None:
    """And no file, and no key."""
    file = tmp_path / "sheet.json"
    told = shop.call("attest", SECOND, "-o", str(file), "--json")
    assert (told.status, told.problem["code"], file.exists()) == (1, "sheet-nothing", False)


def test_the_number_is_in_no_message(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """What is printed can be shown to bystanders."""
    made = shop.call("attest", PHONE, "-o", str(sheet))
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--practice")
    assert PHONE not in made.out + made.err + told.out + told.err


def test_restamp_needs_an_authority(shop: Shop, sheet: Path) -> None:
    """Without one it says what to configure, and the file stays as it was."""
    before = sheet.read_bytes()
    told = shop.call("restamp", str(sheet), "--json")
    assert (told.status, told.problem["code"], sheet.read_bytes()) == (1, "stamp-authority-none", before)


def test_restamp_refuses_what_is_no_sheet(shop: Shop, tmp_path: Path) -> None:
    """Exit 2: the file is the caller's mistake."""
    file = tmp_path / "x"
    file.write_bytes(b"{}")
    told = shop.call("restamp", str(file), "--json")
    assert (told.status, told.problem["code"]) == (2, "sheet-invalid")


def test_a_broken_algorithm_is_told_by_the_reader(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """T43: without a stamp from before that day nothing can be told any more."""
    words = ("verify", str(sheet), "--key", key_of(sheet), "--practice", "--json")
    assert elsewhere(shop, tmp_path, *words, "--broken", "ed25519=2020-01-01").json["outcome"] == "undetermined"
    assert elsewhere(shop, tmp_path, *words, "--broken", "ed25519=2199-01-01").json["outcome"] == "holds"
    assert elsewhere(shop, tmp_path, *words, "--broken", "ed25519").problem["code"] == "trust-invalid"


def test_witnesses_are_asked_for_by_the_reader(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """Nobody witnessed this log: who asks for a witness is told that there is none, and that nothing else is wrong."""
    words = ("verify", str(sheet), "--key", key_of(sheet), "--practice", "--json", "--witnesses", "1")
    told = elsewhere(shop, tmp_path, *words).json
    assert (told["outcome"], told["steps"][5]["why"]) == ("consistent", "witnesses-few")
    assert elsewhere(shop, tmp_path, *words, "--witness", "x").problem["code"] == "trust-invalid"


def test_shops_file_is_a_keys_file(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """`/shop.json` pins the keys, and tells where sheet and page name two shops."""
    composition = Composition(Options(data=shop.directory))
    keys = json.loads(encode_keys(composition.publishing.keyring(True).known()))
    composition.close()
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"format": "shirorom-shop/v1", "at": "x", "shop": {"name": "ほかの店"}, "keys": [keys]}))
    told = elsewhere(shop, tmp_path, "verify", str(sheet), "--keys", str(file), "--practice", "--json").json
    assert (told["holds"], told["trust"]) == (True, "pinned")
    assert "名前が違います" in told["steps"][3]["text"]


def test_a_pdf_is_the_sheet_too(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """`--pdf`: a page to look at, which verifies as the file does, and tells the same digest."""
    paper = tmp_path / "sheet.pdf"
    told = shop.call("attest", PHONE, "-o", str(sheet), "--pdf", str(paper), "--full", "--json")
    assert (told.status, told.json["pdf"]) == (0, str(paper))
    found = elsewhere(shop, tmp_path, "verify", str(paper), "--key", key_of(sheet), "--practice", "--json")
    assert (found.status, found.json["holds"], found.json["sha256"]) == (0, True, told.json["sha256"])


def test_a_changed_pdf_is_refused(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """One byte more, and it says in a sentence what is wrong."""
    paper = tmp_path / "sheet.pdf"
    assert shop.call("attest", PHONE, "-o", str(sheet), "--pdf", str(paper)).status == 0
    paper.write_bytes(paper.read_bytes() + b"x")
    found = elsewhere(shop, tmp_path, "verify", str(paper), "--key", key_of(sheet), "--practice")
    assert found.status == 1
    assert "後ろに何かが足されています" in found.out


def test_restamp_of_a_pdf_needs_an_authority(shop: Shop, sheet: Path, tmp_path: Path) -> None:
    """Without one the file stays as it was."""
    paper = tmp_path / "sheet.pdf"
    assert shop.call("attest", PHONE, "-o", str(sheet), "--pdf", str(paper)).status == 0
    before = paper.read_bytes()
    assert "stamp-authority-none" in shop.call("restamp", str(paper)).err
    assert paper.read_bytes() == before
