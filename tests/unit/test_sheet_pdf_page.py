"""What stands on the page of a sheet's PDF, as programs read it that we did not write: poppler, qpdf, zbar, pyHanko."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest

from shirorom.adapters.texts_toml import Texts
from shirorom.adapters.timestamp import HttpAuthority, Rfc3161Stamps
from shirorom.domain.imei import Device
from shirorom.domain.sheet import Outcome
from shirorom.edge.sheet_view import plain, told_of
from shirorom.log.pdf_read import bundle_of, stamps_in
from shirorom.service.settings import Settings, ShopSettings
from shirorom.service.trust import Trust
from shirorom.service.verify import Verify
from tests.logs import imei
from tests.pdf_kit import Paper, maker, pdf_of
from tests.sheet_kit import Shop, all_four
from tests.stamp_world import World, world

__all__ = ["world"]

FOUR = Device(tuple(imei(n) for n in range(1, 5)))
HOSTILE = ShopSettings(
    name='#panic("x") *b* $x$ `c` \\ <a> (( @ref ) \u202e逆\u0000👻',
    licence='#import "/etc/passwd": * ]]]) #sys.inputs',
    url="https://shop.example/?q=%3C)(",
    terms="a" * 4_000,
)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    folder = tmp_path_factory.mktemp("paper")
    shop = Shop(folder / "data")
    shop.record(*all_four(), *all_four(n=2))
    made = Paper(folder, shop)
    (folder / "sheet.pdf").write_bytes(made.file)
    yield made
    shop.close()


def tool(*words: str | Path) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def text_of(file: Path) -> str:
    """The page's text, without what lays it out."""
    return re.sub(r"\s+", "", tool("pdftotext", "-layout", file, "-"))


def test_pdfsig_finds_the_signature_valid(paper: Paper) -> None:
    """Poppler: valid, and over the whole document."""
    told = tool("pdfsig", paper.folder / "sheet.pdf")
    assert "Signature Validation: Signature is Valid." in told
    assert "Total document signed" in told
    assert "ETSI.CAdES.detached" in told


def test_qpdf_finds_it_sound(paper: Paper) -> None:
    """No complaint, not even a warning (that would be exit 3)."""
    assert "No syntax or stream encoding errors found" in tool("qpdf", "--check", paper.folder / "sheet.pdf")


def test_pyhanko_finds_it_whole(paper: Paper) -> None:
    """An implementation of PAdES that is not ours: intact, valid, the whole file, a PAdES signature."""
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    (embedded,) = PdfFileReader(BytesIO(paper.file)).embedded_signatures
    status = validate_pdf_signature(embedded, ValidationContext(trust_roots=[embedded.signer_cert]))
    assert (status.intact, status.valid, status.coverage.name) == (True, True, "ENTIRE_FILE")


def test_qr_holds_the_digest_and_no_number(paper: Paper) -> None:
    """The verify page, and behind `#` the SHA-256 of the file inside: nothing else."""
    picture = paper.folder / "page"
    tool("pdftoppm", "-r", "150", "-png", "-singlefile", paper.folder / "sheet.pdf", picture)
    read = tool("zbarimg", "-q", "--raw", picture.with_suffix(".png")).strip()
    assert read == f"https://shop.example/verify#{sha256(bundle_of(paper.file)).hexdigest()}"


def test_qr_without_an_address_is_the_digest(paper: Paper) -> None:
    """Where nobody said where the page is, the digest alone."""
    file, picture = paper.folder / "alone.pdf", paper.folder / "alone"
    file.write_bytes(pdf_of(paper.shop, paper.made, address=None))
    tool("pdftoppm", "-r", "150", "-png", "-singlefile", file, picture)
    digest = sha256(paper.made.file).hexdigest()
    assert tool("zbarimg", "-q", "--raw", picture.with_suffix(".png")).strip() == f"shirorom:sheet:{digest}"


def test_letters_are_embedded_and_can_be_read(paper: Paper) -> None:
    """Every font lies in the file, and its Japanese text can be searched."""
    rows = tool("pdffonts", paper.folder / "sheet.pdf").splitlines()[2:]
    assert rows
    assert all(re.search(r"Identity-H\s+yes yes yes", row) for row in rows)
    text = text_of(paper.folder / "sheet.pdf")
    for part in ("照会記録書", "れんしゅう堂", "手入力", "○現在制限なし", "示さないこと", "練習・効力なし", "翌々日中"):
        assert part in text


def test_numbers_are_masked_unless_asked_for(paper: Paper) -> None:
    """The last four digits; all of them with `full`."""
    full = paper.folder / "full.pdf"
    full.write_bytes(pdf_of(paper.shop, paper.made, full=True))
    digits = imei(1).digits
    assert digits not in text_of(paper.folder / "sheet.pdf")
    assert digits[-4:] in text_of(paper.folder / "sheet.pdf")
    assert digits in text_of(full)


