"""`shirorom screen`: every row of a file with the answer that is on record, or with what is wrong; nobody is asked."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path

import pytest

from shirorom.adapters.tables.files import FileTables
from shirorom.domain.desk.queue import OPEN_MAX
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options
from shirorom.ports.tables import TableKind
from shirorom.service.screen import ADDED, Wish
from tests.unit.cli_house import CLEAR, PHONE, REAL, SECOND, THIRD, Result, Shop, always, shop

__all__ = ["shop"]

NOT_ASKED = "docomo:not-asked au:not-asked softbank:not-asked rakuten:not-asked"
CARRIERS = ("docomo", "au", "softbank", "rakuten")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "在庫.csv"


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def screened(shop: Shop, source: Path, text: str, *words: str) -> tuple[Result, list[dict[str, str]]]:
    """One call over a file of this text: how it ended, and the rows of its output."""
    source.write_text(text, encoding="utf-8")
    out = source.with_name("out.csv")
    result = shop.call("screen", str(source), "-o", str(out), *words)
    return result, rows(out) if out.exists() else []


def said(shop: Shop, imei: str, glyph: str, *carriers: str) -> None:
    """What a person read."""
    for carrier in carriers or CARRIERS:
        assert shop.call("record", imei, "--carrier", carrier, "--glyph", glyph).status == 0


@pytest.fixture
def hand(shop: Shop) -> Shop:
    """A shop whose carriers are read by hand."""
    shop.configure("hand")
    return shop


def test_every_row_gets_what_is_on_record(hand: Shop, source: Path) -> None:
    """Known, partly known, never heard of: in order, in the columns of the contract; nobody is asked."""
    said(hand, PHONE, "○")
    said(hand, SECOND, "△", "docomo")
    result, out = screened(hand, source, f"No,IMEI\n1,{PHONE}\n2,{SECOND}\n3,{THIRD}\n")
    assert result.status == 0
    assert list(out[0]) == ["No", "IMEI", *ADDED]
    assert [row["shirorom_verdict"] for row in out] == ["clear", "undetermined", "undetermined"]
    assert [row["shirorom_docomo"] for row in out] == ["clear", "caution", ""]
    assert [row["shirorom_error"] for row in out] == ["", NOT_ASKED.partition(" ")[2], NOT_ASKED]
    assert hand.asker.asked == []


def test_an_answer_that_the_program_read_counts(shop: Shop, source: Path) -> None:
    """A recorded reading of a carrier's page is a recorded answer."""
    shop.configure("site")
    shop.asker.says = always(CLEAR)
    assert shop.call("check", PHONE).status == 0
    shop.asker.asked.clear()
    _, out = screened(shop, source, f"IMEI\n{PHONE}\n")
    assert out[0]["shirorom_verdict"] == "clear"
    assert shop.asker.asked == []


def test_practice_rows_say_so(hand: Shop, source: Path) -> None:
    """In the file and on the screen."""
    result, out = screened(hand, source, f"IMEI\n{PHONE}\n")
    assert out[0]["shirorom_practice"] == "practice"
    assert "【練習】" in result.err


def test_what_is_unknown_is_never_a_mark(hand: Shop, source: Path) -> None:
    """A phone that nobody asked about is undetermined, not －."""
    _, out = screened(hand, source, f"IMEI\n{PHONE}\n")
    assert (out[0]["shirorom_verdict"], out[0]["shirorom_docomo"]) == ("undetermined", "")


def test_a_carrier_left_out_by_choice_is_not_missed(shop: Shop, source: Path) -> None:
    """It is no error of the row; and the row is not called clear without it."""
    (shop.directory).mkdir(mode=0o700, exist_ok=True)
    tables = "\n".join(
        f'[carriers.{one}]\naccess = "{"off" if one == "au" else "hand"}"\nurl = "http://127.0.0.1:9"'
        for one in CARRIERS
    )
    (shop.directory / "config.toml").write_text(tables, encoding="utf-8")
    said(shop, PHONE, "○", "docomo", "softbank", "rakuten")
    _, out = screened(shop, source, f"IMEI\n{PHONE}\n")
    assert (out[0]["shirorom_verdict"], out[0]["shirorom_error"]) == ("undetermined", "")


