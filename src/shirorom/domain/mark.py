"""The four marks that a carrier's answer can have, and the verdict drawn from many of them."""

from __future__ import annotations

from enum import StrEnum

SYMBOL_UNKNOWN = "\uff1f"  # ？ "we could not find out": the absence of a mark, never a mark


class Mark(StrEnum):
    """What one carrier says of one number (○ △ × －). "We could not find out" is not among them: that is `None`."""

    CLEAR = "clear"
    CAUTION = "caution"
    RESTRICTED = "restricted"
    NO_RECORD = "no-record"

    @property
    def symbol(self) -> str:
        """The canonical glyph: ○ U+25CB, △ U+25B3, × U+00D7, － U+FF0D."""
        return _SYMBOLS[self]


_SYMBOLS = {Mark.CLEAR: "\u25cb", Mark.CAUTION: "\u25b3", Mark.RESTRICTED: "\u00d7", Mark.NO_RECORD: "\uff0d"}


class VerdictKind(StrEnum):
    """What is said of a whole device. `UNDETERMINED` is the only one without a mark of its own."""

    CLEAR = "clear"
    CAUTION = "caution"
    RESTRICTED = "restricted"
    NO_RECORD = "no-record"
    UNDETERMINED = "undetermined"

    @property
    def symbol(self) -> str:
        """The glyph of the mark with the same name, or ？."""
        return SYMBOL_UNKNOWN if self is VerdictKind.UNDETERMINED else Mark(self.value).symbol


def symbol_of(mark: Mark | None) -> str:
    """The glyph to show for a cell: its mark's, or ？ when there is none."""
    return SYMBOL_UNKNOWN if mark is None else mark.symbol
