"""`shirorom import`, `shirorom carrier key`, and the practice carriers' feeds."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from shirorom.domain.imei import Imei
from tests.unit.cli_house import PHONE, SECOND, THIRD, Shop, shop
from tests.wide import wide

__all__ = ["shop"]

RESTRICTED = "001001010000062"
ABSENT = Imei.of_key("00100101999999").digits


def practice_feed(shop: Shop, tmp_path: Path) -> tuple[Path, str]:
    """A practice carrier's feed, and its key."""
    path = tmp_path / "docomo.ndjson"
    made = shop.call("practice", "--feed", str(path), "--carrier", "docomo", "--json").json
    return path, made["key"]


@pytest.fixture
def fed(shop: Shop, tmp_path: Path) -> Path:
    """A shop into which docomo's practice feed was imported."""
    shop.configure("hand")
    path, key = practice_feed(shop, tmp_path)
    added = shop.call("carrier", "key", "add", key, "--carrier", "docomo", "--practice", "--json")
    assert (added.status, added.json["state"]) == (0, "valid")
    done = shop.call("import", str(path), "--carrier", "docomo", "--json")
    assert (done.status, done.json["imported"], done.json["enrols"], done.json["signed"]) == (0, True, True, True)
    return path


def test_a_feed_is_seen_by_every_reader(shop: Shop, fed: Path) -> None:
    """`check` and `history` show what the carrier declared; absence is －, another carrier is not asked."""
    checked = shop.call("check", RESTRICTED, "--json").json
    docomo, au = checked["cells"][:2]
    assert (checked["verdict"], docomo["mark"], docomo["channel"], docomo["index"]) == ("restricted",) * 2 + (
        "notice",
        0,
    )
    assert au["error"] == "not-asked"
    (entry,) = shop.entries(RESTRICTED)
    assert (entry["kind"], entry["raw"], entry["ground"], entry["index"]) == ("notice", "restricted", "unpaid", 0)
    absent = shop.call("check", ABSENT, "--json").json["cells"][0]
    assert (absent["mark"], absent["channel"], absent["index"]) == ("no-record", "notice", 0)


SPELLED = (
    RESTRICTED, RESTRICTED[:14], RESTRICTED[:14] + "01", f"{RESTRICTED[:6]} {RESTRICTED[6:12]} {RESTRICTED[12:]}",
    f"{RESTRICTED[:2]}-{RESTRICTED[2:8]}-{RESTRICTED[8:14]}-{RESTRICTED[14]}", wide(RESTRICTED),
    f"urn:gsma:imei:{RESTRICTED[:8]}-{RESTRICTED[8:14]}-0", f"IMEI: {RESTRICTED}",
)  # fmt: skip


