"""`shirorom check`: exit status, what is printed where, what is recorded, what is refused."""

from __future__ import annotations

import io
import re
import sys
import time

import msgspec
import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.reading import Reading
from shirorom.edge import wire
from shirorom.edge.cli.context import Options
from tests.unit.cli_house import CAUTION, CLEAR, NO_RECORD, PHONE, REAL, RESTRICTED, SECOND, Shop, always, shop

__all__ = ["shop"]
LONG_NUMBER = re.compile(r"\d(?:[- ]?\d){13,}")


@pytest.mark.parametrize(
    ("glyph", "status", "verdict"),
    [
        (CLEAR, 0, "clear"),
        (CAUTION, 3, "caution"),
        (RESTRICTED, 4, "restricted"),
        (NO_RECORD, 5, "no-record"),
        ("carrier-timeout", 6, "undetermined"),
    ],
)
def test_each_verdict_has_its_exit_status(shop: Shop, glyph: str, status: int, verdict: str) -> None:
    """The statuses of the contract, by the table and by --json."""
    shop.asker.says = always(glyph)
    answer = shop.call("check", PHONE, "--json")
    assert (answer.status, answer.json["verdict"]) == (status, verdict)
    assert shop.call("check", PHONE).status == status


@pytest.mark.parametrize(
    ("only", "others", "status"),
    [
        (["docomo"], {}, 0),
        (["docomo", "au"], {"au": CAUTION}, 3),
        (["docomo", "au"], {"au": "carrier-error"}, 6),  # a ○ beside a failure is no ○
        (["docomo", "au"], {"au": RESTRICTED, "docomo": "carrier-error"}, 4),
        (["docomo"], {"au": RESTRICTED}, 0),  # au was not asked
    ],
)
def test_only_follows_those_that_were_asked(shop: Shop, only: list[str], others: dict[str, str], status: int) -> None:
    """With --only the status is that of the carriers asked; the answer says that it is not complete."""
    shop.asker.says = always(CLEAR, **others)
    words = [word for carrier in only for word in ("--only", carrier)]
    answer = shop.call("check", PHONE, "--json", *words)
    assert answer.status == status
    assert answer.json["complete"] is False
    assert {carrier for _, carrier in shop.asker.asked} == set(only)


def test_json_is_one_object_in_the_form_of_the_wire(shop: Shop) -> None:
    """stdout holds exactly what `wire.CheckWire` holds, keys in its order; stderr is silent."""
    answer = shop.call("check", PHONE, "--json")
    assert list(answer.json) == list(wire.CheckWire.__struct_fields__)
    assert msgspec.convert(answer.json, wire.CheckWire).device.imeis == (PHONE,)
    assert len(answer.json["cells"]) == 4
    assert (answer.out.count("\n"), answer.err) == (1, "")


def test_the_table_says_it_without_colour(shop: Shop) -> None:
    """Every mark is a symbol and a word; age, way, raw and index stand beside; no escape code in a pipe."""
    shop.asker.says = always(NO_RECORD, docomo=CLEAR, au=CAUTION, softbank="carrier-timeout")
    answer = shop.call("check", PHONE)
    for word in ("○ 現在制限なし", "△ 今後制限の可能性", "－ 判定なし", "？ 照会失敗 (carrier-timeout)", "【練習】"):
        assert word in answer.out
    assert "たった今 自動照会 #" in answer.out
    assert "表示「○」画面の文" in answer.out
    assert "\x1b" not in answer.out + answer.err
    assert all(line == line.rstrip() for line in answer.out.splitlines())


def test_progress_is_told_on_stderr(shop: Shop) -> None:
    """One plain line a carrier where stderr is no terminal; the masked number only where there are several."""
    answer = shop.call("check", PHONE)
    assert sorted(answer.err.splitlines()) == sorted(
        f"{name}: － 判定なし" for name in ("ドコモ", "au", "ソフトバンク", "楽天モバイル")
    )
    assert "ドコモ …0013: － 判定なし" in shop.call("check", PHONE, SECOND).err


def test_two_numbers_are_two_columns(shop: Shop) -> None:
    """A dual-SIM phone is one device: eight cells, both numbers in the heading."""
    answer = shop.call("check", PHONE, SECOND, "--json")
    assert [cell["imei"] for cell in answer.json["cells"]] == [PHONE] * 4 + [SECOND] * 4
    heading = next(line for line in shop.call("check", PHONE, SECOND).out.splitlines() if line.startswith("会社"))
    assert heading.split() == ["会社", "00-100101-000001-3", "00-100101-000002-1"]


def test_four_numbers_stand_below_each_other(shop: Shop) -> None:
    """Where columns would break words, each number has its own block; no line is wider than the terminal."""
    numbers = [Imei.of_key(f"00100101000{n:03}").digits for n in range(101, 105)]
    answer = shop.call("check", *numbers)
    assert answer.out.count("会社") >= 4
    assert "？ 照会失敗" not in answer.out


def test_no_record_records_nothing(shop: Shop) -> None:
    """--no-record shows the answer and leaves the log as it was."""
    answer = shop.call("check", PHONE, "--no-record", "--json")
    assert [cell["index"] for cell in answer.json["cells"]] == [None] * 4
    assert shop.entries(PHONE) == []


