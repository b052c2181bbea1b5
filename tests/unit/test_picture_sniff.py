"""What is refused by a file's first bytes, before anything of it is decoded."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.pictures.sniff import FileKind, PictureKind, file_kind, other_kind, picture_kind
from shirorom.domain.errors import RequestError, ShiroromError
from tests.pictures.bad import (
    GREY,
    JPEG,
    PNG,
    REFUSED,
    UNREADABLE,
    harmless,
    jpeg_of,
    moving_gif,
    png_of,
    webp,
    webp_of,
)


@pytest.mark.parametrize(("content", "code"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_is_no_picture_is_refused_by_its_head(content: bytes, code: str) -> None:
    """Each with the code that says what to do."""
    with pytest.raises(ShiroromError) as refused:
        picture_kind(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, PictureKind.PNG), (JPEG, PictureKind.JPEG),
        (webp(), PictureKind.WEBP), (webp(GREY, lossless=True), PictureKind.WEBP),
    ],
)  # fmt: skip
def test_what_is_a_picture_is_not_refused(content: bytes, kind: PictureKind) -> None:
    """The control of all that are."""
    assert picture_kind(content) is kind


def test_every_harmful_one_gets_past_the_head() -> None:
    """Else the tests of the child would test nothing."""
    for content in [content for _, content in UNREADABLE] + [content for _, content in harmless()]:
        picture_kind(content)


@pytest.mark.parametrize("make", [lambda w, h: png_of(w, h, b"x"), jpeg_of, webp_of])
def test_the_limit_of_pixels_is_where_it_is_said_to_be(make) -> None:  # type: ignore[no-untyped-def]
    """25 million pixels are taken, one row more is not."""
    picture_kind(make(5_000, 5_000))
    with pytest.raises(ShiroromError) as refused:
        picture_kind(make(5_000, 5_001))
    assert refused.value.details["height"] == 5_001


@pytest.mark.parametrize(
    ("content", "kind"), [(moving_gif(), "gif"), (b"\0\0\0\x18ftypheic", "heic"), (b"%PDF-1.4", "pdf"), (b"\x07", "?")]
)
def test_a_refusal_says_what_it_is(content: bytes, kind: str) -> None:
    """So that its text can say what to do."""
    assert other_kind(content) == kind


@given(st.binary(max_size=400), st.sampled_from([PNG[:33], JPEG[:20], webp()[:30], b""]))
def test_no_head_breaks_it(tail: bytes, head: bytes) -> None:
    """Whatever follows, it is a kind or a code."""
    for judge in (picture_kind, file_kind):
        with contextlib.suppress(RequestError):
            judge(head + tail)


def test_files_are_known_by_their_content() -> None:
    """A name says nothing: there is none."""
    assert [file_kind(head) for head in (b"a,b\n", b"PK\x03\x04", b"%PDF-1.7", b"<html>")] == [
        FileKind.TEXT, FileKind.XLSX, FileKind.PDF, FileKind.TEXT,
    ]  # fmt: skip


@pytest.mark.parametrize("content", [JPEG, PNG, moving_gif(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99])
def test_a_picture_among_files_is_said_to_be_one(content: bytes) -> None:
    """Also the old Excel format, which nobody needs to parse."""
    with pytest.raises(ShiroromError) as refused:
        file_kind(content)
    assert refused.value.code == "file-kind"
