"""record, withdraw, accept-correction, history: what a person writes into the record and reads out of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from shirorom.edge import wire
from tests.unit.cli_house import CLEAR, PHONE, REAL, RESTRICTED, SECOND, Shop, always, shop

__all__ = ["shop"]


def by_hand(shop: Shop, *words: str, glyph: str = "○", carrier: str = "docomo", imei: str = PHONE) -> None:
    answer = shop.call("record", imei, "--carrier", carrier, "--glyph", glyph, *words)
    assert answer.status == 0, answer.err


def test_a_receipt_is_the_wires(shop: Shop) -> None:
    """--json prints what `wire.RecordWire` holds: index, size and root of the log, and the cell."""
    answer = shop.call("record", PHONE, "--carrier", "au", "--glyph", "△", "--sentence", "今後", "--json")
    receipt = msgspec.convert(answer.json, wire.RecordWire)
    assert (answer.status, receipt.recorded, receipt.index, receipt.size, receipt.practice) == (0, True, 0, 1, True)
    assert (receipt.cell.mark, receipt.cell.raw, receipt.cell.channel) == ("caution", "△", "hand")
    assert len(bytes.fromhex(receipt.root)) == 32


@pytest.mark.parametrize("glyph", ["●", "O", "◎", "", "ok"])
def test_an_unknown_glyph_records_nothing(shop: Shop, glyph: str) -> None:
    """Exit 2, `glyph-unknown`, and the record is as before."""
    answer = shop.call("record", PHONE, "--carrier", "au", "--glyph", glyph, "--json")
    assert (answer.status, answer.problem["code"]) == (2, "glyph-unknown")
    assert shop.entries(PHONE) == []


def test_a_future_time_is_refused(shop: Shop) -> None:
    """Nobody has seen tomorrow's answer."""
    answer = shop.call("record", PHONE, "--carrier", "au", "--glyph", "○", "--asked-at", "2199-01-01T00:00Z")
    assert answer.status == 2
    assert "(time-in-future)" in answer.err


def test_a_time_without_zone_is_japans(shop: Shop) -> None:
    """10:05 in a shop is 01:05 UTC."""
    by_hand(shop, "--asked-at", "2026-01-02T10:05")
    assert shop.entries(PHONE)[0]["asked_at"] == "2026-01-02T01:05:00Z"


def test_a_time_that_is_none_is_bad_usage(shop: Shop) -> None:
    """A date in words is not guessed at."""
    answer = shop.call("record", PHONE, "--carrier", "au", "--glyph", "○", "--asked-at", "きのう")
    assert (answer.status, answer.out) == (2, "")
    assert "2026-11-23T10:05" in answer.err


def test_a_screenshot_is_kept_and_a_huge_one_is_not(shop: Shop, tmp_path: Path) -> None:
    """The image is stored with the reading; beyond the limit nothing is recorded."""
    image = tmp_path / "page.png"
    image.write_bytes(b"\x89PNG" + bytes(1_000))
    by_hand(shop, "--screenshot", str(image))
    assert any(path.is_file() for path in (shop.directory / "blobs").rglob("*"))
    with image.open("wb") as file:
        file.truncate(10_000_001)
    answer = shop.call("record", PHONE, "--carrier", "au", "--glyph", "○", "--screenshot", str(image))
    assert answer.status == 2
    assert len(shop.entries(PHONE)) == 1


def test_a_withdrawn_answer_stays_visible(shop: Shop) -> None:
    """Both entries are in the history; the cell is without answer again."""
    shop.configure("hand", url=None)
    by_hand(shop)
    answer = shop.call("withdraw", "0", "--reason", "打ち間違い", "--practice", "--json")
    assert answer.json == {"withdrawn": True, "index": 1, "of": 0, "practice": True}
    assert [entry["kind"] for entry in shop.entries(PHONE)] == ["reading", "withdrawal"]
    cells = shop.call("check", PHONE, "--json").json["cells"]
    assert cells[0]["error"] == "not-asked"


@pytest.mark.parametrize(("index", "code"), [("0", "entry-withdrawn"), ("7", "entry-not-found")])
def test_what_cannot_be_withdrawn_is_named(shop: Shop, index: str, code: str) -> None:
    """Twice, or what is not there: exit 1 and the code."""
    by_hand(shop)
    shop.call("withdraw", "0", "--reason", "x", "--practice")
    answer = shop.call("withdraw", index, "--reason", "x", "--practice", "--json")
    assert (answer.status, answer.problem["code"]) == (1, code)


