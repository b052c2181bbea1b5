"""Codes that people carry: on a staff card (digits), to pair a program, to recover. Their form only, no chance.

A staff code is digits alone: a scanner types digits alike on every keyboard and with every input method. 97, then 40
random digits (132 bits), then two check digits (the whole is 1 modulo 97, as in an IBAN): a misread card is no guess.
"""

from __future__ import annotations

import re
import unicodedata

STAFF_PREFIX = "97"
STAFF_RANDOM_DIGITS = 40
STAFF_DIGITS = len(STAFF_PREFIX) + STAFF_RANDOM_DIGITS + 2
_STAFF = re.compile(rf"{STAFF_PREFIX}\d{{{STAFF_DIGITS - len(STAFF_PREFIX)}}}", re.ASCII)

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L U: nobody asks which it was."""
PAIRING_CHARS = 8
RECOVERY_CHARS = 20
RECOVERY_CODES = 8
GROUP = {PAIRING_CHARS: 4, RECOVERY_CHARS: 5}


def staff_code(random: int) -> str:
    """The code for a random number below 10**40."""
    body = f"{STAFF_PREFIX}{random:0{STAFF_RANDOM_DIGITS}d}"
    return f"{body}{(98 - int(body) * 100 % 97) % 97:02d}"


def staff_code_in(text: str) -> str | None:
    """The staff code that a scanner typed; None when it is none."""
    digits = "".join(unicodedata.normalize("NFKC", text).split())
    return digits if _STAFF.fullmatch(digits) and int(digits) % 97 == 1 else None


def letters(random: bytes, count: int) -> str:
    """`count` characters out of random bytes, each equally likely; needs about two bytes a character to spare."""
    fair = [ALPHABET[byte % len(ALPHABET)] for byte in random if byte < 256 - 256 % len(ALPHABET)]
    if len(fair) < count:
        raise ValueError("not enough randomness")
    return "".join(fair[:count])


def typed(text: str, count: int) -> str | None:
    """What somebody typed for a code of `count` characters: case, width, hyphens and spaces do not matter."""
    code = re.sub(r"[\s\-‐ー－]", "", unicodedata.normalize("NFKC", text)).upper()
    return code if len(code) == count and set(code) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """A code as it is shown, in groups."""
    size = GROUP[len(code)]
    return "-".join(code[start : start + size] for start in range(0, len(code), size))