def test_english_page(paper: Paper) -> None:
    """The same in English."""
    file = paper.folder / "english.pdf"
    file.write_bytes(pdf_of(paper.shop, paper.made, lang="en"))
    assert "Whatitdoesnotshow" in text_of(file)


def test_four_numbers_go_on(tmp_path: Path) -> None:
    """Sixteen cells: as many pages as they need, and it holds."""
    shop = Shop(tmp_path / "data")
    for n in range(1, 5):
        shop.record(*all_four(n=n))
    made = Paper(tmp_path, shop, FOUR)
    assert made.examine(made.file).outcome is Outcome.HOLDS
    (tmp_path / "four.pdf").write_bytes(made.file)
    assert text_of(tmp_path / "four.pdf").count("楽天モバイル") >= 4
    shop.close()


def test_what_a_shop_writes_is_never_code(tmp_path: Path) -> None:
    """Signs of typst, of PDF and of text direction stand there as they are, or not at all."""
    shop = Shop(tmp_path / "data", settings=Settings(shop=HOSTILE))
    shop.record(*all_four())
    file = tmp_path / "hostile.pdf"
    file.write_bytes(pdf_of(shop, shop.sheet()))
    text = text_of(file)
    assert '#panic("x")*b*$x$`c`\\<a>((@ref)逆' in text
    assert '#import"/etc/passwd"' in text
    shop.close()


def test_steering_signs_are_left_out() -> None:
    """What nobody sees says nothing on a page; a long text ends in a sign that it goes on."""
    assert plain("a\u202e\u200b\u0000b\n c", 10) == "ab c"
    assert plain("長" * 20, 5) == "長長長長…"


def test_a_long_word_can_be_broken() -> None:
    """An address without a space does not leave the paper."""
    assert max(len(part) for part in plain("a" * 100, 200).split("\u200b")) == 24


def test_document_stamps(world: World, tmp_path: Path) -> None:
    """An authority's stamps lie behind the seal; others find them allowed and sound, and they cannot be exchanged."""
    shop = world.shop
    make = maker(shop, world.authority)
    paper = Paper(tmp_path, shop, Device((imei(1),)))
    once = make.restamp(paper.file)
    twice = make.restamp(once)
    (tmp_path / "two.pdf").write_bytes(twice)
    assert stamps_in(twice) == 2
    assert "Signature Validation: Signature is Valid." in tool("pdfsig", tmp_path / "two.pdf")
    _pyhanko_agrees(twice, world)
    assert "No syntax or stream encoding errors" in tool("qpdf", "--check", tmp_path / "two.pdf")
    verify, now = Verify(Rfc3161Stamps()), world.now + timedelta(hours=1)
    assert verify(twice, world.trust, now=now, admit_practice=True).outcome is Outcome.HOLDS
    assert verify(twice, Trust(given=(shop.key,)), now=now, admit_practice=True).outcome is Outcome.HOLDS
    assert Verify(None)(twice, world.trust, now=now, admit_practice=True).outcome is Outcome.UNDETERMINED
    moved = once[: once.rindex(b"/Contents<") + 10] + twice[twice.rindex(b"/Contents<") + 10 :][: len(once)]
    assert verify(moved[: len(once)], world.trust, now=now, admit_practice=True).outcome is Outcome.REFUSED


def test_a_pdf_is_stamped_at_once_where_it_can_be(world: World) -> None:
    """With an authority the PDF has a stamp; one that does not answer leaves it without, and says so."""
    made = world.shop.sheet()
    page = dict(told_of(made.bundle, Texts.load("ja"), full=False, address=None))
    assert stamps_in(maker(world.shop, world.authority)(made.bundle, lambda: page).file) == 1
    silent = HttpAuthority("http://127.0.0.1:9/", world.ca.root, 1.0)
    view = maker(world.shop, silent)(made.bundle, lambda: page)
    assert (stamps_in(view.file), view.unstamped) == (0, "stamp-authority-failed")


def _pyhanko_agrees(file: bytes, world: World) -> None:
    """The seal still holds, what came after it is allowed, and both stamps are by the authority."""
    from pyhanko.keys import load_cert_from_pemder
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature, validate_pdf_timestamp
    from pyhanko_certvalidator import ValidationContext

    reader = PdfFileReader(BytesIO(file))
    (seal,) = reader.embedded_regular_signatures
    status = validate_pdf_signature(seal, ValidationContext(trust_roots=[seal.signer_cert]))
    assert (status.intact, status.valid, status.coverage.name) == (True, True, "ENTIRE_REVISION")
    assert status.modification_level is ModificationLevel.LTA_UPDATES
    roots = ValidationContext(trust_roots=[load_cert_from_pemder(str(world.ca.root))])
    stamps = reader.embedded_timestamp_signatures
    assert len(stamps) == 2
    for stamp in stamps:
        told = validate_pdf_timestamp(stamp, roots)
        assert (told.intact, told.valid, told.trusted) == (True, True, True)
