"""A record sheet as its page says it: every word and value, as plain data for the layout (data/pdf/sheet.typ).

What a shop or a carrier wrote is data from outside: without signs that nobody sees, and no longer than its place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark, VerdictKind, symbol_of
from shirorom.domain.reading import Channel
from shirorom.domain.sheet import not_proved
from shirorom.edge.words import Words, names_of
from shirorom.log.bundle import BundleForm, CellForm, SheetForm, encode_bundle
from shirorom.log.checkpoint import decode_checkpoint
from shirorom.log.note import VerifierKey, decode_note
from shirorom.log.times import time_of

if TYPE_CHECKING:
    from shirorom.service.view import MakeView, View

NAME_CHARS, LINE_CHARS, SENTENCE_CHARS = 60, 160, 80
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
_UNBROKEN = re.compile(r"[^\s\u3000-\uffef]{24}")
BREAK = "\u200b"
"""A place where a line may break: of ours, where a text has none."""
_MASK = "•"


def told_of(bundle: BundleForm, words: Words, *, full: bool, address: str | None) -> Mapping[str, Any]:
    """Everything on the page. `full`: all digits of the numbers; `address`: where `/verify` is, where there is one."""
    return _Page(bundle, words, full, address).told()


def page_of(make: MakeView, bundle: BundleForm, words: Words, *, full: bool) -> View:
    """A sheet's PDF in one language. Raises as service/view.py."""
    return make(bundle, lambda: told_of(bundle, words, full=full, address=make.address))


def digest_of(bundle: BundleForm) -> str:
    """SHA-256 of the bundle as a file, in hex: what stands on the page and in the QR code."""
    return sha256(encode_bundle(bundle)).hexdigest()


def plain(text: str, chars_max: int) -> str:
    """A text from outside on one line, without signs that steer or hide, which can be broken anywhere."""
    seen = "".join(
        " " if sign.isspace() else sign for sign in text if unicodedata.category(sign) not in _UNSEEN or sign.isspace()
    )
    line = " ".join(seen.split())
    return _UNBROKEN.sub(rf"\g<0>{BREAK}", line if len(line) <= chars_max else line[: chars_max - 1] + "…")