def test_a_correction_lets_later_answers_count(shop: Shop) -> None:
    """× then ○ stays ×; after a person's reason the ○ counts."""
    by_hand(shop, "--asked-at", "2026-01-02T10:05", glyph=RESTRICTED)
    shop.asker.says = always(CLEAR)
    assert shop.call("check", PHONE).status == 4
    answer = shop.call("accept-correction", PHONE, "--carrier", "docomo", "--reason", "窓口で確認", "--json")
    assert answer.status == 0
    assert shop.call("check", PHONE).status == 0


def test_a_correction_without_cause_is_refused(shop: Shop) -> None:
    """Where no × vanished there is nothing to accept."""
    answer = shop.call("accept-correction", PHONE, "--carrier", "docomo", "--reason", "x", "--json")
    assert (answer.status, answer.problem["code"]) == (1, "correction-not-needed")


def test_history_is_the_wires_and_readable(shop: Shop) -> None:
    """--json in the form of the wire; the table names carrier, mark, way and what changed."""
    by_hand(shop, "--asked-at", "2026-01-02T10:05", glyph="△")
    by_hand(shop, "--asked-at", "2026-02-02T10:05", "--by", "北店 佐藤")
    history = msgspec.convert(shop.call("history", PHONE, "--json").json, wire.HistoryWire)
    assert [entry.mark for entry in history.entries] == ["caution", "clear"]
    text = shop.call("history", PHONE).out
    assert "2026-01-02 10:05 JST" in text
    assert "北店 佐藤" in text
    assert "ドコモ: △ 今後制限の可能性 → ○ 現在制限なし" in text


def test_an_empty_history_is_no_failure(shop: Shop) -> None:
    """Nothing on record: exit 0, said on stderr."""
    answer = shop.call("history", REAL)
    assert answer.status == 0
    assert "ありません" in answer.err


def test_one_number_at_a_time(shop: Shop) -> None:
    """`record` takes one number, not the two of a screen."""
    answer = shop.call("record", f"{PHONE} {SECOND}", "--carrier", "au", "--glyph", "○")
    assert answer.status == 2
    assert shop.entries(PHONE) == []


def test_fsck_sound_and_damaged(shop: Shop) -> None:
    """0 where everything holds, 1 where a byte was changed, and it says where."""
    import sqlite3

    by_hand(shop)
    by_hand(shop, glyph="△")
    sound = shop.call("fsck", "--json")
    assert (sound.status, sound.json["sound"], len(sound.json["logs"])) == (0, True, 2)
    database = sqlite3.connect(shop.directory / "log" / "practice.sqlite")
    tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
    column = next(
        (table, row[1])
        for table in tables
        for row in database.execute(f"pragma table_info({table})")
        if row[1] in ("entry", "salt", "statement")
    )
    database.execute(f"update {column[0]} set {column[1]} = zeroblob(length({column[1]}))")
    database.commit()
    database.close()
    damaged = shop.call("fsck", "--json")
    assert (damaged.status, damaged.json["sound"]) == (1, False)
    assert shop.call("fsck").status == 1


@pytest.mark.parametrize(
    "words",
    [
        ("record", PHONE, "--carrier", "au", "--glyph", "○", "--sentence", "x" * 2_001),
        ("record", PHONE, "--carrier", "au", "--glyph", "○", "--by", "x" * 65),
        ("record", PHONE, "--carrier", "au", "--glyph", "○", "--asked-at", "0001-01-01T00:00"),
        ("withdraw", "0", "--practice", "--reason", "x" * 501),
        ("withdraw", "0", "--practice", "--reason", "  "),
        ("withdraw", str(2**63), "--practice", "--reason", "x"),
        ("accept-correction", PHONE, "--carrier", "au", "--reason", ""),
    ],
)
def test_what_the_record_cannot_hold_is_bad_usage(shop: Shop, words: tuple[str, ...]) -> None:
    """Texts beyond the limits, empty reasons, impossible times: exit 2, never `internal`, nothing recorded."""
    answer = shop.call(*words)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.endswith("(usage)\n")
    assert shop.entries(PHONE) == []


def test_a_byte_that_is_no_text_does_not_end_the_call(shop: Shop) -> None:
    """An argument in another encoding arrives as a surrogate; it is recorded as ? and the rest is kept."""
    by_hand(shop, "--sentence", "abc\udce3")
    assert shop.entries(PHONE)[0]["sentence"] == "abc?"
