"""Pictures and files over HTTP: what comes back, whom it serves, how each refusal is told. Nothing is kept."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.adapters.pictures import process
from shirorom.adapters.texts_toml import LANGS, Texts
from shirorom.domain.errors import CODES, Area
from shirorom.edge.web.app import create_app
from tests.pictures import draw
from tests.pictures.bad import JPEG, PNG, REFUSED, SVG, moving_gif, png_of
from tests.pictures.degrade import jpeg
from tests.web_kit import BASE, Kit, public, settings_of

DUAL = draw.phone(Random(11), sims=2)
LABEL = jpeg(draw.label(Random(11), DUAL))
MEGA = 1024 * 1024


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    kit = Kit(tmp_path, settings_of())
    yield kit
    kit.close()


def sent(kit: Kit, path: str, content: bytes, media: str) -> Any:
    """One call of an app that ends its child afterwards."""
    with TestClient(kit.app, base_url=BASE) as client:
        return client.post(path, content=content, headers={"content-type": media})


def refused(kit: Kit, path: str, content: bytes, media: str) -> Any:
    """Refused before any child is started."""
    with TestClient(kit.app, base_url=BASE) as client:
        answer = client.post(path, content=content, headers={"content-type": media})
    assert kit.pictures.pid is None
    assert answer.headers["content-type"] == "application/problem+json"
    return answer


def test_a_label_is_read(kit: Kit) -> None:
    """Both numbers, certain, joined to one phone, with their places."""
    answer = (sent(kit, "/v1/pictures", LABEL, "image/jpeg")).json()
    assert answer["devices"] == [[imei.digits for imei in DUAL]]
    assert answer["advice"] is None
    imeis = [found for found in answer["found"] if found["valid"]]
    assert {(found["imei"], tuple(found["by"]), found["certain"]) for found in imeis} == {
        (imei.digits, ("barcode", "print"), True) for imei in DUAL
    }
    for found in answer["found"]:
        x, y, w, h = found["box"]
        assert 0 <= x <= x + w <= 1.001
        assert 0 <= y <= y + h <= 1.001


def test_a_picture_without_a_number_says_what_to_photograph(kit: Kit) -> None:
    """An answer, not an error; the code has a page."""
    answer = (sent(kit, "/v1/pictures", JPEG, "image/jpeg")).json()
    assert (answer["found"], answer["devices"], answer["advice"]) == ([], [], "picture-no-number")
    assert "*#06#" in Texts.load("ja").t("code.picture-no-number.fix")


def test_nothing_of_a_picture_is_kept(kit: Kit, tmp_path: Path) -> None:
    """No file, no entry, no picture."""
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    sent(kit, "/v1/pictures", LABEL, "image/jpeg")
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(("content", "code"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_no_picture_is_a_problem(kit: Kit, content: bytes, code: str) -> None:
    """With its own code, and no child is started for it; only what is too long never gets so far."""
    answer = refused(kit, "/v1/pictures", content, "image/png")
    assert answer.json()["code"] == ("body-too-large" if code == "picture-too-large" else code)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("content", [SVG, moving_gif(), png_of(20_000, 10_000, b"x")], ids=["svg", "gif", "200 Mpx"])
def test_a_refusal_says_what_to_do(kit: Kit, lang: str, content: bytes) -> None:
    """In the reader's language, with nothing left open in it."""
    with TestClient(kit.app, base_url=BASE) as client:
        headers = {"content-type": "image/png", "cookie": f"lang={lang}"}
        problem = client.post("/v1/pictures", content=content, headers=headers).json()
    assert len(problem["fix"]) > 10
    assert "{" not in problem["detail"] + problem["fix"]


@pytest.mark.parametrize(
    "media", ["image/svg+xml", "image/gif", "image/heic", "application/pdf", "application/json", ""]
)
def test_another_media_type_is_refused(kit: Kit, media: str) -> None:
    """Before a byte of the body is read."""
    assert refused(kit, "/v1/pictures", PNG, media).status_code == 415


def test_a_file_gives_what_parse_gives(kit: Kit) -> None:
    """A csv as Excel writes it in Japan."""
    text = f"管理番号,IMEI\n1,{DUAL[0].digits}\n"
    answer = (sent(kit, "/v1/files", text.encode("cp932"), "text/csv")).json()
    with TestClient(kit.app, base_url=BASE) as client:
        assert answer == client.post("/v1/parse", json={"text": text}).json()


@pytest.mark.parametrize("media", ["text/plain", "text/csv", "application/octet-stream", "application/pdf"])
def test_a_picture_among_files_is_told_so(kit: Kit, media: str) -> None:
    """Whatever its sender calls it."""
    answer = sent(kit, "/v1/files", PNG, media)
    assert (answer.status_code, answer.json()["code"]) == (415, "file-kind")


def test_files_are_not_for_strangers(tmp_path: Path) -> None:
    """A public page reads pictures, and no lists."""
    kit = Kit(tmp_path, public(settings_of()))
    with TestClient(kit.app, base_url=BASE) as client:
        file = client.post("/v1/files", content=b"a", headers={"content-type": "text/plain"})
        picture = client.post("/v1/pictures", content=SVG, headers={"content-type": "image/png"})
    kit.close()
    assert (file.status_code, picture.status_code) == (404, 415)


@pytest.mark.parametrize("name", ["rapidocr", "zxingcpp", "onnxruntime", "PIL"])
def test_without_the_extra_pictures_say_so(kit: Kit, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A code of its own, with what to install; a text file is read all the same."""
    real = process.importlib.util.find_spec
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda wanted: None if wanted == name else real(wanted))
    answer = sent(kit, "/v1/pictures", LABEL, "image/jpeg")
    assert (answer.status_code, answer.json()["code"]) == (501, "picture-reader-missing")
    assert "shirorom[scan]" in answer.json()["fix"]


def test_without_the_extra_a_text_file_is_read(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what needs a package needs the extra."""
    hidden = ("rapidocr", "zxingcpp", "onnxruntime", "PIL", "numpy", "pypdfium2", "python_calamine")
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda wanted: None if wanted in hidden else object())
    assert (sent(kit, "/v1/files", b"IMEI: " + DUAL[0].digits.encode(), "text/plain")).status_code == 200


def test_no_part_of_the_server_imports_a_reader(kit: Kit) -> None:
    """They are the child's alone: a picture cannot reach the web app's own memory."""
    program = (
        "import sys\n"
        "from shirorom.adapters.pictures.process import ProcessPictures\n"
        "import shirorom.edge.web.app\n"
        "print([name for name in ('PIL', 'cv2', 'rapidocr', 'onnxruntime', 'zxingcpp') if name in sys.modules])\n"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert child.stdout.strip() == b"[]"


def test_a_server_without_a_reader_says_so(kit: Kit) -> None:
    """Parts may leave it out."""
    app = create_app(dataclasses.replace(kit.parts, pictures=None))
    with TestClient(app, base_url=BASE) as client:
        answer = client.post("/v1/pictures", content=PNG, headers={"content-type": "image/png"})
    assert answer.json()["code"] == "picture-reader-missing"


@pytest.mark.parametrize("code", [code for code, known in CODES.items() if known.area is Area.PICTURE])
def test_every_code_says_what_to_do_next(code: str) -> None:
    """In both languages, without an exclamation mark."""
    for lang in LANGS:
        fix = Texts.load(lang).t(f"code.{code}.fix")
        assert len(fix) > 15
        assert not set("!！") & set(fix)
