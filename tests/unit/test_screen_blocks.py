"""Blocks read and written as a whole give what rows one by one give: the same file to the byte, the same counts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from scripts.native import compiler
from shirorom.adapters.tables import blocks
from shirorom.adapters.tables.files import FileTables
from shirorom.adapters.tables.limits import Limits
from shirorom.adapters.tables.text import Piece, _Narrow
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import VerdictKind
from shirorom.domain.tables.answer import RowWords
from shirorom.domain.verdict import Verdict
from shirorom.ports.tables import TableKind
from shirorom.service.screen import NAMES, NAMES_NUMBERS, Screen, Screened, Wish
from shirorom.service.screen_answers import Said
from shirorom.service.screen_blocks import is_test
from tests.faults.table_corpus import LIMITS, READ, REFUSED
from tests.wide import wide

NATIVE = blocks.load()
KERNELS = [None, *([NATIVE] if NATIVE is not None else [])]
SMALL = replace(Limits(), piece_bytes=48, cell_chars=60, line_chars=400)
"""Pieces of a few rows, so that plain ones and others take turns."""
EVERY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PHONES = [Imei.of_key(f"001001{n:08d}").digits for n in range(8)] + [
    Imei.of_key(f"35{n:012d}").digits for n in range(8)
]
WORDS = (
    RowWords(("clear",) * 4, "clear", ()),
    RowWords(("restricted", "", "", ""), "restricted", ("au:not-asked", "rakuten:stale")),
    RowWords(("",) * 4, "undetermined", tuple(f"{one}:not-asked" for one in ("docomo", "au", "softbank"))),
)


def said(words: RowWords, practice: bool) -> Said:
    return Said(words, practice, (), Verdict(VerdictKind.CLEAR, None, complete=True))


@dataclass
class Told:
    """What is known of every phone, told by its last digits; the worlds as the product tells them apart."""

    practice: bool = False
    said: list[Said] = field(default_factory=list)

    def sight(self, practice: bool, *, coarse: bool) -> Told:
        return Told(practice, [said(words, practice) for words in WORDS])

    def ids(self, keys: np.ndarray) -> np.ndarray:
        return (keys % np.uint64(len(WORDS))).astype(np.intp)

    def together(self, ids: tuple[int, ...]) -> int:
        return sum(ids) % len(WORDS)

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        return [
            said(WORDS[sum(int(imei.key) for imei in one.imeis) % len(WORDS)], self.practice or one.is_test)
            for one in devices
        ]


@dataclass(frozen=True)
class Outcome:
    """A run as far as anybody can tell."""

    written: bytes | None
    code: str | None
    done: tuple[object, ...] | None


def outcome(source: Path, tables: FileTables, wish: Wish, *, practice: bool = False) -> Outcome:
    target = source.with_name(f"out.{wish.kind}")
    target.unlink(missing_ok=True)
    try:
        done = Screen(tables, lambda: Told(practice), lambda: None)(source, target, wish, lambda *_: None)
    except ShiroromError as error:
        return Outcome(None, error.code, None)
    return Outcome(target.read_bytes(), None, told(done))


def told(done: Screened) -> tuple[object, ...]:
    """Order too: what is met first is told first."""
    counts = (list(done.verdicts.items()), list(done.codes.items()))
    return done.rows, done.phones, done.practice, *counts, done.bad, list(done.open)


def assert_same(source: Path, limits: Limits, wish: Wish, *, practice: bool = False) -> Outcome:
    """Row by row, and by each kernel."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "block_of_piece", lambda *_: None)
        oracle = outcome(source, FileTables(limits), wish, practice=practice)
    for native in KERNELS:
        assert outcome(source, FileTables(limits, native), wish, practice=practice) == oracle
    return oracle


def spelled(draw: st.DrawFn) -> str:
    """A number as people and programs leave it: sound, spoilt, grouped, short, none."""
    number = draw(st.sampled_from(PHONES))
    wrong = (int(number[14]) + 1) % 10
    return draw(
        st.sampled_from(
            [
                *[number] * 6, number[:14], f"{number[:14]}04", f"{number}12", f"{number[:14]}{wrong}",
                f"{number[:2]}-{number[2:8]}-{number[8:14]}-{number[14]}",
                f"{number[:2]} {number[2:8]} {number[8:14]} {number[14]}",
                f"{number[:2]}-{number[2:8]}-{number[8:14]}-{wrong}",
                f" {number}", f"{number}  ", f"   {number}   ", f"　{number}", wide(number), f"'{number}",
                "", "", " ", "-", "なし", "0", "0" * 15, "1" * 14, "3.58E+14", number[2:], f"1{number}", number[:11],
                f"2{number[1:14]}", f"{number}/{PHONES[0]}", f"{number} {PHONES[1]}", "F2LXK12ABCDE", "合計", "3台",
                "x" * 70, f"IMEI:{number}",
            ]
        )
    )  # fmt: skip