def test_every_spelling_by_file(shop: Shop, fed: Path, tmp_path: Path) -> None:
    """Each row of a restricted phone says so, however it is written."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("IMEI\n" + "".join(f"{one}\n" for one in SPELLED), encoding="utf-8")
    assert shop.call("screen", str(source), "-o", str(out)).status == 0
    with out.open(encoding="utf-8-sig", newline="") as file:
        assert [row["shirorom_verdict"] for row in csv.DictReader(file)] == ["restricted"] * len(SPELLED)


@pytest.mark.parametrize("spelled", SPELLED)
def test_every_spelling_by_command(shop: Shop, fed: Path, spelled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`check -` answers restricted, however the number is written."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(spelled))
    assert shop.call("check", "-", "--json").json["verdict"] == "restricted"


def test_an_import_makes_the_register(shop: Shop, fed: Path) -> None:
    """It is there after the import, and `publish` says that nothing is newer; `--whole` makes it anew all the same."""
    shop.call("import", str(fed), "--carrier", "docomo")
    kept = shop.call("publish", "--practice", "--json").json["register"]
    whole = shop.call("publish", "--practice", "--whole", "--json").json["register"]
    assert (kept, whole["whole"], whole["size"]) == ({"size": 1, "folded": 0, "whole": False}, True, 1)


def test_screening_sees_a_feed_too(shop: Shop, fed: Path, tmp_path: Path) -> None:
    """Restricted, and not in the book."""
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"IMEI\n{RESTRICTED}\n{ABSENT}\n", encoding="utf-8")
    assert shop.call("screen", str(source), "-o", str(out)).status == 0
    rows = out.read_text(encoding="utf-8-sig").splitlines()
    assert ["restricted" in rows[1], "no-record" in rows[2]] == [True, True]


def test_importing_twice_changes_nothing(shop: Shop, fed: Path) -> None:
    """The second time says so."""
    again = shop.call("import", str(fed), "--carrier", "docomo", "--json")
    assert (again.status, again.json["already"], again.json["imported"]) == (0, True, False)


def test_a_revoked_key_is_shown_as_such(shop: Shop, fed: Path) -> None:
    """And feeds signed by it are refused."""
    (row,) = shop.call("carrier", "key", "list", "--json").json["keys"]
    assert shop.call("carrier", "key", "revoke", row["id"], "--reason", "lost").status == 0
    (row,) = shop.call("carrier", "key", "list", "--json").json["keys"]
    assert row["state"] == "revoked"
    assert shop.call("carrier", "key", "revoke", row["id"], "--reason", "lost").status == 1


def test_a_phone_in_a_feed_has_no_sheet(shop: Shop, fed: Path, tmp_path: Path) -> None:
    """A sheet would say something better than is known."""
    shop.call("record", RESTRICTED, "--carrier", "docomo", "--glyph", "○")
    failed = shop.call("attest", RESTRICTED, "-o", str(tmp_path / "sheet.json"))
    assert (failed.status, "sheet-notices" in failed.err) == (1, True)


def test_bad_rows_are_reported_by_line(shop: Shop, tmp_path: Path) -> None:
    """In a file beside the feed, with a code each and no phone's number."""
    rows = tmp_path / "feed.csv"
    head = "row,imei,declares,ground,effective_on,purchased_on\n"
    rows.write_text(head + f"1,{PHONE},registered,,,\n2,{PHONE[:14]}9,restricted,unpaid,2026-11-25,\n3,x,lifted,,,\n")
    failed = shop.call("import", str(rows), "--carrier", "docomo", "--unsigned", "--json")
    assert (failed.status, json.loads(failed.err.splitlines()[-1])["code"]) == (2, "feed-rows")
    report = (tmp_path / "feed.csv.errors.ndjson").read_text(encoding="utf-8")
    told = [json.loads(line) for line in report.splitlines()]
    assert [(one["line"], one["code"]) for one in told] == [(3, "imei-check-digit"), (4, "imei-length")]
    assert PHONE[:14] not in report


def test_unsigned_csv_is_practice(shop: Shop, tmp_path: Path) -> None:
    """Taken where that was asked for, shown as nobody's word, and not twice."""
    rows = tmp_path / "feed.csv"
    rows.write_text(f"row,imei,declares,ground,effective_on,purchased_on\n1,{PHONE},restricted,unpaid,,\n")
    assert shop.call("import", str(rows), "--carrier", "au").status == 1
    done = shop.call("import", str(rows), "--carrier", "au", "--unsigned", "--json").json
    assert (done["imported"], done["signed"], done["practice"]) == (True, False, True)
    assert shop.call("import", str(rows), "--carrier", "au", "--unsigned", "--json").json["already"]


def test_feeds_are_in_the_backup(shop: Shop, fed: Path, tmp_path: Path) -> None:
    """Rows and keys come back with the log."""
    saved = tmp_path / "saved.tar"
    assert shop.call("backup", str(saved)).status == 0
    other = Shop(tmp_path / "other", shop.capture, shop.asker)
    assert other.call("restore", str(saved)).status == 0
    assert other.call("check", RESTRICTED, "--json").json["verdict"] == "restricted"
    assert other.call("fsck").status == 0
    assert len(other.call("carrier", "key", "list", "--json").json["keys"]) == 1


