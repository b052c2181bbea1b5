"""A file of device numbers as people keep them: FEASIBILITY §2's mixture, of any phones.

80 % fifteen digits, 5 % fourteen, 5 % with hyphens, 5 % with blanks, 3 % sixteen (IMEISV), 2 % seventeen (too long); of
those with a check digit 1 % have a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from shirorom.register.keys import Keys

FORMS = ("fifteen", "fourteen", "hyphens", "blanks", "sixteen", "seventeen")
SHARES = (0.80, 0.05, 0.05, 0.05, 0.03, 0.02)
WRONG = 0.01
AT_ONCE = 500_000
HEADING = ("管理番号", "IMEI")


def write(path: Path, keys: Keys) -> NDArray[np.bool_]:
    """A csv file of two columns, a row a key, in the order of the keys. Returns which rows hold a number that holds."""
    sound = []
    with path.open("wb") as file:
        file.write(f"{','.join(HEADING)}\n".encode())
        for place, (part, good) in enumerate(parts(keys)):
            sound.append(good)
            numbers = pl.int_range(place * AT_ONCE, place * AT_ONCE + len(part), eager=True)
            frame = pl.DataFrame({HEADING[0]: "S" + numbers.cast(pl.String).str.zfill(8), HEADING[1]: part})
            frame.write_csv(file, include_header=False)
    return np.concatenate(sound)


def parts(keys: Keys) -> Iterator[tuple[pl.Series, NDArray[np.bool_]]]:
    """The numbers of these phones as texts, some at a time, and which of them hold."""
    random = np.random.default_rng(8)
    for first in range(0, len(keys), AT_ONCE):
        yield _texts(keys[first : first + AT_ONCE], random)


def check_digits(keys: Keys) -> NDArray[np.uint64]:
    """The digit that belongs behind each key (3GPP TS 23.003 Annex B)."""
    total, rest = np.zeros(len(keys), np.uint64), keys.copy()
    for place in range(14):
        rest, digit = np.divmod(rest, np.uint64(10))
        if place % 2 == 0:
            digit = digit * np.uint64(2)
            digit = digit // np.uint64(10) + digit % np.uint64(10)
        total += digit
    return (np.uint64(10) - total % np.uint64(10)) % np.uint64(10)


def _texts(keys: Keys, random: np.random.Generator) -> tuple[pl.Series, NDArray[np.bool_]]:
    wrong = random.random(len(keys)) < WRONG
    check = np.where(wrong, (check_digits(keys) + np.uint64(3)) % np.uint64(10), check_digits(keys))
    form = random.choice(len(FORMS), len(keys), p=SHARES).astype(np.uint8)
    without_check = np.isin(form, [FORMS.index("fourteen"), FORMS.index("sixteen")])
    sound = (without_check | ~wrong) & (form != FORMS.index("seventeen"))
    frame = pl.DataFrame(
        {
            "key": keys, "check": check, "form": form,
            "more": random.integers(10, 100, len(keys)),
        }
    ).with_columns(pl.col("key").cast(pl.String).str.zfill(14), pl.col("check").cast(pl.String))  # fmt: skip
    key, digit = pl.col("key"), pl.col("check")
    parts = [key.str.slice(0, 2), key.str.slice(2, 6), key.str.slice(8, 6), digit]
    forms: dict[str, Any] = {
        "fifteen": pl.concat_str(key, digit),
        "fourteen": key,
        "hyphens": pl.concat_str(parts, separator="-"),
        "blanks": pl.concat_str(parts, separator=" "),
        "sixteen": pl.concat_str(key, pl.col("more")),
        "seventeen": pl.concat_str(key, digit, pl.col("more")),
    }
    text = forms["fifteen"]
    for place, name in enumerate(FORMS):
        text = pl.when(pl.col("form") == place).then(forms[name]).otherwise(text)
    return frame.select(text.alias("number")).to_series(), sound
