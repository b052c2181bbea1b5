"""The practice phones (`data/practice/phones.toml`): what each does at each carrier, and what a check must say."""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NoReturn

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area, ConfigError, NumberError
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.domain.mark import Mark, VerdictKind

EVIL_TAC = "00101701"
"""Numbers below this TAC are kept for the evil mode; the catalogue has none of them."""


class Fault(StrEnum):
    """What a practice site does instead of answering (or before it)."""

    SILENT = "silent"  # takes the question and never answers
    DROPPED = "dropped"  # closes the connection without a word
    STATUS_403 = "status-403"
    STATUS_404 = "status-404"
    STATUS_500 = "status-500"
    STATUS_503 = "status-503"
    MAINTENANCE = "maintenance"
    CAPTCHA = "captcha"  # then the glyph, for the person who read it
    CONSENT = "consent"  # then the glyph, for the person who consented
    LEGEND_ONLY = "legend-only"  # the list of symbols and no answer, and no number
    NO_ANSWER = "no-answer"  # the number, and nothing where the answer should be
    TWO_ANSWERS = "two-answers"
    OTHER_NUMBER = "other-number"  # an answer, for another phone


class Over(StrEnum):
    """What moves a phone from one step to the next."""

    ASKS = "asks"  # the first question to that site gets the first step, the second the second …; the last one stays
    MINUTES = "minutes"  # one step for each whole minute since the practice carriers started; the last one stays


class Group(StrEnum):
    """Headings of the catalogue."""

    MARKS = "marks"
    MIXED = "mixed"
    DUAL = "dual"
    TIME = "time"
    FAULTS = "faults"
    GLYPHS = "glyphs"


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one practice site does about one number: a glyph, a fault, or one step after the other over time.

    `says` is the mark that the site means by `glyph`, where the glyph is not one of the canonical four; it chooses the
    sentence beside it.
    """

    glyph: str | None = None
    says: Mark | None = None
    fault: Fault | None = None
    over: Over | None = None
    steps: tuple[Behaviour, ...] = ()

    def __post_init__(self) -> None:
        if (self.over is None) != (not self.steps):
            raise ValueError("`over` and `steps` go together")
        if self.over is not None and (self.glyph is not None or self.fault is not None):
            raise ValueError("steps have no glyph and no fault beside them")
        if any(step.steps for step in self.steps):
            raise ValueError("a step has no steps")
        if self.glyph is None and self.fault is None and self.over is None:
            raise ValueError("neither a glyph nor a fault")
        if self.fault in _NEEDS_GLYPH and self.glyph is None:
            raise ValueError("this fault needs the glyph that it shows")

    def at(self, *, asks: int, minutes: int) -> Behaviour:
        """What it is for this question: `asks` questions came before it, `minutes` whole minutes have passed."""
        if self.over is None:
            return self
        n = asks if self.over is Over.ASKS else minutes
        return self.steps[min(n, len(self.steps) - 1)]

    @property
    def meant(self) -> Mark | None:
        """The mark that the site means by its glyph; None for a symbol that means nothing to anybody."""
        return self.says or _CANONICAL.get(self.glyph or "")


_CANONICAL = {mark.symbol: mark for mark in Mark}
_NEEDS_GLYPH = {Fault.CAPTCHA, Fault.CONSENT, Fault.TWO_ANSWERS, Fault.OTHER_NUMBER}

DEFAULT = Behaviour(glyph=Mark.NO_RECORD.symbol)
"""－: said of every test number that is not in the catalogue, and where an entry names nothing else."""


@dataclass(frozen=True, slots=True)
class ExpectedCell:
    """What one carrier's cell must come to: a mark, or the code of why there is none."""

    imei: Imei
    carrier: CarrierId
    mark: Mark | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Expected:
    """What one check of the whole phone must say, recorded and with all earlier ones recorded too."""

    cells: tuple[ExpectedCell, ...]
    verdict: VerdictKind
    so_far: Mark | None
    exit: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PracticeNumber:
    """One number of a practice phone."""

    imei: Imei
    behaviours: dict[CarrierId, Behaviour]

    def behaviour(self, carrier: CarrierId) -> Behaviour:
        """What this carrier's practice site does about it."""
        return self.behaviours.get(carrier, DEFAULT)


@dataclass(frozen=True, slots=True)
class PracticePhone:
    """One entry of the catalogue.

    `checks` has one `Expected` for a phone that stays as it is; for one that changes, one for each check in turn
    (`over` asks) or for each minute since the start (`over` minutes); after the last, the last holds.
    """

    id: str
    group: Group
    title: str
    title_en: str
    shows: str
    shows_en: str
    numbers: tuple[PracticeNumber, ...]
    checks: tuple[Expected, ...]

    @property
    def device(self) -> Device:
        """Its numbers, as a check takes them."""
        return Device(tuple(number.imei for number in self.numbers))

    @property
    def over(self) -> Over | None:
        """What changes it, if anything."""
        behaviours = (behaviour for number in self.numbers for behaviour in number.behaviours.values())
        return next((behaviour.over for behaviour in behaviours if behaviour.over), None)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All practice phones, in the order of the file."""

    phones: tuple[PracticePhone, ...]

    def behaviour(self, imei: Imei, carrier: CarrierId) -> Behaviour:
        """What a practice site does about any test number; unknown ones get `DEFAULT`."""
        for phone in self.phones:
            for number in phone.numbers:
                if number.imei == imei:
                    return number.behaviour(carrier)
        return DEFAULT

    def phone(self, phone_id: str) -> PracticePhone:
        """The phone of that id. Raises KeyError."""
        for phone in self.phones:
            if phone.id == phone_id:
                return phone
        raise KeyError(phone_id)


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_Steps = str | tuple[str, ...]


class _Cells(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mark or a cell error for each carrier; a list where it changes from check to check."""

    docomo: _Steps
    au: _Steps
    softbank: _Steps
    rakuten: _Steps