def test_both_numbers_are_one_phone(hand: Shop, source: Path) -> None:
    """Two columns, or two numbers in one cell: the worst of both decides."""
    said(hand, PHONE, "○")
    said(hand, SECOND, "×", "au")
    text = f'IMEI,IMEI2\n{PHONE},{SECOND}\n"IMEI1: {PHONE}\nIMEI2: {SECOND}",\n'
    _, out = screened(hand, source, text)
    assert [row["shirorom_imei"] for row in out] == [f"{PHONE} {SECOND}"] * 2
    assert [row["shirorom_verdict"] for row in out] == ["restricted"] * 2


BAD = {
    "3.58E+14": "imei-spreadsheet",
    PHONE[:-1] + "9": "imei-check-digit",
    "1001010000013": "imei-lost-zero",
    "12345": "imei-length",
    "F2LXK12ABCDE": "number-is-serial",
    "": "imei-not-found",
}


def test_one_row_out_for_each_row_in(hand: Shop, source: Path) -> None:
    """Damaged rows too, each with its code, told by its line with the remedy; the call ends with 0."""
    result, out = screened(hand, source, "No,IMEI\n" + "".join(f"{n},{cell}\n" for n, cell in enumerate(BAD)))
    assert result.status == 0
    assert [(row["No"], row["shirorom_error"]) for row in out] == [
        (str(n), code) for n, code in enumerate(BAD.values())
    ]
    assert {row["shirorom_verdict"] for row in out} == {""}
    for line, code in enumerate(BAD.values(), start=2):
        assert any(told.startswith(f"{line}行目") and told.endswith(f"({code})") for told in result.err.splitlines())


def test_titles_totals_and_empty_lines(hand: Shop, source: Path) -> None:
    """What a POS puts around its rows is no phone that is missing."""
    text = f"在庫一覧\n\n管理番号,端末情報,,状態\n,IMEI1,IMEI2,\nA1,{PHONE},{SECOND},在庫\n\n合計,1,,\n"
    result, out = screened(hand, source, text, "--numbers-only")
    assert [row["shirorom_imei"] for row in out] == [f"{PHONE} {SECOND}", "", ""]
    assert [row["shirorom_error"] for row in out] == ["", "", ""]
    assert list(out[0])[:2] == ["管理番号", "端末情報 / IMEI1"]
    assert "誤り 0 行" in result.err


def test_an_output_is_an_input(hand: Shop, source: Path) -> None:
    """Our own columns are replaced, not added again; and the same answers make the same file."""
    screened(hand, source, f"No,IMEI\n1,{PHONE}\n2,bad\n")
    first = source.with_name("out.csv").read_bytes()
    result = hand.call("screen", str(source.with_name("out.csv")), "-o", str(source.with_name("again.csv")))
    assert (result.status, source.with_name("again.csv").read_bytes()) == (0, first)


def test_a_row_that_is_damaged_says_so_and_is_not_guessed_at(hand: Shop, source: Path) -> None:
    """Too many cells, or something that is no character: no number is taken; another encoding: the number stands."""
    said(hand, PHONE, "○")
    source.write_bytes(
        b"No,IMEI,x\n" + f"1,{PHONE},a,b\n2,{PHONE},\0\n".encode() + f"3,{PHONE},".encode() + "黒\n".encode("cp932")
        + f"4,{PHONE},黒\n".encode() * 3
    )  # fmt: skip
    out = source.with_name("out.csv")
    assert hand.call("screen", str(source), "-o", str(out)).status == 0
    found = rows(out)[:4]
    assert [row["shirorom_error"] for row in found] == [
        "table-row-long",
        "table-row-characters",
        "table-row-encoding",
        "",
    ]
    assert [row["shirorom_verdict"] for row in found] == ["", "", "clear", "clear"]
    assert found[0]["x"] == "a,b"


