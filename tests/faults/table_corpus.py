"""Files that a table reader must survive (T35), made here: bombs, lies, torn files, wrong encodings, odd rows.

Run as a program it reads every file of the corpus and of the bombs, and prints how much memory that took (kB).
"""

from __future__ import annotations

import contextlib
import io
import random
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import polars as pl

from shirorom.adapters.tables.files import FileTables
from shirorom.adapters.tables.limits import Limits
from shirorom.domain.errors import ShiroromError
from tests.logs import imei

LIMITS = replace(Limits(), line_chars=100_000, cell_chars=10_000, columns=50, rows=2_000, unpacked_bytes=20_000_000)
"""Lower than the product's: what is beyond a limit is small enough to make."""

PHONE = imei(1).digits
SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{0}</worksheet>'
ROWS = SHEET.format(
    '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>IMEI</t></is></c></row>'
    f'<row r="2"><c r="A2" t="inlineStr"><is><t>{PHONE}</t></is></c></row></sheetData>'
)
BOOK = (
    '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
LINKS = '<Relationships><Relationship Id="rId1" Target="{0}"/></Relationships>'
DOCTYPE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)


def book(parts: Mapping[str, str | bytes] | None = None, *, target: str = "worksheets/sheet1.xml") -> bytes:
    """A workbook of two rows, some of its parts replaced."""
    whole: dict[str, str | bytes] = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": BOOK,
        "xl/_rels/workbook.xml.rels": LINKS.format(target),
        "xl/worksheets/sheet1.xml": ROWS,
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in whole.items():
            file.writestr(name, content)
    return out.getvalue()


def sheet(rows: str) -> bytes:
    return book({"xl/worksheets/sheet1.xml": SHEET.format(f"<sheetData>{rows}</sheetData>")})


def lying(content: bytes) -> bytes:
    """A workbook whose directory says that its sheet is small."""
    name, at = b"xl/worksheets/sheet1.xml", content.index(b"PK\x01\x02")
    entry = content.index(name, at) - 46
    return content[: entry + 24] + struct.pack("<I", 100) + content[entry + 28 :]


def written(save: Callable[[io.BytesIO], object]) -> bytes:
    out = io.BytesIO()
    save(out)
    return out.getvalue()


def parquet(columns: Mapping[str, Sequence[object]]) -> bytes:
    return written(pl.DataFrame(columns).write_parquet)


def locked() -> bytes:
    """A workbook that says it has a password."""
    content = bytearray(book())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = -1
        while (place := content.find(mark, place + 1)) >= 0:
            content[place + offset] |= 1
    return bytes(content)


ZEROS = sheet("<row>" + " " * 30_000_000 + "</row>")
WHOLE = parquet({"IMEI": [PHONE] * 100})
LINE = f"A1,{PHONE},黒\n"

