"""What people carry and choose: passwords, names, codes on cards. Rules alone, no database."""

from __future__ import annotations

import os

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from shirorom.adapters.hasher import Argon2Hasher
from shirorom.adapters.passwords import known_passwords
from shirorom.domain.desk.bars import bars, width
from shirorom.domain.desk.codes import (
    ALPHABET,
    PAIRING_CHARS,
    RECOVERY_CHARS,
    STAFF_DIGITS,
    grouped,
    letters,
    staff_code,
    staff_code_in,
    typed,
)
from shirorom.domain.desk.password import CHARS_MAX, check_password, normal
from shirorom.domain.desk.people import key_of, name_of
from shirorom.domain.errors import RequestError
from shirorom.edge.qr import qr_path

NAMES = ("田中", "shirorom", "白ロム")


def refusal(password: str) -> str | None:
    try:
        check_password(password, known=known_passwords(), names=NAMES)
    except RequestError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    "password",
    [
        "kaze to yama no aida",
        "correct horse sits on a table",
        "あめがふるひはかさをもつ三本",
        "x9#Qv2!mZp7&Lk4",
        "うちのねこは夜に三回なく",
        "🦊 fox & 🐻 bear drink 茶",
        "aaaaaaaaaabcfhjmqvx19",
    ],
)
def test_good_passwords_are_taken(password: str) -> None:
    """Length is enough: no kinds of characters are demanded, spaces and every script are welcome."""
    padded = password if len(password) >= 15 else password + "、それから朝"
    assert refusal(padded) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "password-short"),
        ("fourteen chars", "password-short"),
        ("x" * 300, "password-long"),
        ("passwordpassword", "password-common"),
        ("Password Password 1", "password-common"),
        ("aaaaaaaaaaaaaaaaaaaa", "password-common"),
        ("abcabcabcabcabcabc", "password-common"),
        ("123456789012345", "password-common"),
        ("qwertyuiopasdfghjkl", "password-common"),
        ("ＱＷＥＲＴＹｕｉｏｐ１２３４５６", "password-common"),
        ("1qaz2wsx3edc4rfv5tgb", "password-common"),
        ("shirorom-shirorom-1", "password-common"),
        ("白ロム白ロム白ロム田中田中田中", "password-common"),
        ("田中shirorom20262026", "password-common"),
        ("correcthorsebatterystaple", "password-common"),
        ("あいうえおかきくけこさしすせそ", "password-common"),
        ("9876543210zyxwvuts", "password-common"),
        ("abababababababababab", "password-common"),
    ],
)
def test_passwords_that_are_tried_first_are_refused(password: str, code: str) -> None:
    """Too short, too long, repeated, along the keys or the alphabet, common words, names of person and product."""
    assert refusal(password) == code


@given(st.text(min_size=0, max_size=400))
def test_every_password_has_an_answer(password: str) -> None:
    """Whatever is typed is taken or refused by a code; nothing else happens."""
    assert refusal(password) in (None, "password-short", "password-long", "password-common")


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=15, max_size=40))
def test_width_and_composition_do_not_change_a_password(password: str) -> None:
    """The form that is hashed is the same for both ways to write it, and is cut nowhere."""
    assert normal(normal(password)) == normal(password)
    assert normal("ｐａｓｓ" + password) == "pass" + normal(password)


def test_real_hash_is_argon2id_of_rfc_9106() -> None:
    """The parameters in force: argon2id, 64 MiB, three passes, four lanes; a salt of its own each time."""
    hasher = Argon2Hasher()
    one, two = hasher.hash("kaze to yama no aida"), hasher.hash("kaze to yama no aida")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert one != two
    assert (hasher.holds(one, "kaze to yama no aida"), hasher.holds(one, "kaze to yama no aidA")) == (True, False)
    assert not hasher.holds(None, "nobody has this password")
    assert hasher.outdated(Argon2Hasher(time_cost=1, memory_kib=8, lanes=1).hash("x"))


def test_first_sign_in_costs_the_same_for_every_name() -> None:
    """What is worked on in nobody's place is made with the first sign-in, whether there is somebody or not."""
    quick = {"time_cost": 1, "memory_kib": 8, "lanes": 1}
    known, unknown = Argon2Hasher(**quick), Argon2Hasher(**quick)
    hashed = known.hash("kaze to yama no aida")
    assert "_nobody" not in vars(known)  # a server that starts pays for none
    known.holds(hashed, "kaze to yama no aida")
    unknown.holds(None, "kaze to yama no aida")
    assert ["_nobody" in vars(one) for one in (known, unknown)] == [True, True]


def test_long_passwords_are_not_cut() -> None:
    """The last of 256 characters counts."""
    hasher = Argon2Hasher(time_cost=1, memory_kib=8, lanes=1)
    long = "x" * (CHARS_MAX - 1)
    assert not hasher.holds(hasher.hash(long + "a"), long + "b")


