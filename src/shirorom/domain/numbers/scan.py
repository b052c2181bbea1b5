"""One pass over a text: tokens, what is said of each, what it is, and which numbers are one phone."""

from __future__ import annotations

import re

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Imei
from shirorom.domain.numbers import kind
from shirorom.domain.numbers.column import COUNTS, columns
from shirorom.domain.numbers.found import Found, Kind
from shirorom.domain.numbers.kind import Judgement
from shirorom.domain.numbers.label import Labels, Lead, Names
from shirorom.domain.numbers.pair import Item
from shirorom.domain.numbers.plain import plain
from shirorom.domain.numbers.token import Number, Sort, numbers, token

_LEADS_REMEMBERED_MAX = 1_024
_LEAD_REMEMBERED_CHARS_MAX = 64

_LINE_ENDS = "\n\r\v\f"
_LINE_CHARS_MAX = 80
"""As far as a line is looked at for whether it holds an IMEI and nothing else."""

_REST_OF_LINE = re.compile(r"[^\w\n\r\v\f]*+(?:[\n\r\v\f]|\Z)")
_LINE_OF_IMEI = re.compile(r"\W*(?:[0-9]\W?){14,16}\W*")
_GLUED_LABEL = re.compile(r"(?:IMEI(?:SV)?|no)(?=[0-9])", re.IGNORECASE)
_VERSION_LEAD = re.compile(r"\s?/\s?")
_IMEI = Kind.IMEI
_SYMBOLOGY_CHARS = 3  # "]C1"

_TURNED = "\u202e"
"""Right-to-left override: what is shown is not what is read, so no number of such a text is taken."""


def scan(text: str, *, asked: bool) -> tuple[list[Found], list[Item]]:
    """Every device number of a text in order, and every IMEI among them, good or bad, as it stands there.

    Args:
        text: Any text; its length is the caller's to limit.
        asked: The text was given as a device number and nothing else, so whatever stands in it was meant as one.
    """
    one = _Scan(text, asked=asked)
    one.run()
    return one.found, one.items


