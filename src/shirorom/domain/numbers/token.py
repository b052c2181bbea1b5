"""Cuts a plain text into the few things that matter: numbered labels, and words or chains of words that hold digits.

Every pattern takes what it begins with possessively, so that no text can make it go back; a text is read in one pass.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from shirorom.domain.imei import luhn_digit
from shirorom.domain.numbers.plain import IGNORED, MARK


class Sort(StrEnum):
    """What a token looks like. The names are those of the groups of `token`."""

    LABEL = "label"  # IMEI2, SIM 1, IMEI (slot 1), (8041): a label that holds a digit
    SOLID = "solid"  # fifteen digits in one piece, with nothing hanging on them
    GS1 = "gs1"  # a scanner's symbology mark, with the digits behind it
    ARTICLE = "article"  # (01) and a GTIN: fourteen digits that name the article, not the phone
    SCIENTIFIC = "scientific"  # 3.58E+14: what a spreadsheet makes of a long number
    THOUSANDS = "thousands"  # 490,154,203,237,518: what a spreadsheet shows of one
    SLIPPED = "slipped"  # letters where text recognition should have read digits
    MIXED = "mixed"  # a word of Latin letters and digits
    CHAIN = "chain"  # groups of digits


_I = IGNORED
_JOINT = "[-/\u00b7\u30fb\u30fc]"  # hyphens are folded; ー and ・ are typed for them on a Japanese keyboard
_GAP = (  # between two groups of one chain; three blanks at most, more are a gap between columns
    rf"{_I}*+(?:(?:\x20{_I}*+){{1,3}}+(?:{_JOINT}{_I}*+(?:\x20{_I}*+){{0,3}}+)?+"
    rf"|{_JOINT}{_I}*+(?:\x20{_I}*+){{0,3}}+|\.{_I}*+)?+"
)
_APART = rf"(?<![0-9A-Za-z{MARK}])"
_ENDS = rf"(?![0-9A-Za-z{MARK}])"
_SLIP = "[0-9OoIlSsB]"
_SEP = "[- /]"
_COUNT_ENDS = r"(?![0-9A-Za-z台件個枚つ本回番桁円年月日時分秒点名人社]|[.,][0-9])"  # not the 2 of "IMEI 2台"

_TOKEN = rf"""
    (?P<solid>  {_APART}[0-9]{{15}}(?![0-9A-Za-z{MARK}{_I}.,]|\ ?{_JOINT}|\ {{1,3}}[0-9]))
    |(?P<label> (?P<imei>(?<![A-Za-z])IMEI|製造番号|端末識別番号|機器識別番号)
                (?:\ ?(?:番号|ナンバー|コード|no\.?|number|code))?+
                [\ \t_\#.(\-]{{0,3}}+(?:(?:e?sim|slot|スロット|カード|card)[\ _\#]{{0,2}}+){{0,2}}+
                (?P<imei_count>[1-4①②③④]){_COUNT_ENDS}\)?+
              |(?<![A-Za-z])(?:sim|(?:sim[\ _]?)?(?:slot|スロット|カード|card))[\ _\#]{{0,2}}+
                (?P<slot_count>[1-4①②③④]){_COUNT_ENDS}
              |\((?P<ai>804[01])\) )
    |(?P<gs1>   \](?:C1|e0|d2|Q3|J1)[0-9]++{_ENDS})
    |(?P<article> \(0[12]\)[0-9]{{14}}(?![0-9]))
    |(?P<scientific> {_APART}[0-9](?:[.,][0-9]{{0,17}}+[eE]\+?|[eE]\+)1[345]{_ENDS})
    |(?P<thousands> {_APART}[0-9]{{1,3}}(?:,[0-9]{{3}}){{4}}(?![0-9A-Za-z,{MARK}]))
    |(?P<slipped> {_APART}(?<![0-9]{_SEP})(?=[0-9/\ -]{{0,18}}[OoIlSsB])
                (?:{_SLIP}{{15}}
                  |{_SLIP}{{2}}{_SEP}{_SLIP}{{6}}{_SEP}{_SLIP}{{6}}{_SEP}{_SLIP}
                  |{_SLIP}{{6}}{_SEP}{_SLIP}{{2}}{_SEP}{_SLIP}{{6}}{_SEP}{_SLIP}
                  |{_SLIP}{{8}}{_SEP}{_SLIP}{{6}}{_SEP}{_SLIP}){_ENDS}(?!{_SEP}[0-9]))
    |(?P<mixed> {_APART}(?:[A-Za-z]++[0-9]|[0-9]++[A-Za-z{MARK}])[0-9A-Za-z{MARK}]*+)
    |(?P<chain> [0-9]++(?![A-Za-z{MARK}])(?:{_GAP}[0-9]++(?![A-Za-z{MARK}]))*+)
    """

SOLID_DIGITS_MIN = 13
"""A group of this length is a number of its own: nobody groups that coarsely (but 14 + 1, the check digit apart)."""

IMEI_SHAPES = frozenset(((2, 6, 6, 1), (6, 2, 6, 1), (8, 6, 1)))
STRONG_SHAPES = IMEI_SHAPES | {(15,), (2, 6, 6), (6, 2, 6), (8, 6), (2, 6, 6, 2), (6, 2, 6, 2), (8, 6, 2)}
"""Groupings that only IMEIs have: those of phones, boxes and standards."""

_GROUP = re.compile(rf"[0-9](?:{_I}*+[0-9])*+")  # invisible characters do not part a group


@cache
def token() -> re.Pattern[str]:
    """What finds tokens; compiled with the first text, as it takes as long as all other patterns together."""
    return re.compile(_TOKEN, re.VERBOSE | re.IGNORECASE)


class Number(NamedTuple):
    """Digits that belong together.

    Attributes:
        start: Place of its first digit.
        end: Place behind its last digit.
        digits: The digits alone.
        shape: How they are grouped: (2, 6, 6, 1).
        suffixed: A software version follows it (…/01), as on many *#06# screens.
        unclear: An IMEI seems to stand among other groups, with nothing to tell where it begins.
    """

    start: int
    end: int
    digits: str
    shape: tuple[int, ...]
    suffixed: bool = False
    unclear: bool = False


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def numbers(chain: str, start: int) -> list[Number]:
    """Tell the numbers of one chain apart; `start` is its place in the text.

    Groups joined by hyphens belong together more closely than groups joined by blanks. A long group, or joined groups
    in a shape of an IMEI, stand alone between blanks; the small groups between them make one number.
    """
    found: list[Number] = []
    loose: list[list[_Group]] = []
    for phrase in _phrases(chain, start):
        if loose and _is_14_and_1(loose[-1], phrase):
            found.append(_number(loose.pop() + phrase))
            continue
        if loose and len(loose[-1][0].digits) == 14:
            found.append(_number(loose.pop()))
        if not _stands_alone(phrase):
            loose.append(phrase)
            continue
        if _is_1_and_14(loose, phrase):
            found.append(_number(loose.pop() + phrase, unclear=True))
            continue
        found.extend(_of_loose(loose))
        loose = []
        if len(phrase) > 1 and all(len(group.digits) == 15 for group in phrase):
            found.extend(_number([group]) for group in phrase)  # two IMEIs with a slash or hyphen between
        elif len(phrase) == 1 and len(phrase[0].digits) == 14:
            loose.append(phrase)  # its check digit may follow
        else:
            found.append(_number(phrase))
    found.extend(_of_loose(loose))
    return found


def _phrases(chain: str, start: int) -> list[list[_Group]]:
    """The groups of a chain, together where more than blanks joins them."""
    phrases: list[list[_Group]] = []
    last_end = 0
    for match in _GROUP.finditer(chain):
        group = _Group(start + match.start(), start + match.end(), match[0].replace(IGNORED, ""))
        if phrases and chain[last_end : match.start()].strip(f" {IGNORED}"):
            phrases[-1].append(group)
        else:
            phrases.append([group])
        last_end = match.end()
    return phrases


def _is_14_and_1(before: list[_Group], phrase: list[_Group]) -> bool:
    return [len(group.digits) for group in (*before, *phrase)] == [14, 1]


def _is_1_and_14(loose: list[list[_Group]], phrase: list[_Group]) -> bool:
    """Whether a lone digit may be the first of an IMEI that goes on behind a blank: without it, it is another's."""
    if len(loose) != 1 or [len(group.digits) for group in loose[0]] != [1]:
        return False
    digits = loose[0][0].digits + "".join(group.digits for group in phrase)
    return len(digits) == 15 and luhn_digit(digits[:14]) == digits[14]


