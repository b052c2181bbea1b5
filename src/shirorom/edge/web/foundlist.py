"""What was read from the field, as the page lists it: phones with their numbers, and what else stood there.

Numbers of one phone stand together and can be split, two single ones can be joined, a number given twice is pointed at,
a wrong character is marked where it stands. Splitting and joining write the field's text anew (`written`); what it then
means is read again by the one parser.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shirorom.domain.imei import Imei
from shirorom.domain.numbers.found import FOREIGN, Found, Kind, Parsed
from shirorom.domain.numbers.kind import is_ean
from shirorom.edge.web.look import Speech

JOINS_MAX = 6
"""Up to so many phones the list offers to join neighbours; a longer one is a column, whose rows are phones."""
BLOCKS_MAX = 40
"""A longer list shows only what a person has to look at."""
_SLIPS = "OoIlSsB"  # letters that stand for a digit; what the parser's `imei-looks-like` speaks of

Spots = tuple[tuple[str, bool], ...]
"""A text in pieces, and whether each is what has to be looked at."""
Numbers = tuple[Imei, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One number: what it is, how it stands there, what is to be said of it."""

    label: str
    state: str  # good, bad, also (of the phone, but no IMEI), again
    spots: Spots
    says: str
    hint: str | None = None
    code: str | None = None
    suggestion: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One phone, or one number that is none. `split` and `join` are the whole text after it."""

    rows: tuple[Row, ...]
    numbers: Numbers = ()
    source: str = ""
    title: str | None = None
    split: str | None = None
    join: str | None = None


def written(parts: Iterable[Numbers | str]) -> str:
    """A text that the parser reads as these phones, and as these other lines, whatever stood there before."""
    return "\n\n".join(part if isinstance(part, str) else _phone(part) for part in parts)


def _phone(numbers: Numbers) -> str:
    if len(numbers) == 1:
        return numbers[0].digits
    return "\n".join(f"IMEI{n}: {imei.digits}" for n, imei in enumerate(numbers, 1))


def blocks_of(text: str, parsed: Parsed, speech: Speech) -> list[Block]:
    """The list for a text."""
    blocks = [*_blocks(parsed, speech), *_articles(text, parsed, speech)]
    phones = [place for place, block in enumerate(blocks) if block.numbers]
    parts: list[Numbers | str] = [block.numbers or block.source for block in blocks]
    offered = []
    for place, block in enumerate(blocks):
        nth = phones.index(place) + 1 if place in phones else 0
        later = phones[nth] if 0 < nth < len(phones) <= JOINS_MAX else None
        offered.append(
            Block(
                block.rows,
                block.numbers,
                block.source,
                _title(block.numbers, nth if len(phones) > 1 else 0, speech),
                _split(parts, place) if len(block.numbers) > 1 else None,
                _join(parts, place, later) if later is not None else None,
            )
        )
    return offered


def shown(blocks: Sequence[Block]) -> tuple[list[Block], int]:
    """What of a list is shown, and how many are not: of a long one only what a person has to look at."""
    if len(blocks) <= BLOCKS_MAX:
        return list(blocks), 0
    kept = [block for block in blocks if any(row.state in ("bad", "again") for row in block.rows)][:BLOCKS_MAX]
    return kept, len(blocks) - len(kept)


def _title(numbers: Numbers, nth: int, speech: Speech) -> str | None:
    if len(numbers) > 1:
        return speech.t("input.found.pair", count=len(numbers))
    return speech.t("input.found.phone", n=nth) if nth else None


def _split(parts: Sequence[Numbers | str], place: int) -> str:
    alone: list[Numbers | str] = [(imei,) for imei in parts[place] if isinstance(imei, Imei)]
    return written(part for part in [*parts[:place], *alone, *parts[place + 1 :]] if part)


def _join(parts: Sequence[Numbers | str], place: int, later: int) -> str | None:
    one, other = parts[place], parts[later]
    if isinstance(one, str) or isinstance(other, str) or len(one) != 1 or len(other) != 1:
        return None
    rest = [*parts[:place], (*one, *other), *parts[place + 1 : later], *parts[later + 1 :]]
    return written(part for part in rest if part)


def _blocks(parsed: Parsed, speech: Speech) -> list[Block]:
    phone_of = {imei.digits: device for device in parsed.devices for imei in device}
    first_of: dict[str, Found] = {}
    for one in parsed.found:
        if one.imei is not None:
            first_of.setdefault(one.imei.digits, one)
    any_good = any(found.valid for found in parsed.found)
    seen: dict[str, Found] = {}
    blocks: list[Block] = []
    for found in parsed.found:
        imei = found.imei
        if imei is None:
            blocks.append(_other(found, speech, beside=any_good))
        elif imei.digits in seen:
            blocks.append(Block((_again(found, seen[imei.digits], speech),)))
        else:
            device = phone_of.get(imei.digits)
            if device is None:
                blocks.append(Block((_good(imei, 1, found, speech),), source=f"IMEI: {imei.digits}"))
            elif not any(one.digits in seen for one in device):
                rows = tuple(_good(one, n, first_of[one.digits], speech) for n, one in enumerate(device, 1))
                blocks.append(Block(rows, device))
            seen[imei.digits] = found
    return blocks


def _good(imei: Imei, number: int, found: Found, speech: Speech) -> Row:
    label = speech.t("ui.found.number", n=number)
    completed = speech.t(f"input.found.completed_{found.kind.value}") if found.kind is not Kind.IMEI else None
    return Row(label, "good", ((imei.grouped, False),), speech.t("ui.found.ok"), completed)


def _again(found: Found, first: Found, speech: Speech) -> Row:
    same = _flat(found.text) == _flat(first.text)
    says = speech.t("input.found.again" if same else "input.found.again_spelled")
    return Row(speech.t(f"input.kind.{found.kind.value}"), "again", ((found.text, False),), says)


def _flat(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text) if character.isalnum())


def _other(found: Found, speech: Speech, *, beside: bool) -> Block:
    code = found.error or "imei-not-found"
    if code == "imei-length" and is_article(found.text):
        return Block((_article(found.text, speech, "bad"),), source=f"IMEI: {found.text}")
    foreign = found.kind in FOREIGN
    label = speech.t(f"input.kind.{found.kind.value}")
    row = Row(
        label,
        "also" if foreign and beside else "bad",
        spots_of(found),
        speech.t(f"code.{code}.title"),
        _hint(found, speech),
        code,
        found.suggestion,
    )
    name = found.kind.value.upper() if foreign else "IMEI"
    return Block((row,), source=f"{name}: {' '.join(found.text.split())}")


def _hint(found: Found, speech: Speech) -> str | None:
    if found.error == "imei-check-digit":
        return speech.t("input.found.slip_check")
    if found.error == "imei-length":
        return speech.t("input.found.slip_length", count=sum(one.isdigit() for one in found.text))
    if found.error in ("imei-characters", "imei-looks-like"):
        return speech.t("input.found.slip_letters")
    return None


def spots_of(found: Found) -> Spots:
    """The text of a number that cannot be used, with the characters marked that the parser's code speaks of.

    A check digit tells that some digit is wrong and not which: the mark stands under it, and the words say so.
    """
    text = found.text
    if found.error == "imei-check-digit":
        wrong = {max(place for place, one in enumerate(text) if one.isdigit())}
    elif found.error == "imei-looks-like":
        wrong = {place for place, one in enumerate(unicodedata.normalize("NFKC", text)) if one in _SLIPS}
    elif found.error == "imei-characters":
        wrong = {place for place, one in enumerate(text) if one.isalpha()}
    else:
        wrong = set()
    spots: list[tuple[str, bool]] = []
    for place, one in enumerate(text):
        if spots and spots[-1][1] == (place in wrong) and place not in wrong:
            spots[-1] = (spots[-1][0] + one, False)
        else:
            spots.append((one, place in wrong))
    return tuple(spots)


def _articles(text: str, parsed: Parsed, speech: Speech) -> list[Block]:
    """Lines that are an article number and nothing else: what is scanned first when a box has many barcodes."""
    taken = {found.text.strip() for found in parsed.found}
    state = "also" if parsed.devices else "bad"
    lines = dict.fromkeys(line.strip() for line in text.splitlines())
    return [Block((_article(line, speech, state),)) for line in lines if is_article(line) and line not in taken]


def _article(text: str, speech: Speech, state: str) -> Row:
    return Row(speech.t("input.kind.jan"), state, ((text, False),), speech.t("input.found.jan"))


def is_article(line: str) -> bool:
    """Whether a line is a JAN (EAN-13) whose check digit holds."""
    digits = unicodedata.normalize("NFKC", line)
    return len(digits) == 13 and digits.isascii() and digits.isdigit() and is_ean(digits)