@given(st.integers(min_value=0, max_value=10**40 - 1), st.integers(0, STAFF_DIGITS - 1), st.integers(1, 9))
def test_a_misread_digit_is_no_staff_code(random: int, place: int, more: int) -> None:
    """Any one digit read wrongly is noticed before anything is looked up."""
    code = staff_code(random)
    assert staff_code_in(code) == code
    wrong = code[:place] + str((int(code[place]) + more) % 10) + code[place + 1 :]
    assert staff_code_in(wrong) is None


@pytest.mark.parametrize("text", ["", "97", "1" * STAFF_DIGITS, "001001010000013", "x" * 999, "97" + "٣" * 42])
def test_other_codes_are_no_staff_code(text: str) -> None:
    """An IMEI, a text, digits of another script."""
    assert staff_code_in(text) is None


def test_full_width_scan_is_the_same_code() -> None:
    """What an input method makes of a scanner's digits still opens."""
    code = staff_code(12345)
    assert staff_code_in("".join(chr(ord(digit) + 0xFEE0) for digit in code) + "\n") == code


def drawn(code: str, module: int = 3) -> Image.Image:
    """The bars as a printer would put them on a card."""
    picture = Image.new("L", (width(code) * module, 90), 255)
    draw = ImageDraw.Draw(picture)
    for at, wide in bars(code):
        draw.rectangle([at * module, 0, (at + wide) * module - 1, 89], fill=0)
    return picture


def test_every_symbol_of_the_bar_code_is_read() -> None:
    """All hundred pairs of digits, read by a decoder that is not ours."""
    for start in range(0, 100, 20):
        digits = "".join(f"{pair:02d}" for pair in range(start, start + 20))
        found = zxingcpp.read_barcodes(drawn(digits))
        assert [(str(one.format), one.text) for one in found] == [("Code 128", digits)]


def test_bar_code_with_a_wrong_bar_is_not_read() -> None:
    """Control: the decoder sees a bar that is moved."""
    picture = drawn("0123456789")
    ImageDraw.Draw(picture).rectangle([60, 0, 80, 89], fill=0)
    assert [one.text for one in zxingcpp.read_barcodes(picture)] != ["0123456789"]


def test_qr_outline_is_the_code() -> None:
    """The path drawn on the page is read as the text."""
    path, size = qr_path("https://192.168.1.5:8000")
    picture = Image.new("L", (size * 4, size * 4), 255)
    draw = ImageDraw.Draw(picture)
    for run in path.split("z")[:-1]:
        at, rest = run.removeprefix("M").split("h", 1)
        x, y = map(int, at.split())
        wide = int(rest.split("v")[0])
        draw.rectangle([x * 4, y * 4, (x + wide) * 4 - 1, y * 4 + 3], fill=0)
    assert [one.text for one in zxingcpp.read_barcodes(picture)] == ["https://192.168.1.5:8000"]


@given(st.binary(min_size=160, max_size=160))
def test_letters_are_read_back_however_they_are_typed(random: bytes) -> None:
    """Case, width, hyphens and spaces do not matter; no letter can be taken for another."""
    code = letters(random, RECOVERY_CHARS) if len(set(random)) > 40 else letters(os.urandom(160), RECOVERY_CHARS)
    assert typed(grouped(code).lower(), RECOVERY_CHARS) == code
    assert typed(" ".join(code), RECOVERY_CHARS) == code
    assert not set(ALPHABET) & set("01OIL")


def test_letters_are_equally_likely() -> None:
    """No letter is favoured by the remainder: each of 256 bytes leads to a letter as often, or to none."""
    counts = dict.fromkeys(ALPHABET, 0)
    for byte in range(256):
        try:
            counts[letters(bytes([byte]), 1)] += 1
        except ValueError:
            continue
    assert set(counts.values()) == {256 // len(ALPHABET)}


@pytest.mark.parametrize("text", ["", "ABCD", "ABCD-EFGH-2", "ABCD-EFG0", "ＡＢＣ"])
def test_other_texts_are_no_code(text: str) -> None:
    """Wrong length, or a letter that no code has."""
    assert typed(text, PAIRING_CHARS) is None


@pytest.mark.parametrize("name", ["", "  ", "a\nb\x00", "a\u202eb", "x" * 33, "\u200b"])
def test_names_that_cannot_be_shown_are_refused(name: str) -> None:
    """Empty, too long, with characters that change how others are shown."""
    with pytest.raises(RequestError, match="name-invalid"):
        name_of(name)


def test_names_that_look_alike_are_one() -> None:
    """Width, case and spaces do not tell two people apart."""
    assert key_of("Ｔａｎａｋａ  Ｋ") == key_of("tanaka k") == key_of("TANAKAK")
    assert name_of("  山田　 花子 ") == "山田 花子"