def _stands_alone(phrase: list[_Group]) -> bool:
    if len(phrase) == 1:
        return len(phrase[0].digits) >= SOLID_DIGITS_MIN
    return any(len(group.digits) >= SOLID_DIGITS_MIN for group in phrase) or _shape(phrase)[0] in STRONG_SHAPES


def _shape(phrase: list[_Group]) -> tuple[tuple[int, ...], bool]:
    """How a phrase is grouped without the software version behind it, and whether there was one."""
    shape = tuple(len(group.digits) for group in phrase)
    if shape[-1] == 2 and shape[:-1] in IMEI_SHAPES | {(15,)}:
        return shape[:-1], True
    if shape[0] == 15 and all(group.digits == "0" for group in phrase[1:]):
        return (15,), False  # 490154203237518.0, which a program took for a quantity
    return shape, False


def _number(groups: list[_Group], *, unclear: bool = False) -> Number:
    shape, suffixed = _shape(groups)
    groups = groups[: len(shape)]
    digits = "".join(group.digits for group in groups)
    return Number(groups[0].start, groups[-1].end, digits, shape, suffixed, unclear)


def _of_loose(phrases: list[list[_Group]]) -> list[Number]:
    """Small groups: one number when they make fifteen digits together, else what was joined apart from the rest."""
    groups = [group for phrase in phrases for group in phrase]
    if not groups:
        return []
    shape, _ = _shape(groups)
    if sum(shape) == 15 or shape in STRONG_SHAPES:
        return [_number(groups)]
    found: list[Number] = []
    run: list[_Group] = []
    for phrase in [*phrases, []]:
        if len(phrase) == 1:
            run.append(phrase[0])
            continue
        if run:
            found.append(_number(run, unclear=_holds_imei_shape(run)))
            run = []
        if phrase:
            found.append(_number(phrase))
    return found


def _holds_imei_shape(groups: list[_Group]) -> bool:
    shape = tuple(len(group.digits) for group in groups)
    return shape not in STRONG_SHAPES and any(
        shape[place : place + len(known)] == known for known in IMEI_SHAPES for place in range(len(shape))
    )
