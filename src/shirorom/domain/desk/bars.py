"""Code 128 in set C: an even number of digits as bars and spaces (ISO/IEC 15417), which every shop's scanner reads."""

from __future__ import annotations

WIDTHS = (
    "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213",
    "221312", "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132",
    "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211",
    "212123", "212321", "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313",
    "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121", "313121", "211331",
    "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111",
    "314111", "221411", "431111", "111224", "111422", "121124", "121421", "141122", "141221", "112214",
    "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
    "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141",
    "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311", "113141",
    "114131", "311141", "411131", "211412", "211214", "211232",
)  # fmt: skip
"""Widths of bar, space, bar, space, bar, space of each symbol 0–105, in modules."""
START_C = 105
STOP = "2331112"
QUIET = 10
"""Modules left white on either side."""


def symbols(digits: str) -> list[int]:
    """Start, pairs of digits, check symbol."""
    if len(digits) % 2 or not digits.isdecimal():
        raise ValueError("set C holds pairs of digits")
    pairs = [int(digits[place : place + 2]) for place in range(0, len(digits), 2)]
    check = (START_C + sum(place * pair for place, pair in enumerate(pairs, 1))) % 103
    return [START_C, *pairs, check]


def bars(digits: str) -> list[tuple[int, int]]:
    """Where each black bar begins and how wide it is, in modules; the first stands behind the quiet zone."""
    widths = "".join(WIDTHS[symbol] for symbol in symbols(digits)) + STOP
    found, at = [], QUIET
    for place, width in enumerate(map(int, widths)):
        if place % 2 == 0:
            found.append((at, width))
        at += width
    return found


def width(digits: str) -> int:
    """Modules of the whole, quiet zones included."""
    at, wide = bars(digits)[-1]
    return at + wide + QUIET