CELLS = [
    "",
    "",
    "a",
    "iPhone 13",
    "黒",
    "髙①ｶﾅ",
    "合計",
    "=1+1",
    "-5",
    " ",
    "x;y",
    "x|y",
    "\t",
    "#",
    "'",
    "\u3000",
    "é",
]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file as shops have them: a heading, rows of about its width, and now and then something that hurts."""
    delimiter = draw(st.sampled_from([",", ",", "\t", ";"]))
    heading = draw(
        st.sampled_from(
            [["IMEI"], ["No", "IMEI"], ["IMEI", "色"], ["IMEI1", "IMEI2"], ["IMEI", "備考", "IMEI2", "IMEI3"],
             ["IMEI", "shirorom_imei", "色", "shirorom_error"]]
        )
    )  # fmt: skip
    rows, quote = [heading], draw(st.sampled_from(["", "", '"']))
    for _ in range(draw(st.integers(1, 12))):
        cells = [spelled(draw) if "IMEI" in name else draw(st.sampled_from(CELLS)) for name in heading]
        odd = draw(st.integers(0, 25))
        if odd == 0:
            cells = cells[: draw(st.integers(0, len(cells)))]
        elif odd == 1:
            cells += draw(st.lists(st.sampled_from(["", "x"]), min_size=1, max_size=2))
        elif odd == 2:
            cells[-1] = '"' + draw(st.sampled_from(["q", f"a{delimiter}b", "two\nlines", 'a""b', ""])) + '"'
        elif odd == 3:
            cells[0] += draw(st.sampled_from(['"', "\0", "\r", "\ufeff", "\x0b", "\u2028"]))
        elif odd == 4:
            cells = []
        elif quote and odd != 5:
            cells = [f"{quote}{cell}{quote}" for cell in cells]
        rows.append(cells)
    encoding = draw(st.sampled_from(["utf-8", "utf-8", "utf-8-sig", "cp932", "utf-16"]))
    ends = draw(st.sampled_from([["\n"], ["\r\n"], ["\n", "\r\n"], ["\r"]]))
    lines = [delimiter.join(row) + end for row, end in zip(rows, itertools.cycle(ends), strict=False)]
    text = "".join(lines)
    content = (text if draw(st.booleans()) else text.rstrip("\r\n")).encode(encoding, errors="replace")
    return content + draw(
        st.sampled_from([b"", b"", b"", "\n黒,黒\n".encode("cp932"), "\n黒,黒\n".encode(), b"\xff\n"])
    )


WISHES = st.builds(
    Wish,
    columns=st.sampled_from([(), (), (), ("IMEI",), ("IMEI2", "IMEI"), ("IMEI", "IMEI"), ("色",), ("色", "IMEI")]),
    kind=st.sampled_from([TableKind.CSV, TableKind.CSV, TableKind.TSV, TableKind.PARQUET]),
    numbers_only=st.booleans(),
    escape=st.sampled_from([False, False, True]),
    add=st.sampled_from([(), (), ("error",), ("imei",)]),
    added_only=st.booleans(),
)


def test_the_kernel_is_there_where_it_can_be() -> None:
    """Set-up builds it where Cython and a compiler are; then everything here runs with and without it."""
    assert NATIVE is not None or find_spec("Cython") is None or compiler() is None


@EVERY
@given(content=files(), wish=WISHES, practice=st.booleans())
@example(content=b"IMEI,x\n" + PHONES[0].encode() + b",", wish=Wish(TableKind.CSV), practice=False)
def test_blocks_give_what_rows_give(tmp_path: Path, content: bytes, wish: Wish, practice: bool) -> None:
    """Whatever is in a file and whatever is wished: the same bytes, the same counts, or the same code."""
    source = tmp_path / "in"
    source.write_bytes(content)
    for limits in (SMALL, Limits()):
        assert_same(source, limits, wish, practice=practice)


@pytest.mark.parametrize("name", [*READ, *REFUSED])
def test_files_that_hurt_end_alike(tmp_path: Path, name: str) -> None:
    """T35: every file of the corpus is refused by the same code, or written as before."""
    source = tmp_path / "in"
    source.write_bytes((READ.get(name) or REFUSED[name])[0])
    assert_same(source, LIMITS, Wish(TableKind.CSV))


@given(st.lists(st.integers(0, 10**14 - 1) | st.integers(0, 10**12), max_size=50))
@example(
    [int(f"{six}00000000") + n for six in ("001000", "001001", "001017", "001018", "004400", "008699") for n in (0, 9)]
)
def test_test_numbers_are_told_by_their_keys(keys: list[int]) -> None:
    """A phone is of the practice world by its key as it is by its digits."""
    found = is_test(np.array(keys, np.uint64)).tolist()
    assert found == [Imei.is_test.fget(type("I", (), {"digits": f"{key:014d}"})) for key in keys]  # type: ignore[attr-defined]


@pytest.mark.parametrize("native", KERNELS)
@pytest.mark.parametrize(
    "content",
    [
        f"No,IMEI,色\n1,{PHONES[0]},黒\n2\n".encode(),
        f"No,IMEI,色\r\n1,{PHONES[0]},黒\r\n".encode("cp932"),
        f'"No","IMEI","色"\n"1","{PHONES[0]}","黒"\n'.encode(),
        f"No\tIMEI\n1\t{PHONES[0]}".encode("utf-16"),
    ],
    ids=["utf-8", "cp932", "quoted", "utf-16"],
)
def test_plain_files_take_the_quick_road(tmp_path: Path, content: bytes, native: ModuleType | None) -> None:
    """What programs save without anything odd in it is read as a whole, or all of this is in vain."""
    (tmp_path / "in").write_bytes(content)
    with FileTables(native=native).open(tmp_path / "in") as table:
        batches = list(table.batches(width=3, skip=1, numbers=(1,)))
    assert [one.numbers.keys[0, 0] for one in batches if one.numbers] == [int(PHONES[0][:14])]


CP932 = [bytes([n]) for n in range(1, 256) if n not in b"\n\r"]
CP932 += [sign.encode("cp932") for sign in "黒端末ｶﾅ①髙×÷αЖ表ソ予"] + [b"a,1", "黒".encode()]


@given(st.lists(st.sampled_from(CP932), max_size=20).map(b"".join))
def test_cp932_is_read_as_the_codec_reads_it(content: bytes) -> None:
    """Or left to it: each byte that it does not know, and all that looks like UTF-8."""
    plain = {Piece(content, 1, _Narrow("cp932")).plain(native) for native in (None, *KERNELS)}
    assert len(plain) == 1


def test_columns_wanted_and_no_others(tmp_path: Path) -> None:
    """Verdict and error alone, without the file's own columns: a line for each row."""
    source = tmp_path / "in"
    source.write_text(f"No,IMEI\n1,{PHONES[0]}\n2,x\n\n", encoding="utf-8")
    wish = Wish(TableKind.CSV, add=("error", "verdict"), added_only=True)
    oracle, words = assert_same(source, Limits(), wish), WORDS[int(PHONES[0][:14]) % len(WORDS)]
    assert oracle.written is not None
    lines = oracle.written.decode("utf-8-sig").split("\r\n")
    assert lines == [
        "shirorom_verdict,shirorom_error",
        f"{words.verdict},{' '.join(words.errors)}",
        ",imei-not-found",
        ",",
        "",
    ]


@pytest.mark.parametrize("numbers_only", [False, True])
def test_every_name_can_be_wished_for_alone(tmp_path: Path, numbers_only: bool) -> None:
    """Each added column is the same alone as among the others."""
    source = tmp_path / "in"
    source.write_text("IMEI\n" + "\n".join([*PHONES, "x"]) + "\n", encoding="utf-8")
    whole = Wish(TableKind.CSV, numbers_only=numbers_only, added_only=True)
    table = [line.split(",") for line in _lines(assert_same(source, Limits(), whole))]
    for n, name in enumerate(NAMES_NUMBERS if numbers_only else NAMES):
        alone = assert_same(source, Limits(), replace(whole, add=(name,)))
        assert _lines(alone) == [row[n] for row in table]


def _lines(found: Outcome) -> list[str]:
    assert found.written is not None
    return found.written.decode("utf-8-sig").split("\r\n")[:-1]