class _Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    imei: str
    expect: _Cells
    docomo: Behaviour | None = None
    au: Behaviour | None = None
    softbank: Behaviour | None = None
    rakuten: Behaviour | None = None


class _Phone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    group: Group
    title: str
    title_en: str
    shows: str
    shows_en: str
    verdict: VerdictKind | tuple[VerdictKind, ...]
    exit: int | tuple[int, ...]
    number: tuple[_Number, ...]
    so_far: Mark | None = None
    reason: str | None = None
    """Code that the last of its checks must give as a reason."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phone: tuple[_Phone, ...]


@cache
def catalogue() -> Catalogue:
    """The catalogue of this installation, read once per process."""
    return load(resources.files("shirorom") / "data" / "practice" / "phones.toml")


def load(file: Traversable) -> Catalogue:
    """Read a catalogue.

    Raises:
        ConfigError: `config-invalid` with `file`, `key`, `why`: unreadable, unknown or missing keys, an id or a number
            twice, a number that is not a valid test number, an expectation that names no mark and no cell error.
    """
    try:
        rows = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _File).phone
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("config-invalid", file=file.name, key="?", why=str(error)) from error
    except msgspec.ValidationError as error:
        why, _, path = str(error).partition(" - at `$")
        raise ConfigError("config-invalid", file=file.name, key=path.strip("`.") or "?", why=why) from error
    phones = tuple(_phone(row, file.name) for row in rows)
    _unique(file.name, "id", [phone.id for phone in phones])
    _unique(file.name, "imei", [number.imei.key for phone in phones for number in phone.numbers])
    return Catalogue(phones)


def _unique(file: str, key: str, values: list[str]) -> None:
    if twice := [position for position, (_, count) in enumerate(Counter(values).items(), 1) if count > 1]:
        raise ConfigError("config-invalid", file=file, key=key, why=f"entry {twice[0]} stands twice")


def _phone(row: _Phone, file: str) -> PracticePhone:
    def refuse(key: str, why: str) -> NoReturn:
        raise ConfigError("config-invalid", file=file, key=f"{row.id}.{key}", why=why)

    if not 1 <= len(row.number) <= IMEIS_MAX:
        refuse("number", f"{len(row.number)} numbers")
    numbers = []
    for number in row.number:
        try:
            imei = Imei(number.imei)
        except NumberError as error:
            refuse("imei", error.code)
        if not imei.is_test or imei.tac == EVIL_TAC:
            refuse("imei", "not in a test range, or in the range of the evil mode")
        named = {carrier: getattr(number, carrier.value) for carrier in CarrierId}
        numbers.append(PracticeNumber(imei, {carrier: told for carrier, told in named.items() if told is not None}))
    try:
        checks = _checks(row, tuple(numbers))
    except ValueError as error:
        refuse("expect", str(error))
    return PracticePhone(row.id, row.group, row.title, row.title_en, row.shows, row.shows_en, tuple(numbers), checks)


def _checks(row: _Phone, numbers: tuple[PracticeNumber, ...]) -> tuple[Expected, ...]:
    verdicts = row.verdict if isinstance(row.verdict, tuple) else (row.verdict,)
    exits = row.exit if isinstance(row.exit, tuple) else (row.exit,)
    steps = [_steps(getattr(number.expect, carrier.value)) for number in row.number for carrier in CarrierId]
    count = len(verdicts)
    if len(exits) != count or any(len(step) not in (1, count) for step in steps):
        raise ValueError("lists of different length")
    checks = []
    for n in range(count):
        texts = iter(step[min(n, len(step) - 1)] for step in steps)
        cells = tuple(
            _cell(number.imei, carrier, text)
            for number in numbers
            for carrier, text in zip(CarrierId, (next(texts) for _ in CarrierId), strict=True)
        )
        reasons = (row.reason,) if row.reason is not None and n == count - 1 else ()
        so_far = row.so_far if verdicts[n] is VerdictKind.UNDETERMINED else Mark(verdicts[n].value)
        checks.append(Expected(cells, verdicts[n], so_far, exits[n], reasons))
    return tuple(checks)


def _steps(value: _Steps) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _cell(imei: Imei, carrier: CarrierId, text: str) -> ExpectedCell:
    if text in CODES and CODES[text].area is Area.CELL:
        return ExpectedCell(imei, carrier, None, text)
    return ExpectedCell(imei, carrier, Mark(text), None)
