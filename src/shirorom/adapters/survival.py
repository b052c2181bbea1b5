"""Survival analysis by lifelines (extra `analytics`), which is only loaded when something is fitted.

× is known to lie between two answers, so it is fitted as interval-censored: exponential for the rate that the estimates
use, Weibull to see whether the rate changes with age. The curve is Kaplan–Meier with × at the later of both answers.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from typing import Any

from shirorom.domain.desk.risk import HORIZONS_MONTHS, MONTH_DAYS
from shirorom.domain.desk.spells import Spell
from shirorom.ports.claims import CurvePoint, Fitted

SHAPE_EVENTS_MIN = 10
"""With fewer events nothing is said about how the rate changes."""
DAYS_FINE = 10
DAY_MIN = 0.01
"""lifelines takes no interval that begins and ends at 0."""


class LifelinesSurvival:
    """See `ports.claims.Survival`."""

    @property
    def available(self) -> bool:
        """See `ports.claims.Survival`."""
        return find_spec("lifelines") is not None

    def fit(self, spells: Sequence[Spell], *, level: float) -> Fitted:
        """See `ports.claims.Survival`."""
        bounds = Counter(_bounds(spell) for spell in spells if spell.days > 0)
        events = sum(count for (_, high), count in bounds.items() if high is not None)
        days = sum((low if high is None else high) * count for (low, high), count in bounds.items())
        if not events:
            return Fitted(0, days, _curve(bounds, level) if bounds else (), None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # lifelines speaks of pandas' future, and of fits that are checked below
            likely = _exponential_days(bounds, events, days)
            shape = _shape(bounds, level, days / events) if events >= SHAPE_EVENTS_MIN else None
        # a fit that went astray lies outside of what any moments of × could give
        shortest = sum(low * count for (low, _), count in bounds.items())
        if likely is not None and shortest <= likely <= days:
            days = likely
        return Fitted(events, days, _curve(bounds, level), shape)


def _lifelines() -> Any:
    """The library; it has no types."""
    return import_module("lifelines")


Bounds = Counter[tuple[float, float | None]]


def _bounds(spell: Spell) -> tuple[float, float | None]:
    """Coarse enough that equal intervals are counted and not repeated: from ten days on, whole days."""
    low, high = (None if one is None else round(one, 2 if one < DAYS_FINE else 0) for one in spell.bounds)
    return low or 0.0, None if high is None else max(high, (low or 0.0) + DAY_MIN)


def _columns(bounds: Bounds, scale: float = 1.0) -> tuple[Any, Any, Any]:
    """Lower bounds, upper bounds (infinite: no ×) and how often each pair stands, in units of so many days."""
    import numpy as np

    low = np.array([low for low, _ in bounds], dtype=float) / scale
    high = np.array([np.inf if high is None else high for _, high in bounds], dtype=float) / scale
    return low, high, np.array(list(bounds.values()), dtype=float)


def _exponential_days(bounds: Bounds, events: int, days: float) -> float | None:
    """events ÷ the most likely constant rate; None: no fit. Times are in mean times to ×: the search begins at 1."""
    low, high, weights = _columns(bounds, days / events)
    try:
        fitted = _lifelines().ExponentialFitter().fit_interval_censoring(low, high, weights=weights)
    except (_lifelines().exceptions.ConvergenceError, ValueError, ZeroDivisionError):
        return None
    return float(days * fitted.lambda_)


def _shape(bounds: Bounds, level: float, scale: float) -> tuple[float, float, float] | None:
    low, high, weights = _columns(bounds, scale)
    try:
        fitted = _lifelines().WeibullFitter(alpha=1 - level).fit_interval_censoring(low, high, weights=weights)
    except (_lifelines().exceptions.ConvergenceError, ValueError, ZeroDivisionError):
        return None
    row = fitted.summary.loc["rho_"]
    value = float(row["coef"])
    bounds_of = [float(row[name]) for name in row.index if name.startswith(("coef lower", "coef upper"))]
    known = len(bounds_of) == 2 and all(isfinite(one) for one in (value, *bounds_of))
    return (value, bounds_of[0], bounds_of[1]) if known else None


def _none_seen(left: int, level: float) -> float:
    """How high a share can be of which so many showed nothing (Clopper–Pearson); Kaplan–Meier tells none."""
    return 1 - float(((1 - level) / 2) ** (1 / left)) if left else 1.0


def _curve(bounds: Bounds, level: float) -> tuple[CurvePoint, ...]:
    """At the horizons up to the longest time seen."""
    import numpy as np

    low, high, weights = _columns(bounds)
    happened = np.isfinite(high)
    times = np.where(happened, high, low)
    fitted = _lifelines().KaplanMeierFitter(alpha=1 - level).fit(times, happened, weights=weights)
    longest = float(times.max())
    ends = [months * MONTH_DAYS for months in HORIZONS_MONTHS if months * MONTH_DAYS <= longest]
    interval = fitted.confidence_interval_survival_function_
    points = []
    for end in ends:
        share = 1 - float(fitted.predict(end))
        row = interval.iloc[int(interval.index.searchsorted(end, side="right")) - 1]
        bottom, top = 1 - float(row.iloc[1]), 1 - float(row.iloc[0])
        left = int(weights[times >= end].sum())
        top = max(top, _none_seen(left, level)) if share == 0 else top
        points.append(CurvePoint(end, share, min(bottom, share), max(top, share), left))
    return tuple(points)
