"""Which symbol means which mark: the table of `data/glyphs.toml`. What is not in it is unknown, never －."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shirorom.domain.mark import Mark

_VARIATION_SELECTORS = "\ufe0e\ufe0f"


@dataclass(frozen=True, slots=True)
class GlyphTable:
    """Glyph → mark, one for what pages show and one wider for what an operator types."""

    page: Mapping[str, Mark]
    operator: Mapping[str, Mark]

    def mark_on_page(self, glyph: str) -> Mark | None:
        """The mark of a symbol that stood alone in the answer's place; None: unknown."""
        return self.page.get(_bare(glyph))

    def mark_by_operator(self, glyph: str) -> Mark | None:
        """The mark of what a person typed (wider: X counts as ×); None: unknown."""
        return self.operator.get(_bare(glyph)) or self.page.get(_bare(glyph))


def _bare(glyph: str) -> str:
    return glyph.strip().strip(_VARIATION_SELECTORS)