REFUSED: Mapping[str, tuple[bytes, str]] = {
    "empty": (b"", "table-empty"),
    "blank": (b"\r\n\r\n  \t\r\n", "table-empty"),
    "mark-alone": (b"\xef\xbb\xbf", "table-empty"),
    "noughts": (bytes(5_000), "table-empty"),
    "random": (random.Random(1).randbytes(5_000), "table-unreadable"),
    "old-excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "table-unreadable"),
    "pdf": (b"%PDF-1.7\n1 0 obj", "table-unreadable"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(60), "table-unreadable"),
    "gzip": (b"\x1f\x8b\x08" + bytes(60), "table-unreadable"),
    "html-as-xls": (b"<html><table><tr><td>IMEI", "table-unreadable"),
    "xml": (b"<?xml version='1.0'?><a/>", "table-unreadable"),
    "no-workbook": (written(lambda out: zipfile.ZipFile(out, "w").writestr("a.txt", "x")), "table-unreadable"),
    "zip-cut-off": (book()[:-60], "table-unreadable"),
    "zip-head-alone": (b"PK\x03\x04" + bytes(40), "table-unreadable"),
    "zip-in-zip": (written(lambda out: zipfile.ZipFile(out, "w").writestr("b.zip", book())), "table-unreadable"),
    "no-such-part": (book(target="worksheets/sheet9.xml"), "table-unreadable"),
    "slip": (book(target="../../../../etc/passwd"), "table-unreadable"),
    "slip-absolute": (book(target="/etc/passwd"), "table-unreadable"),
    "no-sheets": (book({"xl/workbook.xml": "<workbook/>"}), "table-unreadable"),
    "locked": (locked(), "table-broken"),
    "bomb": (ZEROS, "table-too-large"),
    "bomb-that-lies": (lying(ZEROS), "table-broken"),
    "bomb-of-strings": (
        book({"xl/sharedStrings.xml": "<sst>" + "<si><t>a</t></si>" * 2_000_000 + "</sst>"}), "table-too-large",
    ),
    "many-members": (book({f"x/{n}": "" for n in range(10_001)}), "table-too-large"),
    "xxe": (book({"xl/worksheets/sheet1.xml": DOCTYPE + ROWS}), "table-unreadable"),
    "xxe-in-strings": (book({"xl/sharedStrings.xml": DOCTYPE + "<sst><si><t>&e;</t></si></sst>"}), "table-unreadable"),
    "xxe-in-workbook": (book({"xl/workbook.xml": DOCTYPE + BOOK}), "table-unreadable"),
    "laughs": (book({"xl/worksheets/sheet1.xml": LAUGHS + "]>" + ROWS}), "table-unreadable"),
    "xml-cut-off": (book({"xl/worksheets/sheet1.xml": ROWS[:-40]}), "table-broken"),
    "far-column": (sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "table-columns-too-many"),
    "sheet-of-too-many-rows": (sheet("<row/>" * 3_000), "table-rows-too-many"),
    "long-cell-of-a-sheet": (
        sheet(f'<row><c t="str"><v>{"".join(map(str, range(4_000)))}</v></c></row>'), "table-cell-too-long",
    ),
    "line-without-end": (b"0123456789" * 500_000, "table-cell-too-long"),
    "long-cell": (("IMEI,x\n" + "y" * 20_000 + "\n").encode(), "table-cell-too-long"),
    "wide": (("," * 200 + "\n").encode() * 3, "table-columns-too-many"),
    "too-many-rows": (LINE.encode() * 3_000, "table-rows-too-many"),
    "quote-never-closed": (("IMEI,x\n" + LINE + '2,"open\n' + LINE * 50).encode(), "table-quote-open"),
    "quote-never-closed-and-long": (('1,"open\n' + LINE * 2_000).encode(), "table-quote-open"),
    "parquet-cut-off": (WHOLE[:-30], "table-unreadable"),
    "parquet-head-alone": (b"PAR1" + bytes(100), "table-unreadable"),
    "parquet-torn-within": (WHOLE[:10] + b"\xff" * (len(WHOLE) // 3) + WHOLE[10 + len(WHOLE) // 3 :], "table-broken"),
    "parquet-of-too-many-rows": (parquet({"IMEI": ["a"] * 3_000}), "table-rows-too-many"),
    "parquet-of-too-many-columns": (parquet({f"c{n}": [1] for n in range(60)}), "table-columns-too-many"),
    "parquet-long-cell": (parquet({"IMEI": ["y" * 60_000]}), "table-cell-too-long"),
}  # fmt: skip
"""What must be refused, and by which code."""

READ: Mapping[str, tuple[bytes, int, frozenset[str]]] = {
    "quoted-line-ends": (('IMEI,備考\n' + f'{PHONE},"a\nb\r\nc"\n' * 3).encode(), 4, frozenset()),
    "quote-within": ((f'IMEI,型\n{PHONE},6.1" iPhone\n' * 2).encode(), 4, frozenset()),
    "cp932-called-utf-8": (("IMEI,色\n" + LINE).encode("cp932"), 2, frozenset()),
    "mixed": (LINE.encode() * 3 + LINE.encode("cp932"), 4, frozenset({"table-row-encoding"})),
    "neither-encoding": (LINE.encode() * 3 + b"A1,\xff\xfe\x80\x81\n", 4, frozenset({"table-row-encoding"})),
    "utf-16-half": (LINE.encode("utf-16-le") * 2 + b"\x00\xd8" + "\n".encode("utf-16-le"), 3,
                    frozenset({"table-row-encoding"})),
    "noughts-within": (LINE.encode() + b"A2,00\x00\x00,x\n" + LINE.encode(), 3, frozenset({"table-row-characters"})),
    "end-of-file-mark": (LINE.encode() + b"\x1a", 2, frozenset()),
    "no-last-line-end": (LINE.encode() + LINE.encode().rstrip(), 2, frozenset()),
    "blank-lines": (b"IMEI\n\n" + PHONE.encode() + b"\n\n", 4, frozenset()),
    "ragged": ((LINE + "1\n1,2,3,4,5\n").encode(), 3, frozenset()),
    "formula": (f'IMEI\n="{PHONE}"\n'.encode(), 2, frozenset()),
    "surrogates-in-a-sheet": (sheet('<row><c t="str"><v>_xD800_</v></c></row>'), 1, frozenset()),
    "odd-references": (sheet('<row r="x"><c r="??"><v>1</v></c><c r="A1" t="s"><v>99</v></c></row>'), 1, frozenset()),
    "readings-beside": (
        sheet('<row><c t="inlineStr"><is><t>東</t><rPh><t>ヒガシ</t></rPh></is></c></row>'), 1, frozenset(),
    ),
    "parquet-of-lists": (parquet({"IMEI": [PHONE], "x": [[1, 2]]}), 2, frozenset()),
    "parquet-of-bytes": (parquet({"IMEI": [PHONE], "x": [b"\xff\x00"]}), 2, frozenset()),
}  # fmt: skip
"""What must be read: how many rows, and what is said of some of them."""


def many_sheets() -> bytes:
    """Sound, and packed well: what a limit on the ratio must let pass."""
    whole = openpyxl.Workbook()
    for n in range(500):
        whole.active.append([imei(n).digits, "iPhone 13", "在庫"])  # type: ignore[union-attr]
    return written(whole.save)


def main(directory: Path) -> None:
    """Everything once; then how much memory it took at most."""
    for content, *_ in (*REFUSED.values(), *READ.values()):
        path = directory / "file"
        path.write_bytes(content)
        try:
            with FileTables().open(path) as table:
                for batch in table.batches(width=5, skip=0):
                    len(batch)
        except ShiroromError:
            continue
    sys.stdout.write(str(peak_kib()))


def peak_kib() -> int:
    """The most memory that this process had; `ru_maxrss` also counts what its caller had before it began."""
    with contextlib.suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(status.partition("VmHWM:")[2].split()[0])
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(Path(sys.argv[1]))
