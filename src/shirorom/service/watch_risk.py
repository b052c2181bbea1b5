"""The chance that △ (or ○) becomes ×, what it is expected to cost, and whether such a forecast would have been right.

1. the phones of the book, in one world: real, or practice where the whole book is practice
2. their recorded answers become spells under risk; survival analysis counts × and days (none without its library)
3. published base rates and own histories together make the rate of each mark
4. every sold unit: covered until when, what × would cost when; summed by where it stands today
5. back-test: the same on what was known before a past day, held against what came after it
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time

from shirorom.domain.desk.backtest import BackTest, back_test, follow
from shirorom.domain.desk.exposure import (
    AtRisk,
    Cost,
    LeftOut,
    Standing,
    at_risk,
    chance_of,
    cost_of,
    standing,
)
from shirorom.domain.desk.risk import HORIZONS_MONTHS, MONTH_DAYS, BaseRates, Believed, Chance, Sample, believe
from shirorom.domain.desk.spells import Spell
from shirorom.domain.desk.stock import Status
from shirorom.domain.desk.warranty import Coverage, ShopTerms, coverage
from shirorom.domain.fold import JST
from shirorom.domain.mark import Mark
from shirorom.ports.claims import Claims, Fitted, Survival
from shirorom.ports.clock import Clock
from shirorom.ports.stock import Booked
from shirorom.service.watch_histories import Histories

MARKS = (Mark.CAUTION, Mark.CLEAR)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The chance of one mark within so many months: by published rates, by own histories, by both."""

    mark: Mark
    months: int
    published: Chance
    own: Chance | None
    both: Chance


@dataclass(frozen=True, slots=True)
class RiskReport:
    """Everything that the page shows, as of one day.

    Attributes:
        elsewhere: Units of the book that are in the other world (practice or real) and not in here.
        available: Whether own histories could be analysed; without the library only published rates stand.
        terms_written: Whether the shop has written down any terms.
        fitted: What survival analysis made of each mark's spells.
    """

    day: date
    practice: bool
    units: int
    sold: int
    elsewhere: int
    available: bool
    terms_written: bool
    rates: BaseRates
    believed: Mapping[Mark, Believed]
    horizons: tuple[Horizon, ...]
    fitted: Mapping[Mark, Fitted]
    cost: Cost
    entries: int


@dataclass(frozen=True, slots=True)
class UnitRisk:
    """One unit: covered or not, where it stands, the chance within its warranty (None: left out, or ×)."""

    coverage: Coverage
    standing: Standing
    chance: Chance | None
    left_out: LeftOut | None


