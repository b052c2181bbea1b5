"""A sheet's PDF: the one bundle in it, a page that does nothing, our seal, and nothing after it (T36)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from shirorom.domain.errors import ShiroromError
from shirorom.domain.sheet import Note, Outcome
from shirorom.log.bundle import encode_bundle
from shirorom.log.pdf_read import bundle_of
from shirorom.service.openings import openings_of_sheet
from tests.pdf_kit import Paper, maker, pdf_of, sealer_of, written
from tests.sheet_kit import DUAL, Shop, all_four, examine, failing


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    folder = tmp_path_factory.mktemp("paper")
    shop = Shop(folder / "data")
    shop.record(*all_four(), *all_four(n=2))
    yield Paper(folder, shop)
    shop.close()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = Shop(tmp_path_factory.mktemp("stranger"), seed="stranger")
    shop.record(*all_four(), *all_four(n=2))
    yield shop
    shop.close()


def why(paper: Paper, file: bytes) -> str:
    """Why a file is no form of ours."""
    found = paper.examine(file)
    assert found.outcome is Outcome.REFUSED
    assert found.steps[0].why is not None
    return found.steps[0].why.value


def test_bundle_in_a_pdf_is_the_bundle(paper: Paper) -> None:
    """Byte for byte, and it holds as the file alone does."""
    found = paper.examine(paper.file)
    assert bundle_of(paper.file) == paper.made.file
    assert (found.outcome, found.steps[0].notes) == (Outcome.HOLDS, (Note.VIEW,))


def test_a_monitor_reads_it(paper: Paper) -> None:
    """Whoever has only the PDF can watch for the same entries."""
    assert openings_of_sheet(paper.file) == openings_of_sheet(paper.made.file)


def test_page_may_be_written_strictly_and_sealed_again(paper: Paper) -> None:
    """The pages bent below fail by what was bent, not by how they were written."""
    assert paper.examine(paper.bent({})).outcome is Outcome.HOLDS


def test_equal_sheets_give_equal_seals(paper: Paper) -> None:
    """Key and certificate come from the log's key alone: nothing else has to be kept."""
    assert sealer_of(paper.shop).seal(b"x") == sealer_of(paper.shop).seal(b"x")