@dataclass(frozen=True, slots=True)
class _Page:
    bundle: BundleForm
    words: Words
    full: bool
    address: str | None

    @property
    def sheet(self) -> SheetForm:
        return self.bundle.sheet

    def told(self) -> Mapping[str, Any]:
        t, sheet = self.words.t, self.sheet
        moment = time_of(sheet.issued_at)
        digest = digest_of(self.bundle)
        return {
            "lang": self.words.lang, "title": t("pdf.title"), "subtitle": t("pdf.subtitle"),
            "issued_at": list(moment.timetuple()[:6]),
            "issued": {"label": t("pdf.issued"), "text": self._clock(moment, "pdf.time")},
            "issuer": {"name": plain(sheet.issuer.name, NAME_CHARS)},
            "practice": {"mark": t("pdf.water"), "stamp": t("pdf.stamp")} if sheet.practice else None,
            "said": [self._issuer(), *self._channels()],
            "verdict": self._verdict(),
            "heads": [t(f"pdf.head.{one}") for one in ("carrier", "answer", "asked", "age", "channel", "lag")],
            "groups": [self._group(n, digits) for n, digits in enumerate(sheet.imeis, 1)],
            "shows": {"title": t("pdf.shows.title"), "items": list(self._shown())},
            "not_shown": {"title": t("pdf.not_shown.title"), "items": list(self._not_shown())},
            "record": {"title": t("pdf.record.title"), "rows": list(self._record())},
            "how": self._how(digest),
            "qr": self._qr(digest),
            "attached": t("pdf.attached"), "foot": t("pdf.foot"),
        }  # fmt: skip

    def _clock(self, moment: datetime, key: str) -> str:
        local = moment.astimezone(JST)
        month, day = (f"{n:02}" if self.words.lang == "en" else str(n) for n in (local.month, local.day))
        return self.words.t(key, year=local.year, month=month, day=day, time=local.strftime("%H:%M"))

    def _issuer(self) -> Mapping[str, str]:
        t, issuer = self.words.t, self.sheet.issuer
        more = [t(f"pdf.{name}", text=plain(text, NAME_CHARS))
                for name, text in (("licence", issuer.licence), ("rmj", issuer.rmj)) if text]  # fmt: skip
        more += [plain(text, LINE_CHARS) for text in (issuer.url, issuer.terms) if text]
        return {"label": t("pdf.issuer"), "text": plain(issuer.name, NAME_CHARS), "note": " ／ ".join(more)}

    def _channels(self) -> Iterator[Mapping[str, str]]:
        """By hand or by a program: one line each, with the carriers that it was for."""
        t = self.words.t
        used = [one for one in Channel if any(cell.channel is one for cell in self.sheet.cells)]
        for channel in used:
            note = t(f"pdf.way_note.{channel}")
            if len(used) > 1:
                carriers = dict.fromkeys(cell.carrier for cell in self.sheet.cells if cell.channel is channel)
                note = f"{t('words.list').join(t(f'carrier.{one}') for one in carriers)} — {note}"
            yield {"label": t("pdf.channel"), "text": t(f"pdf.way.{channel}"), "note": note}
        if not used:
            yield {"label": t("pdf.channel"), "text": t("pdf.channel_none"), "note": ""}

    def _verdict(self) -> Mapping[str, str]:
        kind = self.sheet.verdict.kind
        look = "unknown" if kind is VerdictKind.UNDETERMINED else kind.value
        mine = [cell for cell in self.sheet.cells if self._concerns(cell)]
        numbers = [n for n, digits in enumerate(self.sheet.imeis, 1) if any(cell.imei == digits for cell in mine)]
        carriers = names_of([one for one in CarrierId if any(cell.carrier is one for cell in mine)], self.words)
        named = self.words.t("words.list").join(self.words.t("words.number", n=n) for n in numbers)
        said = "sentence_number" if 0 < len(numbers) < len(self.sheet.imeis) else "sentence"
        return {"kind": look, "symbol": kind.symbol, "title": self.words.t(f"verdict.{kind}.title"),
                "sentence": self.words.t(f"verdict.{kind}.{said}", numbers=named, carriers=carriers),
                "text": self.words.t(f"verdict.{kind}.text")}  # fmt: skip

    def _concerns(self, cell: CellForm) -> bool:
        """Whether the verdict rests on it."""
        kind = self.sheet.verdict.kind
        if kind is VerdictKind.UNDETERMINED:
            return cell.mark is None or (cell.stale and cell.mark in (Mark.CLEAR, Mark.NO_RECORD))
        return cell.mark is Mark(kind.value)

    def _group(self, n: int, digits: str) -> Mapping[str, Any]:
        rows = [self._row(cell) for cell in self.sheet.cells if cell.imei == digits]
        return {"label": self.words.t("pdf.imei", n=n), "number": self._number(digits), "rows": rows}

    def _number(self, digits: str) -> str:
        """In groups as phones show it; masked, the last four alone."""
        shown = Imei(digits).digits
        if not self.full:
            return f"{_MASK * (len(shown) - 4)} {shown[-4:]}"
        return f"{shown[:2]} {shown[2:8]} {shown[8:14]} {shown[14]}"

    def _row(self, cell: CellForm) -> Mapping[str, Any]:
        t, none = self.words.t, self.words.t("pdf.none")
        asked = None if cell.asked_at is None else time_of(cell.asked_at)
        return {
            "carrier": t(f"carrier.{cell.carrier}"),
            "kind": "unknown" if cell.mark is None else cell.mark.value,
            "symbol": symbol_of(cell.mark),
            "word": t("mark.unknown.not_asked" if cell.error == "not-asked" else f"mark.{cell.mark or 'unknown'}.word"),
            "notes": list(self._notes(cell)),
            "asked": none if asked is None else self._clock(asked, "pdf.time_short"),
            "age": none if asked is None else self._age(asked),
            "channel": none if cell.channel is None else t(f"pdf.way_short.{cell.channel}"),
            "lag": self._lag(cell),
        }  # fmt: skip

    def _notes(self, cell: CellForm) -> Iterator[str]:
        t = self.words.t
        if cell.vanished:
            yield t("pdf.vanished")
        if cell.stale:
            yield t("pdf.stale")
        if cell.raw is not None and cell.raw != symbol_of(cell.mark):
            yield t("pdf.raw", raw=plain(cell.raw, 8))
        if cell.sentence:
            yield t("pdf.sentence", text=plain(cell.sentence, SENTENCE_CHARS))

    def _age(self, asked: datetime) -> str:
        """From the question to the sheet, in the largest whole unit."""
        seconds = max(0, int((time_of(self.sheet.issued_at) - asked).total_seconds()))
        for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
            if seconds >= size:
                return self.words.t(f"pdf.age.{unit}", n=seconds // size)
        return self.words.t("pdf.age.now")

    def _lag(self, cell: CellForm) -> str:
        """How far the carrier's own page is behind, where a source says so."""
        try:
            return self.words.t(f"carrier.{cell.carrier}.lag")
        except KeyError:
            return self.words.t("pdf.lag_unknown")

    @property
    def _tied(self) -> bool:
        return self.sheet.tie is not None and self.sheet.tie.matches

    def _shown(self) -> Iterator[str]:
        names = ["recorded", "unaltered", "no_gap"]
        names += ["stamped"] * bool(self.bundle.time) + ["tied"] * self._tied
        yield from (self.words.t(f"pdf.shows.{name}") for name in names)

    def _not_shown(self) -> Iterator[str]:
        codes = not_proved(tied=self._tied, stamped=bool(self.bundle.time))
        yield from (self.words.t(f"sheet.not_proved.{code}") for code in codes)
        yield from (self.words.t(f"pdf.not_shown.{name}") for name in ("no_record", "view"))

    def _record(self) -> Iterator[Mapping[str, Any]]:
        t, note = self.words.t, decode_note(self.sheet.checkpoint.encode())
        head, indexes = decode_checkpoint(note.text), [entry.index for entry in self.sheet.entries]
        size = t("pdf.record.size_text", size=f"{head.size:,}", count=len(indexes),
                 first=f"{indexes[0] + 1:,}", last=f"{indexes[-1] + 1:,}")  # fmt: skip
        key, stamps = VerifierKey.parse(self.bundle.signatures[0].key), len(self.bundle.time)
        time = t("pdf.record.time_stamped", n=stamps) if stamps else t("pdf.record.time_own")
        told = (("size", size, False), ("root", note.text.decode().split("\n")[2], True),
                ("key", key.fingerprint, True), ("time", time, False))  # fmt: skip
        yield from ({"label": t(f"pdf.record.{name}"), "text": text, "mono": mono} for name, text, mono in told)

    def _how(self, digest: str) -> Mapping[str, Any]:
        t = self.words.t
        where = t("pdf.how.check_here" if self.address else "pdf.how.check_page")
        steps = [t("pdf.how.keep"), t("pdf.how.check", where=where), t("pdf.how.phone")]
        return {"title": t("pdf.how.title"), "steps": steps, "digest_label": t("pdf.how.digest"), "digest": digest}

    def _qr(self, digest: str) -> Mapping[str, str]:
        """The verify page with the digest behind `#`, which no server sees; without an address the digest alone."""
        from shirorom.edge.qr import qr_path

        base = (self.address or "").rstrip("/")
        path, size = qr_path(f"{base}/verify#{digest}" if base else f"shirorom:sheet:{digest}")
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path d="{path}"/></svg>'
        return {"svg": svg, "alt": self.words.t("pdf.how.qr")}