def test_a_backup_is_not_made_of_damaged_rows(shop: Shop, fed: Path, tmp_path: Path) -> None:
    """A good backup is never replaced by one without the rows."""
    next(shop.directory.glob("segments/*.seg")).unlink()
    assert shop.call("fsck").status == 1
    assert shop.call("backup", str(tmp_path / "saved.tar")).status == 1


def test_a_table_with_named_columns(shop: Shop, tmp_path: Path) -> None:
    """Headings as the carrier's list has them, numbers in any spelling, two numbers of a phone in one cell."""
    rows = tmp_path / "list.csv"
    rows.write_text(
        f"端末番号,区分,適用日\n{PHONE[:8]}-{PHONE[8:]},restricted,2026-11-20\n{SECOND} {THIRD},restricted,\n"
    )
    words = ("--format", "csv", "--map", "imei=端末番号", "--map", "declares=区分", "--map", "effective_on=適用日")
    assert shop.call("import", str(rows), "--carrier", "au", *words).status == 1  # nobody signed it
    done = shop.call("import", str(rows), "--carrier", "au", *words, "--unsigned", "--json").json
    assert (done["count"], done["practice"], done["signed"]) == (3, True, False)
    assert [shop.call("check", one, "--json").json["verdict"] for one in (PHONE, THIRD)] == ["restricted"] * 2
    missing = shop.call("import", str(rows), "--carrier", "au", "--format", "csv", "--unsigned", "--map", "imei=x")
    assert (missing.status, "table-column-missing" in missing.err) == (2, True)
    assert shop.call("import", str(rows), "--carrier", "au", "--format", "csv", "--map", "imei").status == 2


def test_every_row_of_a_list_may_declare_the_same(shop: Shop, tmp_path: Path) -> None:
    """A bare list of numbers, with what it is a list of."""
    rows = tmp_path / "list.csv"
    rows.write_text(f"IMEI\n{PHONE}\n{SECOND}\n")
    words = ("--format", "csv", "--map", "declares=restricted", "--unsigned", "--delta", "--json")
    assert shop.call("import", str(rows), "--carrier", "au", *words).json["count"] == 2


def test_a_stolen_list_of_dirbs(shop: Shop, tmp_path: Path) -> None:
    """Blacklisted is restricted from the day reported, removed is lifted; a pending case is told as no notice."""
    rows = tmp_path / "stolen.csv"
    rows.write_text(f"imei,reporting_date,status\n{PHONE[:14]},20261101,blacklist\n{SECOND},20261102,pending\n")
    words = ("--carrier", "au", "--format", "dirbs", "--unsigned", "--json")
    refused = shop.call("import", str(rows), *words)
    assert json.loads(refused.err.splitlines()[-1])["errors"][0]["pointer"] == "/3"
    done = shop.call("import", str(rows), *words, "--partial").json
    assert (done["count"], done["left_out"]) == (1, 1)
    assert shop.call("check", PHONE, "--json").json["verdict"] == "restricted"
    rows.write_text(f"imei,reporting_date,status,change_type\n{PHONE[:14]},20261101,blacklist,remove\n")
    assert shop.call("import", str(rows), *words, "--delta").json["sequence"] == 1
    assert shop.call("check", PHONE, "--json").json["cells"][1]["mark"] == "no-record"


def test_the_register_is_looked_after(shop: Shop, fed: Path) -> None:
    """`doctor` says what is out; `fsck` finds a damaged register and names the remedy, which mends it."""
    found = {check["check"]: check for check in shop.call("doctor", "--json").json["checks"]}
    assert found["register-practice"]["code"] in ("register-ok", "register-ok-plain")
    assert found["register-real"]["code"] == "register-none"
    assert shop.call("fsck").status == 0
    (base,) = (shop.directory / "register" / "practice").glob("r-*.reg")
    base.write_bytes(base.read_bytes()[:-1] + b"\x01")
    broken = shop.call("fsck", "--json")
    assert (broken.status, broken.json["logs"][1]["findings"]) == (
        1,
        [{"part": "register", "what": "register-corrupt", "index": None}],
    )
    assert "shirorom publish --whole" in shop.call("fsck").out
    assert shop.call("publish", "--practice", "--whole").status == 0
    assert shop.call("fsck").status == 0