def test_standard_input_is_read_through_the_parser(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` takes the screen of *#06# as it is and finds one phone with two numbers."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"IMEI1 {PHONE} / 01\nIMEI2 {SECOND} / 01\n"))
    assert shop.call("check", "-", "--json").json["device"]["imeis"] == [PHONE, SECOND]


def test_a_text_with_two_phones_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two devices have no single answer."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"A: {PHONE}\n\n\nほかの端末\n\nB: {REAL}\n"))
    answer = shop.call("check", "-")
    assert answer.status == 2
    assert "2 台" in answer.err
    assert shop.asker.asked == []


def test_no_number_and_no_terminal_is_bad_usage(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments in a script nothing waits for a prompt."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert shop.call("check", "--json").problem["code"] == "usage"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("001001010000014", "imei-check-digit"),
        ("00100101000001", None),  # 14 digits: completed
        ("0010010100000", "imei-length"),
        ("000000000000000", "imei-repeated"),
        ("4.90E+14", "imei-spreadsheet"),
        ("こんにちは", "imei-not-found"),
    ],
)
def test_a_bad_number_is_one_line_and_records_nothing(shop: Shop, text: str, code: str | None) -> None:
    """Exit 2, one line that names the code and the remedy, nothing on stdout, nobody asked, no number repeated."""
    answer = shop.call("check", text)
    if code is None:
        assert answer.status == 5
        return
    assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert answer.err.endswith(f"({code})\n")
    assert text not in answer.err
    assert shop.asker.asked == []


def test_a_failure_with_json_is_the_problem_of_the_wire(shop: Shop) -> None:
    """The problem on stderr is built by the same function as HTTP's."""
    answer = shop.call("check", "001001010000014", "--json")
    expected = wire.problem_of(NumberError("imei-check-digit", position=15), shop.compose(Options()).texts("ja"))
    assert answer.status == 2
    assert {**answer.problem, "errors": []} == {**msgspec.to_builtins(expected), "errors": []}


def test_a_storage_fault_is_told_beside_the_answer(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that could not be recorded is shown, without index, and the fault is told on stderr."""
    from shirorom.domain.errors import StorageError
    from shirorom.service.recorder import Recorder

    def full(self: Recorder, statements: object) -> None:
        raise StorageError("storage-full")

    monkeypatch.setattr(Recorder, "record", full)
    answer = shop.call("check", PHONE, "--json")
    assert answer.status == 5
    assert {cell["index"] for cell in answer.json["cells"]} == {None}
    assert "(storage-full)" in answer.err


def test_by_hand_the_pages_to_open_are_named(shop: Shop) -> None:
    """With access by hand nobody is asked; the call says where to look and how to record."""
    shop.configure("hand", url=None)
    answer = shop.call("check", REAL)
    assert answer.status == 6
    for carrier in CarrierId:
        assert shop.compose(Options()).facts.carrier(carrier).check_url in answer.err
    assert "shirorom record" in answer.err
    assert not LONG_NUMBER.search(answer.err)


def test_a_practice_number_is_not_sent_to_real_pages(shop: Shop) -> None:
    """By hand, a test number is pointed to practice, not to the carriers."""
    shop.configure("hand", url=None)
    answer = shop.call("check", PHONE)
    assert "--practice" in answer.err
    assert "http" not in answer.err


def test_an_interrupt_keeps_what_was_read(shop: Shop) -> None:
    """Ctrl-C after three answers: exit 130, nothing on stdout, all on record, and the call says so."""
    shop.asker.says = always(CLEAR)
    shop.asker.interrupt = (PHONE, "rakuten", 3)
    answer = shop.call("check", PHONE)
    assert (answer.status, answer.out) == (130, "")
    assert "3 件は記録してあります" in answer.err
    assert {entry["carrier"] for entry in shop.entries(PHONE)} == {"docomo", "au", "softbank"}


def test_an_interrupt_counts_what_the_log_has_in_hand(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while answers are being written: they become durable, and the call counts them."""
    from shirorom.service.recorder import Recorder

    record = Recorder.record
    begun: list[object] = []

    def slow(self: Recorder, readings: list[Reading]) -> list[Recorded]:
        begun.extend(readings)
        time.sleep(0.3)
        return record(self, readings)

    monkeypatch.setattr(Recorder, "record", slow)
    shop.asker.says = always(CLEAR)
    shop.asker.interrupt = (PHONE, "rakuten", 3)
    shop.asker.size = lambda: len(begun)
    answer = shop.call("check", PHONE)
    assert answer.status == 130
    assert "3 件は記録してあります" in answer.err
    assert len(shop.entries(PHONE)) == 3


def test_sources_are_shown_when_asked_for(shop: Shop) -> None:
    """--sources numbers them; without it the answer stays short. With --json they are always there."""
    assert "http" not in shop.call("check", PHONE).out
    shown = shop.call("check", PHONE, "--sources").out
    assert "[1]" in shown
    assert "https://" in shown
    assert any(reason["source"] for reason in shop.call("check", PHONE, "--json").json["reasons"])


def test_english_by_choice(shop: Shop) -> None:
    """The whole answer in English, JSON texts too."""
    assert "－ No record" in shop.call("check", PHONE, "--lang", "en").out
    assert shop.call("check", PHONE, "--lang", "en", "--json").json["reasons"][0]["text"].isascii() is False
    assert "docomo" in shop.call("check", PHONE, "--lang", "en", "--json").json["reasons"][0]["text"]
