"""Folding of Japanese and English to terminal columns."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shirorom.edge.cli.wrap import columns, fold, fold_line, pad

MIXED = st.text(alphabet="あ漢、。（）「」ー○－ab 12", max_size=120)


def test_symbols_are_one_column_and_kana_two() -> None:
    """○ is drawn in one column by most terminals, － and あ in two."""
    assert [columns(text) for text in ("○", "－", "あ", "a")] == [1, 2, 2, 1]


@given(text=MIXED, width=st.integers(4, 40))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    """A line is too wide only where nothing in it may be broken."""
    for line in fold_line(text, width):
        assert columns(line) <= width or len(fold_line(line, 2)) == 1


@given(text=MIXED, width=st.integers(4, 40))
def test_nothing_is_lost(text: str, width: int) -> None:
    """Folding moves spaces only."""
    assert "".join("".join(fold_line(text, width)).split()) == "".join(text.split())


def test_no_line_begins_with_a_closing_mark() -> None:
    """Kinsoku: 。 stays with the word before it."""
    assert fold_line("ああああ。", 8) == ["あああ", "あ。"]


def test_a_lines_own_indent_is_kept() -> None:
    """Examples in a help text stay indented, also where they are folded."""
    assert fold("見出し\n  abcdef ghijkl", 14, indent="> ") == "> 見出し\n>   abcdef\n>   ghijkl"


def test_padding_counts_columns() -> None:
    """Two Japanese characters fill four columns."""
    assert pad("会社", 6) == "会社  "