@pytest.mark.parametrize("kind", list(TableKind))
def test_every_kind_in_and_out(hand: Shop, tmp_path: Path, kind: TableKind) -> None:
    """The kind written is that of the name; the same answers stand in it."""
    source, out = tmp_path / f"in.{kind}", tmp_path / f"out.{kind}"
    FileTables().write(source, ["No", "IMEI"], [["1", PHONE], ["2", "x"]], kind=kind, escape=False)
    assert hand.call("screen", str(source), "-o", str(out)).status == 0
    with FileTables().open(out) as table:
        assert table.kind is kind
        found = [row.cells for row in table.rows()]
    assert found[0] == ("No", "IMEI", *ADDED)
    assert [row[2] for row in found[1:]] == [PHONE, ""]
    assert [row[-1] for row in found[1:]] == [NOT_ASKED, "imei-not-found"]


def test_numbers_only_needs_no_data_and_no_configuration(hand: Shop, source: Path) -> None:
    """It works where the configuration is broken, and leaves the data directory alone."""
    (hand.directory / "config.toml").write_text("nonsense = 1", encoding="utf-8")
    wide = PHONE.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    result, out = screened(hand, source, f"IMEI\n{wide}\n", "--numbers-only")
    assert (result.status, out) == (0, [{"IMEI": wide, "shirorom_imei": PHONE, "shirorom_error": ""}])
    assert [one.name for one in hand.directory.iterdir()] == ["config.toml"]


def test_a_column_named_by_hand(hand: Shop, source: Path) -> None:
    """It decides over what the headings say."""
    _, out = screened(hand, source, f"IMEI,交換前\n{PHONE},{SECOND}\n", "--column", "交換前", "--numbers-only")
    assert out[0]["shirorom_imei"] == SECOND


def test_only_the_columns_that_are_wished_for(hand: Shop, source: Path) -> None:
    """`--add` names those to add, with or without their prefix, in their own order; `--added-only` those alone."""
    text = f"No,IMEI\n1,{PHONE}\n2,x\n"
    _, out = screened(hand, source, text, "--add", "error,shirorom_verdict")
    assert [list(row) for row in out] == [["No", "IMEI", "shirorom_verdict", "shirorom_error"]] * 2
    _, out = screened(hand, source, text, "--add", "verdict,error", "--added-only")
    assert out == [
        {"shirorom_verdict": "undetermined", "shirorom_error": NOT_ASKED},
        {"shirorom_verdict": "", "shirorom_error": "imei-not-found"},
    ]


def test_formulas_are_escaped_on_request(hand: Shop, source: Path) -> None:
    """T23: `--escape`; without it the cells are as they were."""
    text = f"IMEI,x\n{PHONE},=1+1\n"
    assert screened(hand, source, text, "--numbers-only")[1][0]["x"] == "=1+1"
    assert screened(hand, source, text, "--numbers-only", "--escape")[1][0]["x"] == "'=1+1"


