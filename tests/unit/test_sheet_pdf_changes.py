"""Every byte of a sheet's PDF counts: a change of any one is refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.sheet import Outcome, StepCode
from shirorom.log.pdf_syntax import PdfError
from tests.pdf_kit import Paper, written
from tests.sheet_kit import PHONE, Shop, all_four

CHANGES = 3_000 if os.environ.get("SHIROROM_SOAK") else 250
SEAL_CHARS = 2 * 4_096


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paper]:
    folder = tmp_path_factory.mktemp("paper")
    shop = Shop(folder / "data")
    shop.record(*all_four())
    yield Paper(folder, shop, PHONE)
    shop.close()


@settings(max_examples=CHANGES, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), by=st.integers(1, 255), seal=st.booleans())
def test_every_changed_byte_is_refused(paper: Paper, at: float, by: int, seal: bool) -> None:
    """Page, file, table, seal and its padding: half of the changes are to the seal, which covers all but itself."""
    start = paper.file.rindex(b"/Contents<") + 10
    place = start + int(at * SEAL_CHARS) if seal else int(at * len(paper.file))
    changed = bytearray(paper.file)
    changed[place] ^= by
    assert paper.examine(bytes(changed)).outcome is Outcome.REFUSED


VALUES = (
    b"null", b"true", b"-1.5", b"[]", b"<<>>", b"(x)", b"/X", b"1 0 R", b"999999 0 R", b"[1 0 R/X(a)]",
    b"<</Type/EmbeddedFile>>", b"<</EF<</F 1 0 R>>>>",
)  # fmt: skip
TOKEN = re.compile(rb"/[A-Za-z]+|\d+ 0 R|\d+|\([^)]*\)|\[|\]|<<|>>")


@settings(max_examples=CHANGES // 3, deadline=None)
@given(which=st.integers(0), where=st.integers(0), value=st.sampled_from(VALUES))
def test_whatever_stands_there_is_examined(paper: Paper, which: int, where: int, value: bytes) -> None:
    """A page with another value somewhere, sealed by the issuer: an examination comes of it, and no accident."""
    number = 1 + which % len(paper.base.things)
    text = paper.text(number)
    tokens = list(TOKEN.finditer(text))
    token = tokens[where % len(tokens)]
    page = written(paper.base, {number: text[: token.start()] + value + text[token.end() :]})
    try:
        file = paper.sealed(page)
    except PdfError:  # no seal can be put behind it
        file = page
    assert paper.examine(file).steps[0].code is StepCode.FORM


@settings(max_examples=CHANGES // 5, deadline=None)
@given(at=st.floats(0, 1, exclude_max=True), size=st.integers(1, 400))
def test_every_cut_is_refused(paper: Paper, at: float, size: int) -> None:
    """Some bytes are left out."""
    place = int(at * len(paper.file))
    assert paper.examine(paper.file[:place] + paper.file[place + size :]).outcome is Outcome.REFUSED