JS = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
ACTS: dict[str, tuple[bytes, bytes]] = {
    "a script when it opens": (rb"/Catalog", b"/OpenAction" + JS),
    "a script spelled otherwise": (rb"/Catalog", b"/Open#41ction<</S/J#61vaScript/J#53(1)>>"),
    "a script when it closes": (rb"/Catalog", b"/AA<</WC" + JS + b">>"),
    "a launch on a page": (rb"/Type/Page/", b"/AA<</O<</S/Launch/F(x.exe)>>>>"),
    "a link": (rb"/Type/Page/", b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://x)>>>>]"),
    "a form": (rb"/Catalog", b"/AcroForm<</Fields[]/XFA(x)>>"),
    "a script as an attribute": (rb"/StructElem(?!.*/A<<)", b"/A" + JS),
    "layers that can be hidden": (rb"/Catalog", b"/OCProperties<<>>"),
    "an unknown entry of the catalogue": (rb"/Catalog", b"/Uncommon true"),
}


@pytest.mark.parametrize("what", ACTS)
def test_nothing_acts(paper: Paper, what: str) -> None:
    """Whatever acts is refused, even sealed by the issuer."""
    pattern, added = ACTS[what]
    number = paper.number(pattern)
    assert why(paper, paper.bent({number: paper.text(number)[:-2] + added + b">>"})) == "pdf-acts"


def test_a_script_in_an_object_that_nothing_names(paper: Paper) -> None:
    """Also what no reader reaches today is refused."""
    assert why(paper, paper.bent({}, JS)) == "pdf-acts"


def test_one_file_and_no_other(paper: Paper) -> None:
    """A second file beside the bundle is refused."""
    second = b"<</Type/Filespec/F(x.exe)/UF(x.exe)/EF<</F 1 0 R>>>>"
    assert why(paper, paper.bent({}, second)) == "pdf-files"


def test_the_file_has_its_name(paper: Paper) -> None:
    """A viewer that saves it must save what it is."""
    spec = paper.number(rb"/Filespec")
    other = paper.text(spec).replace(b"(shirorom-sheet.json)", b"(setup.exe)")
    assert why(paper, paper.bent({spec: other})) == "pdf-files"


def test_no_file_is_no_sheet(paper: Paper) -> None:
    """A page alone says nothing that could be examined."""
    spec, file = paper.number(rb"/Filespec"), paper.number(rb"/EmbeddedFile[/ ]")
    nothing = b"<</Length %d>>" % len(paper.base.things[file].stream or b"")
    assert why(paper, paper.bent({spec: b"<<>>", file: nothing})) == "pdf-files"


def test_a_bomb_is_no_file(paper: Paper) -> None:
    """A file that unpacks beyond the limit is told so, and not unpacked."""
    file = paper.number(rb"/EmbeddedFile[/ ]")
    packed = zlib.compress(bytes(40_000_000), 9)
    things = {**paper.base.things, file: replace(paper.base.things[file], stream=packed)}
    text = b"<</Length %d/Type/EmbeddedFile/Subtype/application#2Fjson/Filter/FlateDecode>>" % len(packed)
    page = written(replace(paper.base, things=things), {file: text})
    assert why(paper, paper.sealed(page)) == "sheet-too-large"


APPENDED: dict[str, Callable[[bytes], bytes]] = {
    "one byte": lambda file: file + b"\n",
    "an archive": lambda file: file + b"PK\x03\x04" + bytes(40),
    "a page of HTML": lambda file: file + b"<script>1</script>",
    "the end once more": lambda file: file + b"%%EOF\n",
    "a second revision": lambda file: (
        file + b"1 0 obj\n<<>>\nendobj\nxref\n1 1\n0000000000 00000 n\r\n"
        b"trailer\n<</Size 2/Root 1 0 R/Prev 1>>\nstartxref\n1\n%%EOF\n"
    ),
    "itself": lambda file: file + file,
}


@pytest.mark.parametrize("what", APPENDED)
def test_nothing_is_appended(paper: Paper, what: str) -> None:
    """The seal ends the file, or a time stamp does."""
    assert why(paper, APPENDED[what](paper.file)) == "pdf-changed"


BEFORE: dict[str, Callable[[bytes], bytes]] = {
    "a byte before": lambda file: b"\n" + file,
    "a program before": lambda file: b"MZ" + bytes(62) + file,
    "a comment inside": lambda file: file.replace(b"endobj\n", b"endobj\n%x\n", 1),
    "another version": lambda file: file.replace(b"%PDF-1.7", b"%PDF-2.0", 1),
    "an object twice": lambda file: file.replace(b"\n\n1 0 obj", b"\n\n1 0 obj\n<<>>\nendobj\n1 0 obj", 1),
}


@pytest.mark.parametrize("what", BEFORE)
def test_written_as_ours_are(paper: Paper, what: str) -> None:
    """A file that two readers could read in two ways is read in none."""
    assert why(paper, BEFORE[what](paper.file)) in {"pdf-unreadable", "sheet-unreadable"}


def test_a_page_of_endless_values(paper: Paper) -> None:
    """What stands outside of streams has a limit, before all of it was read."""
    assert why(paper, written(paper.base, {}, b"[" + b"1 " * 600_000 + b"]")) == "pdf-unreadable"


def test_a_page_of_endless_depth(paper: Paper) -> None:
    """Lists in lists end somewhere."""
    assert why(paper, written(paper.base, {}, b"[" * 5_000 + b"]" * 5_000)) == "pdf-unreadable"


def test_a_page_without_a_seal(paper: Paper) -> None:
    """The bundle in it may hold; nothing says whose the page is."""
    assert why(paper, paper.page) == "pdf-unsealed"


def test_a_swapped_page(paper: Paper) -> None:
    """A page with another picture under the same seal is refused."""
    other = pdf_of(paper.shop, paper.made, lang="en")
    page = other[: len(other) - len(paper.file) + len(paper.page)]
    assert why(paper, page + paper.file[len(paper.page) :]) in {"pdf-changed", "pdf-unreadable"}


def test_a_page_by_a_stranger(paper: Paper, stranger: Shop) -> None:
    """Whoever has the bundle can lay out a page of lies, and cannot seal it as the issuer."""
    assert why(paper, paper.sealed(paper.page, stranger)) == "pdf-other-key"


def test_a_stranger_who_also_signs(paper: Paper, stranger: Shop) -> None:
    """A second signature on the bundle makes nobody its issuer."""
    theirs = stranger.sheet(DUAL).bundle.signatures[0]
    both = msgspec.structs.replace(paper.made.bundle, signatures=[theirs, *paper.made.bundle.signatures])
    page = maker(paper.shop).pages().page(json_of(paper), encode_bundle(both))
    assert paper.examine(paper.sealed(page, stranger)).outcome is Outcome.REFUSED


def json_of(paper: Paper) -> dict[str, object]:
    """Any words for a page."""
    from shirorom.adapters.texts_toml import Texts
    from shirorom.edge.sheet_view import told_of

    return dict(told_of(paper.made.bundle, Texts.load("ja"), full=False, address=None))


def test_a_seal_at_another_time(paper: Paper) -> None:
    """The seal tells the bundle's own moment, and none beside it."""
    assert why(paper, paper.sealed(paper.page, issued_at="2030-01-01T00:00:00Z")) == "pdf-changed"


def test_a_changed_bundle_in_a_sealed_page(paper: Paper) -> None:
    """The page does not vouch for the record: the thirteen steps are taken as for the file alone."""
    said = json.loads(paper.made.file)
    said["sheet"]["cells"][0]["mark"] = "restricted"
    page = maker(paper.shop).pages().page(json_of(paper), json.dumps(said).encode())
    assert "signature: signature-wrong" in failing(paper.examine(paper.sealed(page)))


def test_old_key_is_not_in_force(tmp_path: Path) -> None:
    """A sheet signed before the key was rotated gets no page by the new one; the page that it had still holds."""
    shop = Shop(tmp_path)
    shop.record(*all_four())
    made, key = shop.sheet(), shop.key
    before = pdf_of(shop, made)
    shop.keyring.rotate(shop.clock.now())
    assert shop.key != key
    assert examine(before, key).outcome is Outcome.HOLDS
    with pytest.raises(ShiroromError) as refused:
        pdf_of(shop, made)
    assert refused.value.code == "keys-conflict"
    shop.close()


def test_no_font_says_what_to_install(paper: Paper, tmp_path: Path) -> None:
    """A page in boxes is no page."""
    from shirorom.adapters.pdf_typst import TypstPages

    with pytest.raises(ShiroromError) as refused:
        TypstPages([tmp_path]).page(json_of(paper), b"{}")
    assert refused.value.code == "sheet-font-missing"
