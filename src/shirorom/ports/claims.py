"""What claims and risk ask of whoever keeps the book, and of whoever knows survival analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from shirorom.domain.desk.claim import WarrantyClaim
from shirorom.domain.desk.spells import Spell
from shirorom.domain.desk.warranty import MarketTerm, ShopTerms
from shirorom.domain.imei import Device
from shirorom.ports.stock import Booked

CLAIMS_MAX = 200


class Claims(Protocol):
    """Claims as they were decided, and the units that they are about."""

    def of_receipt(self, receipt: str) -> Sequence[Booked]:
        """The units sold under a receipt, whatever its spelling (`plain_receipt`)."""
        ...

    def of_phone(self, device: Device) -> Sequence[Booked]:
        """Every unit that has one of these numbers, oldest entry first: a phone bought back is there more than once."""
        ...

    def book(self) -> Sequence[Booked]:
        """Every watched unit (in stock or sold)."""
        ...

    def state(self) -> tuple[int, int]:
        """Differs after every change of the book."""
        ...

    def put(self, claim: WarrantyClaim) -> WarrantyClaim:
        """Keep a claim, durable on return; where its id is taken, the one that is there is returned."""
        ...

    def get(self, id_: str) -> WarrantyClaim | None:
        """One claim by its id."""
        ...

    def newest(self, *, before: int | None = None, count_max: int = CLAIMS_MAX) -> Sequence[WarrantyClaim]:
        """Claims, newest first; of those with a smaller `seq` than `before`, where that is given."""
        ...


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """After so many days under observation: the share that has become ×, with its interval, and how many were left."""

    days: float
    share: float
    low: float
    high: float
    left: int


@dataclass(frozen=True, slots=True)
class Fitted:
    """What survival analysis makes of spells of one mark.

    Attributes:
        days: Days under risk by which events ÷ days is the most likely constant rate, × being known only to lie
            between two answers.
        shape: How the rate changes with age (Weibull: below 1 it falls), with its interval; None: too few events.
    """

    events: int
    days: float
    curve: tuple[CurvePoint, ...]
    shape: tuple[float, float, float] | None


class Survival(Protocol):
    """Survival analysis. `available` is False where its library is not installed; then nothing else may be called."""

    @property
    def available(self) -> bool:
        """Whether the extra `analytics` is installed."""
        ...

    def fit(self, spells: Sequence[Spell], *, level: float) -> Fitted:
        """Fit spells of one mark. Deterministic."""
        ...


class TermsFiles(Protocol):
    """The shop's warranty terms as a file that it edits, and what comes with the product beside them."""

    def terms(self) -> ShopTerms:
        """The shop's own terms; none where it has written none. Raises ConfigError `config-invalid`."""
        ...

    def read(self, file: Path) -> ShopTerms:
        """Another file of terms, read as strictly. Raises ConfigError `config-invalid`."""
        ...

    def save_terms(self, source: Path) -> ShopTerms:
        """Take a file over, word for word and only if it holds. Raises `config-invalid`, `storage-…`."""
        ...

    def example(self) -> str:
        """The packaged examples as text, comments and all: nobody's terms."""
        ...

    def market(self) -> Sequence[MarketTerm]:
        """What other shops were read to promise."""
        ...