@dataclass(slots=True)
class RiskDesk:
    """Answers from the book, the log, the terms and the rates. One report serves everybody until something changes."""

    claims: Claims
    histories: Callable[[bool], Histories]
    survival: Survival
    terms: Callable[[], ShopTerms]
    rates: Callable[[], BaseRates]
    stamp: Callable[[], tuple[int, ...]]
    clock: Clock
    _known: tuple[object, RiskReport] | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def report(self) -> RiskReport:
        """Chances and costs as of today. Raises StorageError, ConfigError: nothing is estimated from half of it."""
        with self._lock:
            known, day = self._known, self._today()
            if known is not None and known[0] == self._state(known[1].practice, day):
                return known[1]
            book, practice, elsewhere = self._book()
            state = self._state(practice, day)
            report = self._report(book, self.histories(practice), day, practice, elsewhere)
            self._known = (state, report)
            return report

    @property
    def last(self) -> RiskReport | None:
        """The report as it was made last, for who must not wait; None: nobody has asked yet."""
        known = self._known
        return None if known is None else known[1]

    def _state(self, practice: bool, day: date) -> object:
        """What a report is made of, cheap to ask for: it differs after any change of book, log, terms or day."""
        return day, self.claims.state(), self.stamp(), self.histories(practice).follow()

    def of_units(self, keys: Sequence[str]) -> Mapping[str, UnitRisk]:
        """The risk of units by their stock key; those that are not in the book are left out."""
        report, wanted = self.report(), set(keys)
        with self._lock:
            book, _, _ = self._book()
            histories, terms = self.histories(report.practice), self.terms()
            return {one.unit.key: self._unit(one, histories, terms, report) for one in book if one.unit.key in wanted}

    def back_test(self, split: date | None = None) -> BackTest | None:
        """Fitted before a day (JST), held against what came after; by default the middle of the record.

        None: there is nothing to compare: no library, no answers, or nobody was asked again after the split.
        """
        if not self.survival.available:
            return None
        with self._lock:
            book, practice, _ = self._book()
            histories = self.histories(practice)
            histories.follow()
            whole = [histories.spells(one.unit.device) for one in book]
            split = split or _middle(spell for some in whole for runs in some.values() for spell in runs)
            if split is None:
                return None
            moment = datetime.combine(split, time.min, JST)
            before = [histories.spells(one.unit.device, until=moment) for one in book]
            rates = self.rates()
            samples, _ = self._samples((runs for some in before for runs in some.values()), rates.level)
            followed = [
                one
                for early, late in zip(before, whole, strict=True)
                for carrier, runs in early.items()
                if (one := follow(runs, late[carrier])) is not None
            ]
        return back_test(split, believe(rates, samples, split), followed) if followed else None

    def _today(self) -> date:
        return self.clock.now().astimezone(JST).date()

    def _book(self) -> tuple[list[Booked], bool, int]:
        """The units of one world, which world, and how many are in the other. No phone is counted twice."""
        book = self.claims.book()
        practice = bool(book) and all(one.practice for one in book)
        mine = [one for one in book if one.practice is practice]
        return mine, practice, len(book) - len(mine)

    def _report(
        self, book: Sequence[Booked], histories: Histories, day: date, practice: bool, elsewhere: int
    ) -> RiskReport:
        rates, terms = self.rates(), self.terms()
        known = {one.seq: histories.spells(one.unit.device) for one in book}
        phones = {one.unit.device.imeis[0].key: known[one.seq] for one in book}  # a phone bought back counts once
        samples: dict[Mark, Sample] | None = None
        fitted: Mapping[Mark, Fitted] = {}
        if self.survival.available:
            samples, fitted = self._samples((runs for some in phones.values() for runs in some.values()), rates.level)
        believed = believe(rates, samples, day)
        sold = [one for one in book if one.unit.status is Status.SOLD]
        parts = [
            at_risk(one.unit, coverage(one.unit, terms, day), _stands(known[one.seq].values()), day, rates.ahead_months)
            for one in sold
        ]
        return RiskReport(
            day=day,
            practice=practice,
            units=len(book),
            sold=len(sold),
            elsewhere=elsewhere,
            available=self.survival.available,
            terms_written=bool(terms.terms),
            rates=rates,
            believed=believed,
            horizons=tuple(_horizons(believed)),
            fitted=fitted,
            cost=cost_of(parts, believed),
            entries=histories.size,
        )

    def _unit(self, one: Booked, histories: Histories, terms: ShopTerms, report: RiskReport) -> UnitRisk:
        covered = coverage(one.unit, terms, report.day)
        stands = _stands(histories.spells(one.unit.device).values())
        part = at_risk(one.unit, covered, stands, report.day, report.rates.ahead_months)
        if isinstance(part, AtRisk):
            return UnitRisk(covered, stands, chance_of(part, report.believed), None)
        return UnitRisk(covered, stands, None, part)

    def _samples(
        self, subjects: Iterator[Sequence[Spell]], level: float
    ) -> tuple[dict[Mark, Sample], dict[Mark, Fitted]]:
        """What own histories hold of each mark."""
        found: dict[Mark, list[Spell]] = {mark: [] for mark in MARKS}
        for runs in subjects:
            for spell in runs:
                if spell.mark in found:
                    found[spell.mark].append(spell)
        samples, fitted = {}, {}
        for mark, some in found.items():
            timed = [spell for spell in some if spell.days > 0]
            fit = self.survival.fit(timed, level=level)
            fitted[mark] = fit
            samples[mark] = Sample(len(timed), fit.events, fit.days, once=len(some) - len(timed))
        return samples, fitted


def _stands(carriers: Iterable[Sequence[Spell]]) -> Standing:
    """Where a unit stands by the newest answer of each carrier."""
    newest = [runs[-1] for runs in carriers if runs]
    return standing([(spell.mark, spell.last_at.astimezone(JST).date()) for spell in newest])


def _horizons(believed: Mapping[Mark, Believed]) -> Iterator[Horizon]:
    for mark, one in believed.items():
        for months in HORIZONS_MONTHS:
            days = months * MONTH_DAYS
            yield Horizon(mark, months, one.chance_published(days), one.chance_own(days), one.chance(days))


def _middle(spells: Iterable[Spell]) -> date | None:
    """The day in the middle between the first answer and the last."""
    ends = [at for spell in spells for at in (spell.first_at, spell.next_at or spell.last_at)]
    if not ends:
        return None
    first = min(ends)
    return (first + (max(ends) - first) / 2).astimezone(JST).date()
