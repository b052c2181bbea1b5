"""What a check comes to: the verdict over all cells, why, and what to do next. Everything as codes; edges word it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shirorom.domain.advice import Advice, advise
from shirorom.domain.carrier import CarrierFacts, CarrierId, Source
from shirorom.domain.findings import Finding, FindingCode, Restriction, findings
from shirorom.domain.fold import JST
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.domain.policy import Policy
from shirorom.domain.verdict import Cell, Verdict, decide


@dataclass(frozen=True, slots=True)
class Place:
    """Which cell a reason speaks of: the number's place in the device (1-based) and the carrier."""

    n: int
    carrier: CarrierId


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the verdict is as it is.

    Attributes:
        code: `restricted`, `restriction-vanished`, `restricted-before`, `caution`, `clear`, `no-record`, `stale`; or a
            cell's error code; or a code of a finding; or the code of a storage error (the answers were not recorded).
        source: Where the reading of it rests; None: on the answers themselves.
        places: The cells it speaks of.
        policy: The policy that a finding comes from.
        recommended: A finding of a policy that binds nobody.
        by: The day (JST) that a finding speaks of.
        months: The months of an exception that a finding speaks of.
    """

    code: str
    source: Source | None = None
    places: tuple[Place, ...] = ()
    policy: str | None = None
    recommended: bool = False
    by: date | None = None
    months: int | None = None

    @property
    def carrier(self) -> CarrierId | None:
        """The one carrier it speaks of; None: none, or several."""
        carriers = {place.carrier for place in self.places}
        return carriers.pop() if len(carriers) == 1 else None


@dataclass(frozen=True, slots=True)
class Assessment:
    """The whole answer about one device. `storage`: why the answers could not be recorded, where they could not."""

    device: Device
    verdict: Verdict
    cells: tuple[Cell, ...]
    as_of: datetime
    practice: bool
    reasons: tuple[Reason, ...]
    advice: tuple[Advice, ...]
    policy: Policy
    storage: str | None = None


class FactBook(Protocol):
    """What an assessment asks of the dated facts."""

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        ...

    def source(self, what: str) -> Source:
        """Where a reason rests, by its name in `data/sources.toml`."""
        ...


def assess(
    device: Device,
    cells: Sequence[Cell],
    *,
    as_of: datetime,
    practice: bool,
    policy: Policy,
    facts: FactBook,
    storage: str | None = None,
    grounds: Sequence[Restriction] | None = None,
    purchased_on: date | None = None,
) -> Assessment:
    """Draw verdict, reasons and advice from the cells of one device.

    `grounds` are the restrictions that carriers' notices name; without them a × is one of unknown ground, as check
    pages show none. The policy adds findings and changes no mark.
    """
    verdict = decide(cells)
    reasons = [Reason(storage)] if storage is not None else []
    reasons += _reasons(device.imeis, cells, facts)
    if verdict.so_far is Mark.RESTRICTED:
        reasons += _found(policy, grounds or (Restriction(),), purchased_on, as_of.astimezone(JST).date())
    return Assessment(
        device=device,
        verdict=verdict,
        cells=tuple(cells),
        as_of=as_of,
        practice=practice,
        reasons=tuple(reasons),
        advice=advise(verdict, cells, carrier=facts.carrier, source=facts.source),
        policy=policy,
        storage=storage,
    )


_MARK_REASONS: tuple[tuple[str, str | None, Callable[[Cell], bool]], ...] = (
    ("restriction-vanished", "not-lifted", lambda cell: cell.vanished),
    ("restricted", "marks", lambda cell: cell.mark is Mark.RESTRICTED and not cell.vanished),
    ("restricted-before", None, lambda cell: cell.last is not None and cell.last.mark is Mark.RESTRICTED),
)
_MILD_REASONS: tuple[tuple[str, str | None, Callable[[Cell], bool]], ...] = (
    ("stale", None, lambda cell: cell.stale),
    ("caution", "caution", lambda cell: cell.mark is Mark.CAUTION),
    ("clear", "no-promise", lambda cell: cell.mark is Mark.CLEAR),
    ("no-record", "no-record", lambda cell: cell.mark is Mark.NO_RECORD),
)


def _reasons(imeis: Sequence[Imei], cells: Sequence[Cell], facts: FactBook) -> list[Reason]:
    """× first, then what could not be found out (not-asked last of it), then age and the other marks."""
    errors = sorted(
        {cell.error for cell in cells if cell.error is not None}, key=lambda code: (code == "not-asked", code)
    )
    rows = [(code, None if source is None else facts.source(source), which) for code, source, which in _MARK_REASONS]
    rows += [(code, None, _failed(code)) for code in errors]
    rows += [(code, None if source is None else facts.source(source), which) for code, source, which in _MILD_REASONS]
    reasons = [(code, source, _places(imeis, cells, which)) for code, source, which in rows]
    return [Reason(code, source, places) for code, source, places in reasons if places]


def _failed(code: str) -> Callable[[Cell], bool]:
    return lambda cell: cell.error == code


def _places(imeis: Sequence[Imei], cells: Sequence[Cell], which: Callable[[Cell], bool]) -> tuple[Place, ...]:
    return tuple(Place(imeis.index(cell.imei) + 1, cell.carrier) for cell in cells if which(cell))


def _found(policy: Policy, grounds: Sequence[Restriction], purchased_on: date | None, on: date) -> list[Reason]:
    found: dict[FindingCode, Finding] = {}
    for restriction in grounds:
        for finding in findings(policy, restriction, purchased_on, on):
            found.setdefault(finding.code, finding)
    return [
        Reason(f.code.value, f.source, policy=f.policy, recommended=f.recommended, by=f.by, months=f.months)
        for f in found.values()
    ]
