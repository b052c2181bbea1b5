"""What a picture says: device numbers, a one-time code, and whether a screenshot is of the phone and carrier asked.

A picture is read outside (`ports.Pictures`); here it is only judged, in steps that are a file each in
`domain/pictures/`: what was seen (`seen`), which of it stands together (`layout`), the numbers (`numbers`), the
screenshot (`screenshot`). Nothing here says ○ △ × －: a glyph is never taken, nor suggested, from a picture (ADR 0012).
"""

from __future__ import annotations

from shirorom.domain.pictures.numbers import BY_BARCODE, BY_PRINT, PictureNumber, PictureNumbers, numbers_in
from shirorom.domain.pictures.screenshot import check_screenshot, one_time_code_in
from shirorom.domain.pictures.seen import PIXELS_MAX, Box, PictureRead, SeenCode, SeenLine

__all__ = [
    "BY_BARCODE", "BY_PRINT", "PIXELS_MAX", "Box", "PictureNumber", "PictureNumbers", "PictureRead", "SeenCode",
    "SeenLine", "check_screenshot", "numbers_in", "one_time_code_in",
]  # fmt: skip
