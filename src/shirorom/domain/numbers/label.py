"""What the words before a number say of it: IMEI, IMEI2, 製造番号, EID, 注文番号 ...

A *lead* is the text between two tokens, always without digits. `Lead.of` reads one; `Labels` carries what the leads and
the numbered labels (IMEI2, SIM1, (8041)) said so far to the number that comes next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Self

from shirorom.domain.numbers.plain import BREAK_SOFT

_LEAD_CHARS_MAX = 400
"""A label further away from its number says nothing of it; longer leads are read at both ends only."""


class Names(StrEnum):
    """Which family of numbers a label names."""

    IMEI = "imei"
    URN = "urn"  # urn:gsma:imei: the 15th digit is the spare one, 0 (RFC 7254 §4.2.3, TS 23.003 §13.8)
    SLOT = "slot"  # SIM 1, slot 2: counts the number that follows
    SERIAL = "serial"
    MEID = "meid"
    EID = "eid"
    ICCID = "iccid"
    OTHER = "other"  # a telephone, an order, a card ...: whatever follows is not a device's


def _latin(words: str) -> str:
    return rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])"


_OTHER_JAPANESE = (
    "注文|受付|受注|伝票|追跡|送り状|お?問い?合わ?せ|会員|顧客|お?客様|契約|取引|管理|整理|予約|口座|カード|登録|許可|"
    "商品|在庫|型|モデル|ロット|郵便|電話|携帯|連絡先|ファックス|暗証|査定|請求|領収|免許証?|マイナンバー|個人|法人"
)
_OTHER_LATIN = (
    "IMSI|MSISDN|SEID|Wi-?Fi|Bluetooth|MAC|TEL|FAX|phone|mobile|JAN|EAN|GTIN|UPC|ASIN|SKU|order|tracking|invoice|"
    "account|card|ticket|parcel|customer|member"
)

_WORDS: tuple[tuple[Names, str], ...] = (
    (Names.URN, r"urn:\u200b*gsma:\u200b*imei:"),
    (Names.IMEI, _latin(r"IMEI(?:[\s/\-]?SVN?)?")),
    (Names.IMEI, r"国際移動体?(?:装置|端末)?識別(?:番号|コード|子)"),
    (Names.IMEI, r"(?:端末|機器|機体|個体|本体|携帯電話機?|移動機)の?(?:識別|製造|固有)(?:番号|コード)"),
    (Names.IMEI, r"(?:端末|機体|個体|製造|識別)番号"),
    (Names.MEID, _latin(r"MEID|p?ESN")),
    (Names.EID, _latin(r"EID|eUICC[\s\-]?ID")),
    (Names.ICCID, _latin(r"ICC[\s\-]?ID")),
    (Names.ICCID, r"(?<![A-Za-z])(?:SIM|UIM|IC)\s?(?:カード)?(?:の?識別)?(?:番号|ID(?![A-Za-z])|No(?![A-Za-z]))"),
    (Names.SERIAL, r"シリアル\s?(?:番号|ナンバー|No\.?)?"),
    (Names.SERIAL, _latin(r"Serial\s?(?:number|no\.?|nr\.?)?|S/N|SN")),
    # A Japanese word labels a number only with 番号 behind it, or a colon: 「契約済み」 labels nothing.
    (Names.OTHER, rf"(?:{_OTHER_JAPANESE})(?:の?(?:番号|番|コード|No\.?|ナンバー|ID)|(?=\s?[:=]))"),
    (Names.OTHER, _latin(rf"(?:{_OTHER_LATIN})(?:\s?(?:number|no|nr|id|code|コード|番号))?")),
)
_GLUE = re.compile(
    r"(?:(?![○◯△▲×✕✖✗])[\W_]|番号|コード|一覧|リスト|情報|物理|第|は|が|の|を|"
    r"(?:number|num|no|nr|code|id|is|list|dec|hex|sim|esim|and)(?![A-Za-z]))*+",
    re.IGNORECASE,
)
_LINE_ENDS = f"\n\r\v{BREAK_SOFT}"
_HARD_BREAK = re.compile(r"\r\n|[\n\r\v]")
_CELL_END = re.compile(r"[\t,;|]")
_BETWEEN_WORDS = re.compile(r"[\s/・,、()（）\[\]|\u200b]*+")


@cache
def _label() -> re.Pattern[str]:
    """All of these words; compiled with the first text, because it is large."""
    return re.compile("|".join(f"(?P<l{place}>{words})" for place, (_, words) in enumerate(_WORDS)), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Lead:
    """What the text between two tokens says.

    Attributes:
        names: The family that its last label names; None without a label.
        tight: Nothing but glue (punctuation, は, 番号, No.) after that label, or anywhere when there is none.
        glue: Nothing but glue and device labels in all of it: what stands on both sides stands together.
        breaks: Line ends in it.
        breaks_after: Line ends after the last label.
        clean: Nothing but glue and labels since the last line end.
        stacked: Two IMEI labels in it, the second on a line of its own: their numbers come further down.
        cells: It holds the border of a table's cell.
    """

    names: Names | None
    tight: bool
    glue: bool
    breaks: int
    breaks_after: int
    clean: bool
    stacked: bool
    cells: bool

    @classmethod
    def of(cls, lead: str) -> Self:
        """Read one lead. Takes time in proportion to its length, at most that of `_LEAD_CHARS_MAX` characters."""
        if len(lead) > _LEAD_CHARS_MAX:
            breaks = _count_breaks(lead)
            near = cls.of(lead[-_LEAD_CHARS_MAX:])
            return cls(near.names, near.tight and near.names is not None, False, breaks, near.breaks_after,
                       near.clean, False, near.cells)  # fmt: skip
        labels = list(_label().finditer(lead))
        if not labels:
            glue = _GLUE.fullmatch(lead) is not None
            called = Names.OTHER if lead.endswith("+") else None  # +81 90 ...: a telephone number with its country
            cells = _CELL_END.search(lead) is not None
            return cls(called, glue, glue, _count_breaks(lead), 0, glue or _is_clean(lead), False, cells)
        after = lead[labels[-1].end() :]
        rest = _label().sub(" ", lead)
        families = [_names(label) for label in labels]
        glue = Names.OTHER not in families and _GLUE.fullmatch(rest) is not None
        return cls(
            _of_cluster(lead, labels, families),
            _GLUE.fullmatch(after) is not None,
            glue,
            _count_breaks(lead),
            _count_breaks(after),
            glue or _is_clean(rest),
            _is_stack(lead, [label for label, names in zip(labels, families, strict=True) if names is Names.IMEI]),
            _CELL_END.search(lead) is not None,
        )  # fmt: skip


def _is_stack(lead: str, labels: list[re.Match[str]]) -> bool:
    """Whether IMEI labels stand below one another with no number between: their numbers come further down."""
    return any(_count_breaks(lead[one.end() : other.start()]) for one, other in pairwise(labels))


def _names(label: re.Match[str]) -> Names:
    return _WORDS[int((label.lastgroup or "l0")[1:])][0]


def _of_cluster(lead: str, labels: list[re.Match[str]], families: list[Names]) -> Names:
    """The family of the last label; IMEI when an IMEI label stands in one breath with it (IMEI/MEID)."""
    names = families[-1]
    if names in (Names.MEID, Names.SERIAL) and len(labels) > 1:
        between = lead[labels[-2].end() : labels[-1].start()]
        if families[-2] is Names.IMEI and "\n" not in between and _BETWEEN_WORDS.fullmatch(between):
            return Names.IMEI
    return names


def _count_breaks(text: str) -> int:
    hard = len(_HARD_BREAK.findall(text))
    return hard if hard else int(BREAK_SOFT in text)


def _is_clean(text: str) -> bool:
    last_break = max(text.rfind(end) for end in _LINE_ENDS)
    return last_break >= 0 and _GLUE.fullmatch(text, last_break + 1) is not None


class Labels:
    """What has been said of the number that comes next. One pass, one object, forgotten after it."""

    __slots__ = (
        "asked", "blank_since", "breaks_since", "cells", "clean", "fresh", "glued", "inherited", "names", "near",
        "ordinal", "slot", "spaced", "stacked", "tight", "wordless",
    )  # fmt: skip

    def __init__(self, *, asked: bool) -> None:
        """`asked`: the whole text was given as one device number, so every number in it is labelled IMEI."""
        self.asked = asked
        self.names: Names | None = None
        self.ordinal: int | None = None
        self.slot: int | None = None
        self.tight = self.near = self.fresh = self.inherited = self.stacked = self.spaced = self.cells = False
        self.clean = True
        self.wordless = True
        self.glued = True
        self.breaks_since = 0
        self.blank_since = False

    def pass_lead(self, lead: Lead) -> None:
        """Take in the text before the next token."""
        breaks = lead.breaks
        if breaks:
            self.breaks_since += breaks
            self.blank_since = self.blank_since or breaks > 1
            self.clean = lead.clean
        elif not lead.glue:
            self.clean = False
        if not lead.glue:
            self.wordless = self.glued = False
        self.cells = self.cells or lead.cells
        if lead.names is not None:
            self._name(lead.names, None, stacked=lead.stacked)
            self.tight = lead.tight and lead.breaks_after <= 2
            self.near = self.tight or not lead.breaks_after
        elif self.near and (breaks or not lead.glue):
            # A label reaches through words to the end of its line; with nothing between, over a line end or an empty
            # line; and once it has named a number, only to what stands right below.
            self.tight = self.tight and lead.glue and breaks <= (1 if self.inherited else 2)
            self.near = self.tight or not breaks

    def pass_label(self, names: Names, ordinal: int | None, *, spaced: bool) -> None:
        """Take in a label that is known to be one: IMEI2, SIM 1, (8041), a column's. `spaced`: only a blank follows."""
        if names is Names.SLOT:
            self.slot = ordinal
            if not self.near:
                self.names, self.tight, self.near = Names.SLOT, True, True
            self.fresh = True
        else:
            self._name(names, ordinal, stacked=False)
            self.tight = self.near = True
        self.spaced = spaced

    def _name(self, names: Names, ordinal: int | None, *, stacked: bool) -> None:
        twice = self.fresh and not self.inherited and names is Names.IMEI and self.names is Names.IMEI
        heading = stacked or (twice and ordinal != self.ordinal)
        self.stacked = heading and not self.cells
        if names is Names.IMEI and ordinal is None:
            ordinal, self.slot = self.slot, None
        self.names, self.ordinal = names, None if heading else ordinal
        self.fresh, self.inherited, self.spaced, self.cells = True, False, False, False

    def pass_number(self, *, device: bool) -> None:
        """A number was read. What stands with it, by the same label, is of the same family but has no count."""
        names = self.names
        self.fresh = self.clean = False
        if names is not None:
            self.ordinal = None
            self.spaced = False
            self.inherited = True
            if names is not Names.IMEI and names is not Names.URN:
                self.names, self.tight, self.near = None, False, False
        if device:
            self.glued, self.breaks_since, self.blank_since = True, 0, False
            self.slot = None

    @property
    def named_imei(self) -> bool:
        """Whether a label calls the next number an IMEI, on its line or just above."""
        return self.near and self.names in (Names.IMEI, Names.URN)

    @property
    def imei(self) -> bool:
        """Whether it was meant as an IMEI: by a label, or by the person who was asked for one."""
        return self.asked or (self.near and self.names in (Names.IMEI, Names.URN))

    @property
    def imei_tight(self) -> bool:
        """Whether it is said right before it, so that whatever stands there was meant as one."""
        return self.asked or (self.tight and self.names in (Names.IMEI, Names.URN))

    @property
    def refused(self) -> bool:
        """Whether it is said to be of something that is not a device."""
        return self.tight and self.names is Names.OTHER

    @property
    def count(self) -> int | None:
        """Which of a phone's numbers it is said to be (1–4)."""
        if self.names is Names.SLOT and self.tight:
            return self.slot
        return self.ordinal