REFUSED = {
    "no-numbers": (("a,b\n1,2\n",), 2, "table-no-numbers"),
    "no-such-column": ((f"IMEI\n{PHONE}\n", "--column", "型番"), 2, "table-column-missing"),
    "no-such-sheet": ((f"IMEI\n{PHONE}\n", "--sheet", "在庫"), 2, "table-sheet-missing"),
    "empty": (("",), 2, "table-empty"),
    "no-such-answer": ((f"IMEI\n{PHONE}\n", "--add", "verdict,price"), 2, "usage"),
    "an-answer-without-record": ((f"IMEI\n{PHONE}\n", "--add", "verdict", "--numbers-only"), 2, "usage"),
    "queue-of-numbers": ((f"IMEI\n{PHONE}\n", "--queue", "--numbers-only"), 2, "usage"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_refused(hand: Shop, source: Path, case: tuple[tuple[str, ...], int, str]) -> None:
    """Told by its code; no file is left."""
    words, status, code = case
    result, out = screened(hand, source, *words)
    assert (result.status, out) == (status, [])
    assert f"({code})" in result.err
    assert [one.name for one in source.parent.iterdir() if one.suffix == ".part"] == []


@pytest.mark.parametrize("out", ["在庫.csv", "out.txt"])
def test_an_output_that_cannot_be(hand: Shop, source: Path, out: str) -> None:
    """The input itself, or a kind that is not known: nothing is written."""
    source.write_text(f"IMEI\n{PHONE}\n", encoding="utf-8")
    assert hand.call("screen", str(source), "-o", str(source.with_name(out))).status == 2
    assert source.read_text(encoding="utf-8") == f"IMEI\n{PHONE}\n"


def test_interrupted_it_leaves_nothing(hand: Shop, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C: 130, and no half file."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shirorom.service.screen._Run._texts", interrupted)
    result, out = screened(hand, source, f"IMEI\n{PHONE}\n")
    assert (result.status, out) == (130, [])
    assert [one.name for one in source.parent.iterdir() if one.is_file()] == ["在庫.csv"]


def test_what_is_missing_goes_to_the_counter(hand: Shop, source: Path) -> None:
    """`--queue`: those alone of which an answer is missing, each phone once."""
    said(hand, PHONE, "○")
    result, _ = screened(hand, source, f"IMEI\n{PHONE}\n{SECOND}\n{THIRD}\n{SECOND}\nbad\n", "--queue", "--json")
    assert (result.json["queued"], result.json["queue_full"]) == (2, False)
    counter = hand.compose(Options(data=hand.directory)).counter
    assert counter is not None
    waiting = {imei.digits for view in counter.board().items for imei in view.item.device.imeis}
    assert waiting == {SECOND, THIRD}


def test_a_full_queue_is_told_with_how_many_went_in(hand: Shop, source: Path) -> None:
    """More phones than the counter takes: it is filled, and the rest is said to be left."""
    phones = "".join(f"{Imei.of_key(f'0010010{n:07d}').digits}\n" for n in range(OPEN_MAX + 10))
    result, out = screened(hand, source, f"IMEI\n{phones}", "--queue")
    assert (result.status, len(out)) == (0, OPEN_MAX + 10)
    assert str(OPEN_MAX) in result.err
    assert "(queue-full)" in result.err


def test_the_json_is_one_object(hand: Shop, source: Path) -> None:
    """For programs: what came of it, without a number of a phone."""
    result, _ = screened(hand, source, f"IMEI\n{PHONE}\nbad\n", "--json")
    assert json.loads(result.out) == {
        "rows": 2, "phones": 1, "practice": 1, "verdicts": {"undetermined": 1}, "codes": {"imei-not-found": 1},
        "bad": [{"line": 3, "code": "imei-not-found"}], "queued": None, "queue_full": False,
    }  # fmt: skip


def test_progress_counts_every_row(hand: Shop, source: Path) -> None:
    """Told after each batch: rows done, and about how many there are."""
    source.write_text("IMEI\n" + f"{PHONE}\n" * 10, encoding="utf-8")
    told: list[tuple[int, int | None]] = []
    screen = hand.compose(Options(data=hand.directory)).screen
    screen(source, source.with_name("o.csv"), Wish(TableKind.CSV), lambda *done: told.append(done))
    assert told == [(10, 12)]


def test_more_numbers_than_a_phone_has(hand: Shop, source: Path) -> None:
    """Five columns with a number each are no phone: the row says so."""
    phones = [Imei.of_key(f"0010010{n:07d}").digits for n in range(5)]
    _, out = screened(hand, source, "IMEI1,IMEI2,IMEI3,IMEI4,IMEI\n" + ",".join(phones) + "\n")
    assert out[0]["shirorom_error"] == "device-too-many"


def test_real_and_practice_rows_are_answered_apart(shop: Shop, source: Path) -> None:
    """A test number's answers are practice's, beside a real number in the same file."""
    shop.configure("hand", url=None)
    said(shop, REAL, "○")
    said(shop, PHONE, "△")
    _, out = screened(shop, source, f"IMEI\n{PHONE}\n{REAL}\n{PHONE}\n")
    assert [row["shirorom_verdict"] for row in out] == ["caution", "clear", "caution"]
    assert [row["shirorom_practice"] for row in out] == ["practice", "", "practice"]


def test_without_the_extra_it_says_what_to_install(hand: Shop, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core alone: a code that names the extra, and no half file."""
    for missing, words in (("polars", ["--numbers-only"]), ("numpy", [])):
        with monkeypatch.context() as without:
            without.setitem(sys.modules, missing, None)
            result, out = screened(hand, source, f"IMEI\n{PHONE}\n", *words)
        assert (result.status, out) == (1, [])
        assert "shirorom[files]" in result.err
