"""`check --list`: fifty phones, stopped half-way, and gone on with."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from shirorom.domain.imei import Imei
from tests.unit.cli_house import CLEAR, RESTRICTED, SECOND, Result, Shop, always, shop

__all__ = ["shop"]
PHONES = [Imei.of_key(f"00100101{n:06}").digits for n in range(201, 211)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "在庫.csv"
    path.write_text("管理番号,IMEI\n" + "".join(f"A-{n},{imei}\n" for n, imei in enumerate(PHONES)), encoding="cp932")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def run(shop: Shop, source: Path, *words: str) -> tuple[Result, list[dict[str, str]], list[str]]:
    """One call: how it ended, the output's rows, the numbers that were asked about (at docomo)."""
    shop.asker.asked.clear()
    result = shop.call("check", "--list", str(source), *words)
    asked = [imei for imei, carrier in shop.asker.asked if carrier == "docomo"]
    return result, rows(source.with_name(f"{source.stem}.shirorom.csv")), asked


def journal(source: Path) -> Path:
    return source.with_name(f"{source.stem}.shirorom.csv.journal")


def test_every_row_gets_its_answer(shop: Shop, source: Path) -> None:
    """One row out for each row in, in order; exit 0; the journal is gone."""
    result, out, asked = run(shop, source)
    assert (result.status, result.out) == (0, "")
    assert [row["管理番号"] for row in out] == [f"A-{n}" for n in range(10)]
    assert [row["shirorom_imei"] for row in out] == PHONES == asked
    assert {row["shirorom_verdict"] for row in out} == {"no-record"}
    assert not journal(source).exists()


def test_stopped_and_gone_on_with(shop: Shop, source: Path) -> None:
    """Ctrl-C at the fourth phone: exit 130, three rows are there; the same command asks about the other seven only."""
    shop.asker.interrupt = (PHONES[3], "docomo", 12)
    result, out, _ = run(shop, source)
    assert result.status == 130
    assert [row["shirorom_verdict"] for row in out] == ["no-record"] * 3 + [""] * 7
    assert "続き" in result.err
    shop.asker.interrupt = None
    result, out, asked = run(shop, source)
    assert result.status == 0
    assert asked == PHONES[3:]
    assert {row["shirorom_verdict"] for row in out} == {"no-record"}


def test_what_failed_is_asked_again_and_nothing_else(shop: Shop, source: Path) -> None:
    """A carrier that was down for one phone: exit 6; the next run asks about that phone alone."""
    good, bad = always(CLEAR), always(CLEAR, au="carrier-maintenance")
    shop.asker.says = lambda imei, carrier: (bad if imei.digits == PHONES[5] else good)(imei, carrier)
    result, out, _ = run(shop, source)
    assert result.status == 6
    assert (out[5]["shirorom_au"], out[5]["shirorom_verdict"]) == ("", "undetermined")
    assert out[5]["shirorom_error"] == "au:carrier-maintenance"
    shop.asker.says = good
    result, out, asked = run(shop, source)
    assert (result.status, asked) == (0, [PHONES[5]])
    assert out[5]["shirorom_verdict"] == "clear"


def test_a_corrected_row_is_asked_and_the_others_are_not(shop: Shop, source: Path) -> None:
    """Rows belong to their numbers, not to their places: a mended file goes on too."""
    text = source.read_text(encoding="cp932")
    wrong = PHONES[0][:14] + str((int(PHONES[0][14]) + 1) % 10)
    source.write_text(text.replace(PHONES[0], wrong), encoding="cp932")
    shop.asker.says = always(CLEAR, au="carrier-timeout")
    result, out, _ = run(shop, source)
    assert result.status == 6
    assert out[0]["shirorom_error"] == "imei-check-digit"
    assert "2行目" in result.err
    assert wrong not in result.err
    source.write_text(f"新しい行,,\n{text}", encoding="cp932")
    shop.asker.says = always(RESTRICTED)
    _, out, asked = run(shop, source)
    assert asked == PHONES  # all had a failure, so all are asked again
    assert {row["shirorom_verdict"] for row in out if row["shirorom_imei"]} == {"restricted"}


def test_fresh_asks_about_all(shop: Shop, source: Path) -> None:
    """--fresh forgets what was answered before the stop."""
    shop.asker.interrupt = (PHONES[3], "docomo", 12)
    run(shop, source)
    shop.asker.interrupt = None
    assert run(shop, source, "--fresh")[2] == PHONES


def test_other_carriers_are_another_list(shop: Shop, source: Path) -> None:
    """Answers of `--only au` do not count for all four."""
    shop.asker.interrupt = (PHONES[3], "docomo", 12)
    run(shop, source)
    shop.asker.interrupt = None
    result, out, _ = run(shop, source, "--only", "au")
    assert result.status == 0
    assert {imei for imei, carrier in shop.asker.asked if carrier == "au"} == set(PHONES)
    assert {(row["shirorom_docomo"], row["shirorom_au"], row["shirorom_error"]) for row in out} == {
        ("", "no-record", "")
    }


def test_one_phone_in_two_rows_is_asked_once(shop: Shop, tmp_path: Path) -> None:
    """A double entry costs one question and gets two answers."""
    source = tmp_path / "two.csv"
    source.write_text(f"IMEI\n{SECOND}\n{SECOND}\n", encoding="utf-8")
    _, out, asked = run(shop, source)
    assert asked == [SECOND]
    assert [row["shirorom_verdict"] for row in out] == ["no-record"] * 2


def test_by_hand_nothing_is_called_answered(shop: Shop, source: Path) -> None:
    """Where nobody was asked, rows are undetermined and the status is 6."""
    shop.configure("hand", url=None)
    result, out, _ = run(shop, source)
    assert result.status == 6
    assert {row["shirorom_verdict"] for row in out} == {"undetermined"}
    assert all("docomo:not-asked" in row["shirorom_error"] for row in out)


@pytest.mark.parametrize("words", [["001001010000039"], ["--json"]])
def test_a_list_stands_alone(shop: Shop, source: Path, words: list[str]) -> None:
    """--list with numbers or --json is bad usage."""
    assert shop.call("check", "--list", str(source), *words).status == 2


def test_the_input_is_never_overwritten(shop: Shop, source: Path) -> None:
    """--output must be another file."""
    before = source.read_bytes()
    assert shop.call("check", "--list", str(source), "-o", str(source)).status == 2
    assert source.read_bytes() == before


def test_no_record_is_kept_where_it_was_declined(shop: Shop, source: Path) -> None:
    """--no-record holds for lists too."""
    run(shop, source, "--no-record")
    assert shop.entries(PHONES[0]) == []
