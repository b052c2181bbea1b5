"""Turns an assessment into what the templates show: words, classes, ages. Nothing here decides; it only words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.carrier import CarrierFacts, CarrierId
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark, VerdictKind, symbol_of
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell
from shirorom.edge.http.language import Language
from shirorom.edge.web.parts import Example
from shirorom.edge.words import Words
from shirorom.ports.facts import Facts
from shirorom.service.settings import Access, Settings

CLASS_OF = {Mark.CLEAR: "ok", Mark.CAUTION: "ca", Mark.RESTRICTED: "ng", Mark.NO_RECORD: "un", None: "q"}
CLASS_OF_VERDICT = {
    kind: CLASS_OF[None if kind is VerdictKind.UNDETERMINED else Mark(kind.value)] for kind in VerdictKind
}
CLASS_OF_CODE = {mark.value: CLASS_OF[mark] for mark in Mark} | {"unknown": CLASS_OF[None]}


@dataclass(frozen=True, slots=True)
class Speech:
    """Everything that depends on the reader: language, words, the present moment, the names of the carriers."""

    language: Language
    words: Words
    facts: Facts
    now: datetime

    def t(self, key: str, /, **details: str | int) -> str:
        """A text of the catalogue."""
        return self.words.t(key, **details)

    def carrier(self, carrier: CarrierId) -> str:
        """A carrier's name."""
        facts = self.facts.carrier(carrier)
        return facts.name_en if self.language == "en" else facts.name

    def names(self, carriers: Sequence[CarrierId]) -> str:
        """Several carriers' names, each once, in the order of every answer."""
        return self.t("ui.join.list").join(self.carrier(carrier) for carrier in CarrierId if carrier in set(carriers))

    def brands(self, facts: CarrierFacts) -> str:
        """A carrier's sub-brands, the first by name."""
        if not facts.brands:
            return ""
        return facts.brands[0] if len(facts.brands) == 1 else self.t("ui.cell.brands", first=facts.brands[0])

    def count(self, number: int) -> str:
        """A whole number, its thousands apart."""
        return f"{number:,}"

    def age(self, moment: datetime) -> str:
        """How long ago, in the largest whole unit."""
        seconds = max(0, int((self.now - moment) / timedelta(seconds=1)))
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= size:
                return self.t(f"ui.age.{unit}", n=seconds // size)
        return self.t("ui.age.now")

    def clock(self, moment: datetime) -> str:
        """The moment in Japan's time, with the year only when it is not this one."""
        local = moment.astimezone(JST)
        key = "day" if local.year == self.now.astimezone(JST).year else "year"
        return self.t(
            f"ui.time.{key}",
            year=local.year,
            month=self.t(f"ui.month.{local.month}"),
            day=local.day,
            time=local.strftime("%H:%M"),
        )

    def word(self, mark: Mark | None) -> str:
        """A mark in words, never the glyph alone."""
        return self.t("mark.unknown.word") if mark is None else self.t(f"mark.{mark.value}.word")


@dataclass(frozen=True, slots=True)
class Tile:
    """One answer as the page draws it. `state`: waiting, recording, done, open (a person has to look), off."""

    imei: Imei
    carrier: CarrierId
    number: int
    state: str
    css: str
    word: str
    lines: tuple[str, ...]
    raw: str | None
    code: str | None
    why: str | None
    asked_at: datetime | None
    stale: bool
    vanished: bool
    index: int | None

    @property
    def id(self) -> str:
        """The element's id, by place and not by number."""
        return f"cell-{self.number}-{self.carrier.value}"


def tile(
    cell: Cell | None, *, number: int, imei: Imei, carrier: CarrierId, speech: Speech, state: str, skipped: bool
) -> Tile:
    """Draw one cell; None: nothing is known of it yet."""
    mark = cell.mark if cell else None
    word = speech.word(mark)
    lines: list[str] = []
    code = cell.error if cell and cell.error != "not-asked" and state != "waiting" else None
    if cell is None or mark is None:
        word, note = _absent(cell, speech=speech, state=state, skipped=skipped)
        lines += [note] if note else []
    if cell is not None:
        if cell.channel is Channel.HAND:
            lines.append(speech.t("ui.cell.by_hand"))
        if cell.last is not None and mark is None:
            lines.append(
                speech.t(
                    "ui.cell.last", symbol=symbol_of(cell.last.mark), word=speech.word(cell.last.mark),
                    age=speech.age(cell.last.asked_at),
                )
            )  # fmt: skip
        if state == "recording":
            lines.append(speech.t("ui.cell.recording"))
    return Tile(
        imei=imei,
        carrier=carrier,
        number=number,
        state=state,
        css=CLASS_OF[mark] if state not in ("waiting", "open", "off") or mark is not None else "wait",
        word=word,
        lines=tuple(lines),
        raw=_raw(cell, speech),
        code=code,
        why=speech.t(f"code.{code}.title") if code else None,
        asked_at=cell.asked_at if cell else None,
        stale=bool(cell and cell.stale),
        vanished=bool(cell and cell.vanished),
        index=cell.index if cell else None,
    )


def _absent(cell: Cell | None, *, speech: Speech, state: str, skipped: bool) -> tuple[str, str | None]:
    """Word and reason of a cell without mark."""
    if state == "waiting":
        return speech.t("ui.cell.waiting"), None
    if skipped:
        return speech.t("mark.unknown.failed"), speech.t("ui.cell.no_answer")
    if cell is None or cell.error in (None, "not-asked"):
        return speech.t("mark.unknown.not_asked"), speech.t("ui.cell.off") if state == "off" else None
    return speech.t("mark.unknown.failed"), None


def _raw(cell: Cell | None, speech: Speech) -> str | None:
    if cell is None or cell.raw is None:
        return None
    if cell.sentence:
        return speech.t("ui.cell.raw", raw=cell.raw, sentence=cell.sentence)
    return speech.t("ui.cell.raw_only", raw=cell.raw)


def practice_site(settings: Settings, facts: Facts) -> bool:
    """Whether any carrier that is on is a practice one: then every page carries the band."""
    for carrier in CarrierId:
        mine = settings.carrier(carrier)
        if mine.access is not Access.OFF and mine.url is not None and not facts.carrier(carrier).is_real(mine.url):
            return True
    return False


def official_url(carrier: CarrierId, settings: Settings, facts: Facts) -> str:
    """Where a person looks: the carrier's own check page, or the practice one that is configured."""
    url = settings.carrier(carrier).url
    mine = facts.carrier(carrier)
    return mine.check_url if url is None or mine.is_real(url) else url.rstrip("/") + mine.page.path


def example_of(example: Example, speech: Speech) -> dict[str, str]:
    """A practice phone as a button of the first page."""
    numbers = example.device.imeis
    return {
        "title": example.title_en if speech.language == "en" else example.title,
        "text": "\n".join(imei.digits for imei in numbers),
        "shown": " / ".join(imei.grouped for imei in numbers),
    }
