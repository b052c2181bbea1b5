"""Which passwords are taken: long enough and not one that anybody would try first. Nothing else is asked of them.

After NIST SP 800-63B-4: at least 15 characters where nothing else is asked for, no rules about kinds of characters, no
forced change, nothing cut off, a list of what is refused. Text is compared in NFKC, so that width does not matter.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator

from shirorom.domain.errors import RequestError

CHARS_MIN = 15
CHARS_MAX = 256
REST_MIN = 6
"""Characters that must be left once known words and runs of keys are taken out."""
RUN_MIN = 4
DIFFERENT_MIN = 5
ROWS = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "!@#$%^&*()", "!\"#$%&'()",
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん",
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン",
    "いろはにほへとちりぬるをわかよたれそつねならむうゐのおくやまけふこえてあさきゆめみしゑひもせす",
)  # fmt: skip


def normal(text: str) -> str:
    """The password as it is hashed: NFKC, nothing cut off."""
    return unicodedata.normalize("NFKC", text)


def check_password(text: str, *, known: Collection[str], names: Collection[str] = ()) -> None:
    """Refuse a password that is too short or that a guesser tries first.

    Args:
        text: As it was typed.
        known: Words and whole passwords that are tried first (`data/passwords.txt`), folded.
        names: What a guesser knows of this person and this product.

    Raises:
        RequestError: `password-short`, `password-long`, `password-common`.
    """
    password = normal(text)
    if len(password) < CHARS_MIN:
        raise RequestError("password-short", chars_min=CHARS_MIN, chars=len(password))
    if len(password) > CHARS_MAX:
        raise RequestError("password-long", chars_max=CHARS_MAX)
    folded = "".join(password.casefold().split())
    words = sorted({*known, *(_fold(name) for name in names if len(name) > 1)}, key=len, reverse=True)
    if len(set(folded)) < DIFFERENT_MIN or _repeated(folded) or _rest(folded, words) < REST_MIN:
        raise RequestError("password-common")


def _fold(text: str) -> str:
    return "".join(normal(text).casefold().split())


def _repeated(text: str) -> bool:
    """Whether it is one piece again and again; the last may be cut off."""
    return any((text[:size] * (len(text) // size + 1))[: len(text)] == text for size in range(1, len(text) // 2 + 1))


def _rest(text: str, words: Collection[str]) -> int:
    """How many different characters are left without known words, and without runs along the alphabet or the keys."""
    for word in words:
        text = text.replace(word, "\0")
    return len(set("".join(_runless(text)).replace("\0", "")))


def _runless(text: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        size = max((_run(text, place, row) for row in (*ROWS, *(row[::-1] for row in ROWS))), default=0)
        if size >= RUN_MIN:
            yield "\0"
            place += size
        else:
            yield text[place]
            place += 1


def _run(text: str, place: int, row: str) -> int:
    """How far a text goes along a row from here."""
    start = row.find(text[place])
    size = 0
    while (
        start >= 0 and place + size < len(text) and start + size < len(row) and text[place + size] == row[start + size]
    ):
        size += 1
    return size