class _Scan:
    """The state of one pass, for one text."""

    def __init__(self, text: str, *, asked: bool) -> None:
        self.text = text
        self.flat = plain(text)
        self.labels = Labels(asked=asked)
        self.found: list[Found] = []
        self.items: list[Item] = []
        self._odd: list[tuple[int, int, Judgement]] = []
        self._row = 0
        self._device_end = -1
        self._turned = _TURNED in self.flat
        self._leads: dict[str, Lead] = {}

    def run(self) -> None:
        flat, labels, leads = self.flat, self.labels, self._leads
        solid = Sort.SOLID.value
        below = columns(flat)
        last_end = 0
        for match in token().finditer(flat):
            start, end = match.span()
            between = flat[last_end:start]
            lead = leads.get(between) or self._lead(between)
            labels.pass_lead(lead)
            self._row += lead.breaks
            if below and start in below:
                names, count = below[start]
                labels.pass_label(names, count, spaced=False)
            if match.lastgroup == solid:
                self._solid(start, end, match[0])
            else:
                self._token(match, between)
            last_end = end
        labels.pass_lead(self._lead(flat[last_end:]))
        self._add_odd()

    def _lead(self, between: str) -> Lead:
        lead = Lead.of(between)
        if len(between) <= _LEAD_REMEMBERED_CHARS_MAX and len(self._leads) < _LEADS_REMEMBERED_MAX:
            self._leads[between] = lead
        return lead

    def _token(self, match: re.Match[str], before: str) -> None:
        start, end = match.span()
        match match.lastgroup:
            case Sort.LABEL:
                self._label(match)
            case Sort.CHAIN:
                self._chain(match[0], start, before)
            case Sort.MIXED:
                self._mixed(match[0], start, end)
            case Sort.SLIPPED:
                self._add(start, end, kind.judge_slipped(match[0], self.labels))
            case Sort.SCIENTIFIC:
                self._add(start, end, kind.judge_scientific(match[0], self.labels))
            case Sort.THOUSANDS:
                digits = match[0].replace(",", "")
                self._number(Number(start, end, digits, (len(digits) - 12, 3, 3, 3, 3)))
            case Sort.GS1:
                start += _SYMBOLOGY_CHARS
                self._number(Number(start, end, self.flat[start:end], (end - start,)))
            case _:
                self._pass_other()

    def _label(self, match: re.Match[str]) -> None:
        spaced = self.flat[match.end() : match.end() + 1] in (" ", "-", "/")
        if match["ai"]:
            self.labels.pass_label(Names.IMEI, 1 if match["ai"] == "8040" else 2, spaced=False)
        elif match["slot_count"]:
            self.labels.pass_label(Names.SLOT, COUNTS[match["slot_count"]], spaced=spaced)
        else:
            self.labels.pass_label(Names.IMEI, COUNTS[match["imei_count"]], spaced=spaced)

    def _chain(self, chain: str, start: int, before: str) -> None:
        behind_device = bool(self.items) and start - len(before) == self._device_end
        if behind_device and len(chain) == 2 and _VERSION_LEAD.fullmatch(before):
            self.items[-1] = self.items[-1]._replace(suffixed=True)  # "/ 01": not a number, and parts nothing
            return
        if len(chain) < kind.LABELLED_DIGITS_MIN and not self.labels.asked:  # too short for anything: an amount, a day
            self._pass_other()
            return
        for number in numbers(chain, start):
            self._number(number)

    def _pass_other(self) -> None:
        """Something that is no number of a phone; what stands on its two sides does not stand together."""
        self.labels.glued = False
        self.labels.pass_number(device=False)

    def _mixed(self, word: str, start: int, end: int) -> None:
        """A word of letters and digits; a label glued to its number (IMEI490…) is taken off first."""
        if len(word) < kind.SERIAL_CHARS.start:  # 5G, A14, T30: nothing can come of it
            self._pass_other()
            return
        glued = _GLUED_LABEL.match(word)
        digits = word[glued.end() :] if glued else ""
        if glued is None or not digits.isdigit():
            judgement = kind.judge_word(word, self.labels)
            if judgement is None and kind.is_spoilt(word) and self._alone(end):
                self._doubt(start, end, kind.SPOILT)
            else:
                self._add(start, end, judgement)
            return
        count = None
        if len(digits) == 16 and digits[0] in "12" and kind.imei_of(digits[1:]).imei is not None:
            count, digits = int(digits[0]), digits[1:]  # IMEI1490…: no IMEISV begins with 1 or 2
        if glued[0].upper() != "NO":
            self.labels.pass_label(Names.IMEI, count, spaced=False)
        self._number(Number(end - len(digits), end, digits, (len(digits),)))

    def _solid(self, start: int, end: int, digits: str) -> None:
        """The usual case, read the short way: fifteen digits that hold, not said to be anything else."""
        if self._turned or self.labels.refused:
            self._number(Number(start, end, digits, (15,)))
            return
        try:
            imei = Imei(digits)
        except NumberError:
            self._number(Number(start, end, digits, (15,)))
            return
        self.found.append(Found(_IMEI, self.text[start:end], start, end, imei, True, None, None))
        self.items.append(self._item(len(self.found) - 1, digits, suffixed=False))
        self._device_end = end
        self.labels.pass_number(device=True)

    def _number(self, number: Number) -> None:
        parts = kind.gs1_parts(number.digits) if len(number.digits) > 16 else None
        if parts is not None:
            for offset, identifier in parts:
                self.labels.pass_label(Names.IMEI, 1 if identifier == "8040" else 2, spaced=False)
                start = number.start + offset
                digits = number.digits[offset : offset + 15]
                self._add(start, start + 15, kind.imei_of(digits), digits)
            return
        # Whether it stands alone matters for the rare lengths only; a solid IMEI is one wherever it stands.
        alone = number.shape != (15,) and self._alone(number.end)
        judgement = kind.judge(number, self.labels, alone=alone)
        odd = kind.judge_odd(number.digits) if judgement is None and alone and not self.labels.refused else None
        if odd is not None:
            self._doubt(number.start, number.end, odd)
            return
        self._add(number.start, number.end, judgement, number.digits, suffixed=number.suffixed)

    def _alone(self, end: int) -> bool:
        return self.labels.clean and _REST_OF_LINE.match(self.flat, end) is not None

    def _doubt(self, start: int, end: int, judgement: Judgement) -> None:
        """Bad if this turns out to be a list of IMEIs, else nothing; in a list it takes a place either way."""
        self._odd.append((start, end, judgement))
        self.items.append(self._item(None, "", suffixed=False))
        self.labels.pass_number(device=True)

    def _add(
        self, start: int, end: int, judgement: Judgement | None, digits: str = "", *, suffixed: bool = False
    ) -> None:
        if judgement is None:
            self._pass_other()
            return
        if self._turned and judgement.imei is not None:
            judgement = Judgement(judgement.kind, None, "imei-characters")
        found = self._found(start, end, judgement)
        self.found.append(found)
        device = judgement.imei is not None or found.bad
        if device:
            known = judgement.imei.digits if judgement.imei is not None else digits
            self.items.append(self._item(len(self.found) - 1, known, suffixed=suffixed))
            self._device_end = end
        self.labels.pass_number(device=device)

    def _found(self, start: int, end: int, judgement: Judgement) -> Found:
        imei = judgement.imei
        text = self.text[start:end]
        return Found(judgement.kind, text, start, end, imei, imei is not None, judgement.error, judgement.suggestion)

    def _item(self, place: int | None, digits: str, *, suffixed: bool) -> Item:
        labels = self.labels
        together = labels.glued and not labels.blank_since and labels.breaks_since <= 3 and bool(self.items)
        if labels.names is None:
            return Item(place, digits, None, labels.asked, labels.stacked, suffixed, self._row, together)
        return Item(place, digits, labels.count, labels.imei, labels.stacked, suffixed, self._row, together)

    def _add_odd(self) -> None:
        """Numbers of a wrong length in a list of IMEIs: a phone must not drop out of a list without a word."""
        self.found.extend(self._found(*one) for one in self._odd if self._in_list(one[0], one[1]))

    def _in_list(self, start: int, end: int) -> bool:
        """Whether the text is nothing but numbers, or the line above or below is an IMEI and nothing else."""
        if self.labels.wordless:
            return True
        flat = self.flat
        line_start, line_end = _line_start(flat, start), _line_end(flat, end)
        above = flat[_line_start(flat, line_start - 1) : max(line_start - 1, 0)]
        below = flat[line_end + 1 : _line_end(flat, line_end + 1)]
        return any(_LINE_OF_IMEI.fullmatch(line) is not None for line in (above, below))


def _line_start(text: str, place: int) -> int:
    return 1 + max(text.rfind(end, max(place - _LINE_CHARS_MAX, 0), max(place, 0)) for end in _LINE_ENDS)


def _line_end(text: str, place: int) -> int:
    ends = (text.find(end, place, place + _LINE_CHARS_MAX) for end in _LINE_ENDS)
    return min((end for end in ends if end >= 0), default=min(place + _LINE_CHARS_MAX, len(text)))
