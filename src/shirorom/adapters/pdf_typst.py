"""The page of a record sheet by typst (ports.views.Pages): PDF/A-3b, the bundle in it, Japanese letters embedded.

The layout is code of ours; everything else reaches it as JSON, and no file or network is within its reach.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shirorom.domain.errors import ShiroromError

if TYPE_CHECKING:
    import typst

FAMILIES = (
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "Source Han Sans JP",
    "BIZ UDGothic",
    "Yu Gothic",
    "Hiragino Sans",
    "Meiryo",
)
"""Families with every letter that a sheet needs, the first one found; any of them may be embedded."""
MONO = ("Noto Sans Mono CJK JP", "Noto Sans Mono", "DejaVu Sans Mono", "Consolas", "Menlo")
GETA = "\u3013"
"""〓, which printers of old put where they had no type."""


class TypstPages:
    """Sheets' pages. Safe from several threads; the fonts are read once."""

    def __init__(self, font_folders: Sequence[Path] | None = None) -> None:
        """`font_folders`: where fonts are, instead of where the system has them."""
        self._folders = font_folders
        self._one_at_a_time = threading.Lock()

    def page(self, told: Mapping[str, Any], bundle: bytes) -> bytes:
        """A PDF of one revision. Raises ShiroromError: `sheet-font-missing`, `sheet-pdf-failed`."""
        with self._one_at_a_time:
            compiler, fonts = self._compiler, self._families
            whole = {**told, "fonts": fonts, "mono": [*self._mono, *fonts]}
            try:
                return self._compiled(compiler, whole, bundle)
            except RuntimeError:
                pass  # a letter that no font here has: PDF/A takes no empty boxes
            try:
                return self._compiled(compiler, _in_common_letters(whole), bundle)
            except RuntimeError as error:
                raise ShiroromError("sheet-pdf-failed", why=str(error).partition("\n")[0][:200]) from error

    def _compiled(self, compiler: typst.Compiler, told: Mapping[str, Any], bundle: bytes) -> bytes:
        made = compiler.compile(
            self._layout, format="pdf", pdf_standards="a-3b",
            sys_inputs={"told": json.dumps(told), "bundle": bundle.decode()},
        )  # fmt: skip
        if not isinstance(made, bytes):
            raise ShiroromError("sheet-pdf-failed", why="no bytes")
        return made

    @cached_property
    def _layout(self) -> bytes:
        return (resources.files("shirorom") / "data" / "pdf" / "sheet.typ").read_bytes()

    @cached_property
    def _fonts(self) -> typst.Fonts:
        import typst

        own = self._folders
        return typst.Fonts(
            include_system_fonts=own is None, include_embedded_fonts=False, font_paths=[str(one) for one in own or ()]
        )

    @cached_property
    def _families(self) -> list[str]:
        found = [family for family in FAMILIES if family in self._fonts.families()]
        if not found:
            raise ShiroromError("sheet-font-missing")
        return found[:1]

    @cached_property
    def _mono(self) -> list[str]:
        return [family for family in MONO if family in self._fonts.families()][:1]

    @cached_property
    def _compiler(self) -> typst.Compiler:
        import typst

        empty = resources.files("shirorom") / "data" / "pdf"
        return typst.Compiler(root=str(empty), font_paths=self._fonts, ignore_system_fonts=True)


def _in_common_letters(value: Any) -> Any:
    """The same data with every letter outside the usual Japanese set replaced."""
    match value:
        case str():
            return "".join(sign if _common(sign) else GETA for sign in value)
        case dict():
            return {name: _in_common_letters(inner) for name, inner in value.items()}
        case list():
            return [_in_common_letters(inner) for inner in value]
        case _:
            return value


def _common(sign: str) -> bool:
    try:
        sign.encode("cp932")
    except UnicodeEncodeError:
        return sign in "•—\u200b"
    return True
