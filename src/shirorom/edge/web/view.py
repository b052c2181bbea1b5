"""What each page shows, as plain values for its template: built from a job, worded in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from shirorom.domain.assessment import Assessment
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.edge.web import slip
from shirorom.edge.web.asking import Asking, name_of
from shirorom.edge.web.jobs import Job, Place
from shirorom.edge.web.look import (
    CLASS_OF,
    CLASS_OF_VERDICT,
    Speech,
    Tile,
    official_url,
    tile,
)
from shirorom.edge.web.reminder import DAYS
from shirorom.edge.wire import advice_of, reasons_of
from shirorom.edge.words import verdict_sentence
from shirorom.service.settings import Access

FIRST = 2
"""Advice for each role that stands open; the rest is one step away."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Makes the views of one request."""

    asking: Asking
    speech: Speech

    def t(self, key: str, /, **details: str | int) -> str:
        """A text of the catalogue."""
        return self.speech.t(key, **details)

    def check(self, job: Job, *, at: Place | None = None, focus: bool = False, error: ShiroromError | None = None,
              seen: int | None = None) -> dict[str, Any]:  # fmt: skip
        """Everything that `check.html` and its parts need. `seen`: the version that the reader already has."""
        hand = self._hand(job, at, focus=focus, error=error)
        done = sum(place in job.cells for place in job.asking)
        waiting = job.running and done < len(job.asking)
        result = None if waiting else job.assessment
        view: dict[str, Any] = {
            "imeis": job.device.imeis,
            "running": job.running,
            "waiting": waiting,
            "version": job.version,
            "done": done,
            "total": len(job.asking),
            "rows": self._rows(job),
            "hand": hand,
            "hand_first": bool(hand and hand["now"] and not (result and result.verdict.so_far is Mark.RESTRICTED)),
            "corrections": self._corrections(job),
            "again": 0 if job.running else len(self.asking.failed(job)),
            "history": not self.asking.public,
            "slip": slip.offered(job),
            "remind": DAYS if result and result.verdict.kind is not VerdictKind.RESTRICTED else (),
            "lags": self._lags(),
            "sources": self._sources(),
            "ministry": next((p.ministry_url for p in self.asking.parts.facts.policies() if p.ministry_url), None),
            "policy": self.asking.parts.settings.verdict.policy,
            "indexes": self._indexes(job),
            "troubles": [self._trouble(error) for error in (job.error, _storage(job)) if error],
            "unkept": self.asking.public and not job.record and bool(result),
            "news": self._news(job, seen),
            "as_of": result.as_of if result else None,
        }
        return view | (self._verdict(job, result) if result else self._no_verdict(job))

    def _verdict(self, job: Job, result: Assessment) -> dict[str, Any]:
        kind = result.verdict.kind
        start = bool(self.asking.open_places(job)) and not any(cell.mark for cell in job.cells.values())
        early = bool(self.asking.open_places(job)) and kind.value == "undetermined"
        return {
            "css": CLASS_OF_VERDICT[kind],
            "symbol": kind.symbol,
            "word": self.t(f"verdict.{kind.value}.title"),
            "headline": self.t("ui.headline.hand") if start else verdict_sentence(result, self.speech.words),
            "sub": None if start else self._sub(job, result),
            "left_out": bool(self.asking.carriers(Access.OFF)),
            "reasons": [] if start else reasons_of(result, self.speech.words),
            "advice": [] if early else self._advice(result),
        }

    def _no_verdict(self, job: Job) -> dict[str, Any]:
        restricted = any(cell.mark is Mark.RESTRICTED for cell in job.cells.values())
        return {
            "css": "wait running" if job.running else "q",
            "symbol": "",
            "word": None,
            "headline": self.t("ui.headline.running" if job.running else "verdict.undetermined.title"),
            "sub": self.t("ui.result.restricted_already") if restricted else None,
            "left_out": False,
            "reasons": [],
            "advice": [],
        }

    def _sub(self, job: Job, result: Assessment) -> str | None:
        verdict = result.verdict
        if verdict.kind.value == "undetermined":
            if verdict.so_far is not None:
                return self.t("ui.sub.undetermined_so_far", word=self.speech.word(verdict.so_far))
            return self.t("ui.sub.undetermined_hand" if self.asking.open_places(job) else "ui.sub.undetermined_none")
        return self.t(f"verdict.{verdict.kind.value}.text")

    def _advice(self, result: Assessment) -> list[dict[str, Any]]:
        told = advice_of(result, self.speech.words)
        return [
            {"title": self.t(f"role.{role}"), "first": mine[:FIRST], "rest": mine[FIRST:]}
            for role in ("buyer", "seller", "holder")
            if (mine := [advice for advice in told if advice.role == role])
        ]

    def _rows(self, job: Job) -> list[dict[str, Any]]:
        return [
            {
                "name": self.speech.carrier(carrier),
                "brands": self.speech.brands(self.asking.parts.facts.carrier(carrier)),
                "lag": self.t("ui.cell.lag", lag=lag) if (lag := self._lag(carrier)) else None,
                "tiles": [self._tile(job, n, imei, carrier) for n, imei in enumerate(job.device.imeis, 1)],
            }
            for carrier in CarrierId
        ]

    def _tile(self, job: Job, number: int, imei: Imei, carrier: CarrierId) -> Tile:
        place = (imei, carrier)
        cell = job.cells.get(place)
        access = self.asking.parts.settings.carrier(carrier).access
        state = "done"
        if place in job.asking and cell is None:
            state = "waiting"
        elif place in job.asking and job.running and job.record and cell and cell.mark and cell.index is None:
            state = "recording"
        elif access is Access.OFF:
            state = "off"
        elif access is Access.HAND and place in self.asking.open_places(job):
            state = "open"
        return tile(
            cell, number=number, imei=imei, carrier=carrier, speech=self.speech, state=state,
            skipped=place in job.skipped,
        )  # fmt: skip

    def _hand(self, job: Job, at: Place | None, *, focus: bool, error: ShiroromError | None) -> dict[str, Any] | None:
        places = self.asking.by_hand(job)
        if not places:
            return None
        open_ = self.asking.open_places(job)
        now = at if at in places else (open_[0] if open_ else None)
        rest = [place for place in places if place not in open_ and place != now]
        return {
            "now": self._card(job, now) if now else None,
            "total": len(places),
            "done": len(rest),
            "steps": ["now" if place == now else "later" if place in open_ else "done" for place in places],
            "options": [
                {"css": CLASS_OF[mark], "symbol": mark.symbol, "word": self.speech.word(mark)} for mark in Mark
            ],
            "undo": bool(job.given),
            "redo": [self._card(job, place) for place in rest],
            "focus": focus,
            "error": self._trouble(error) if error else None,
        }

    def _card(self, job: Job, place: Place) -> dict[str, Any]:
        imei, carrier = place
        parts = self.asking.parts
        name = self.speech.carrier(carrier)
        number = self.t("ui.hand.number", n=job.device.imeis.index(imei) + 1)
        several = len(job.device.imeis) > 1
        url = official_url(carrier, parts.settings, parts.facts)
        return {
            "place": name_of(place, job.device),
            "name": f"{name} {number}" if several else name,
            "number": number if several else "IMEI",
            "digits": imei.digits,
            "explanation": parts.facts.carrier(carrier).explanation_url,
            "carrier": name,
            "url": url,
            "host": urlsplit(url).netloc,
        }

    def _corrections(self, job: Job) -> list[dict[str, str]]:
        if self.asking.public or job.running:
            return []
        vanished = [place for place, cell in job.cells.items() if cell.vanished]
        return [{"place": name_of(place, job.device), "name": self._card(job, place)["name"]} for place in vanished]

    def _lag(self, carrier: CarrierId) -> str | None:
        facts = self.asking.parts.facts.carrier(carrier)
        return facts.lag_en if self.speech.language == "en" else facts.lag

    def _lags(self) -> str:
        lag = {carrier: self._lag(carrier) for carrier in CarrierId}
        known = [
            self.t("ui.policy.lag_known", carrier=self.speech.carrier(carrier), lag=text)
            for carrier, text in lag.items()
            if text
        ]
        unknown = [carrier for carrier, text in lag.items() if not text]
        if unknown:
            known.append(self.t("ui.policy.lag_unknown", carriers=self.speech.names(unknown)))
        return self.t("ui.join.sentences").join(known)

    def _sources(self) -> list[dict[str, str]]:
        """Where the facts about each carrier were read; one page of a carrier stands once."""
        rows: dict[tuple[CarrierId, str], dict[str, str]] = {}
        for carrier in CarrierId:
            for source in self.asking.parts.facts.carrier(carrier).sources:
                row = {"url": source.url, "title": source.title, "read_on": source.read_on.isoformat()}
                rows.setdefault((carrier, source.url), row | {"carrier": self.speech.carrier(carrier)})
        return list(rows.values())

    def _indexes(self, job: Job) -> str:
        found = sorted(cell.index for cell in job.cells.values() if cell.index is not None)
        return ", ".join(f"{index:,}" for index in found)

    def _trouble(self, error: ShiroromError) -> dict[str, str]:
        return {"code": error.code, "title": self.t(f"code.{error.code}.title", **error.details)}

    def _news(self, job: Job, seen: int | None) -> str:
        """What a screen reader is told: the answers that have come since, and the end."""
        if seen is None:
            return ""
        new = [place for version, place in job.arrived if version > seen]
        told = [
            self.t("ui.result.arrived", carrier=self._card(job, place)["name"], word=self._said(job, place))
            for place in new
        ]
        if not job.running and job.assessment:
            told.append(self.t("ui.result.finished", headline=verdict_sentence(job.assessment, self.speech.words)))
        return self.t("ui.join.sentences").join(told)

    def _said(self, job: Job, place: Place) -> str:
        cell = job.cells.get(place)
        if cell is not None and cell.mark is not None:
            return self.speech.word(cell.mark)
        return self.t("mark.unknown.failed")


def _storage(job: Job) -> ShiroromError | None:
    """Why the answers are shown and not recorded."""
    return ShiroromError(job.storage) if job.storage else None
