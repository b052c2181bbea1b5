"""How often something rare happens: a rate per day that is known only as a gamma distribution (Gamma–Poisson).

Standard library alone. Source: Abramowitz & Stegun §6.5 (incomplete gamma function by series and continued fraction);
under a gamma prior the posterior of a Poisson rate is gamma, and the count to come is negative binomial.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, expm1, lgamma, log, log1p

STEPS_MAX = 10_000
TINY = 1e-300
COUNT_MAX = 1_000_000


def gamma_cdf(shape: float, x: float) -> float:
    """P(X ≤ x) of a gamma distribution with this shape and rate 1; 14 digits for shapes from 0.05 to a million."""
    if x <= 0:
        return 0.0
    head = shape * log(x) - x - lgamma(shape)
    if x < shape + 1:
        term = total = 1 / shape
        for n in range(1, STEPS_MAX):
            term *= x / (shape + n)
            total += term
            if term < total * 1e-16:
                break
        return min(1.0, total * exp(head))
    b, c = x + 1 - shape, 1 / TINY
    d = 1 / b
    h = d
    for n in range(1, STEPS_MAX):  # Lentz's continued fraction of the upper tail
        a = -n * (n - shape)
        b += 2
        d = 1 / (a * d + b if abs(a * d + b) > TINY else TINY)
        c = b + a / c if abs(b + a / c) > TINY else TINY
        h *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return max(0.0, 1 - exp(head) * h)


@dataclass(frozen=True, slots=True)
class Gamma:
    """A rate per day. `shape` is as good as events seen, `days` as the days in which they were."""

    shape: float
    days: float

    def __post_init__(self) -> None:
        if not (0.05 <= self.shape <= COUNT_MAX and 0 < self.days < 1e15):
            raise ValueError("no distribution of a rate")

    @property
    def mean(self) -> float:
        """The expected rate, per day."""
        return self.shape / self.days

    def after(self, events: int, days: float) -> Gamma:
        """What is known once so many events were seen in so many days."""
        return Gamma(self.shape + events, self.days + days)

    def quantile(self, p: float) -> float:
        """The rate that is not exceeded with probability p."""
        return _quantile(self.shape, p) / self.days

    def chance(self, days: float) -> float:
        """That it happens within so many days: 1 − E[exp(−rate·days)]."""
        return -expm1(-self.shape * log1p(days / self.days))

    def count_quantile(self, days: float, p: float) -> int:
        """How many will be seen in so many days, not exceeded with probability p (negative binomial)."""
        share = days / (self.days + days)
        term = exp(self.shape * log(self.days / (self.days + days)))
        total, count = term, 0
        while total < p and count < COUNT_MAX:
            count += 1
            term *= share * (self.shape + count - 1) / count
            total += term
        return count


@lru_cache(maxsize=256)
def _quantile(shape: float, p: float) -> float:
    """Of a gamma distribution with rate 1, by halving; a book asks for the same few again and again."""
    low, high = 0.0, shape + 1
    while gamma_cdf(shape, high) < p:
        high *= 2
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if gamma_cdf(shape, middle) < p else (low, middle)
    return high


def chance_at(rate: float, days: float) -> float:
    """The chance within so many days at a known rate."""
    return -expm1(-rate * days)
