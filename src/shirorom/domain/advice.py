"""What a person can do next, as codes by role: few, the most important first, each with where it rests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shirorom.domain.carrier import CARRIERS, CarrierFacts, CarrierId, Source
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.verdict import Cell, Verdict

PER_ROLE_MAX = 4
"""Nobody at a counter reads a fifth."""


class Role(StrEnum):
    """Who asks."""

    BUYER = "buyer"
    SELLER = "seller"
    HOLDER = "holder"


ROLES = tuple(Role)


class AdviceCode(StrEnum):
    """What is advised; texts stand in the catalogue under `advice.CODE`."""

    DO_NOT_BUY = "do-not-buy"
    PAYING_DOES_NOT_LIFT = "paying-does-not-lift"
    DO_NOT_LIST = "do-not-list"
    SHOP_WARRANTY = "shop-warranty"
    OTHER_NETWORKS = "other-networks"
    KEEP_EVIDENCE = "keep-evidence"
    ASK_CARRIER = "ask-carrier"
    ASK_AGAIN = "ask-again"
    STALE_ASK_AGAIN = "stale-ask-again"
    WAIT_BEFORE_DEAL = "wait-before-deal"
    CAUTION_ASK_SELLER = "caution-ask-seller"
    CAUTION_SETTLE = "caution-settle"
    CAUTION_RECHECK = "caution-recheck"
    CAUTION_WARRANTY = "caution-warranty"
    CLEAR_NO_PROMISE = "clear-no-promise"
    CLEAR_KEEP_PAPERS = "clear-keep-papers"
    NO_RECORD_NOT_SAFE = "no-record-not-safe"
    NO_RECORD_ASK_SELLER = "no-record-ask-seller"
    NO_RECORD_PAPERS = "no-record-papers"
    NO_RECORD_CORRECT = "no-record-correct"
    LAG = "lag"
    BOTH_NUMBERS = "both-numbers"


_SOURCES = {
    AdviceCode.DO_NOT_BUY: "not-lifted",
    AdviceCode.PAYING_DOES_NOT_LIFT: "not-by-paying",
    AdviceCode.DO_NOT_LIST: "market-rules",
    AdviceCode.SHOP_WARRANTY: "warranty",
    AdviceCode.OTHER_NETWORKS: "reach",
    AdviceCode.ASK_CARRIER: "misregistration",
    AdviceCode.CAUTION_ASK_SELLER: "caution",
    AdviceCode.CAUTION_SETTLE: "caution",
    AdviceCode.CAUTION_RECHECK: "caution",
    AdviceCode.CAUTION_WARRANTY: "warranty",
    AdviceCode.CLEAR_NO_PROMISE: "no-promise",
    AdviceCode.CLEAR_KEEP_PAPERS: "warranty",
    AdviceCode.NO_RECORD_NOT_SAFE: "no-record",
    AdviceCode.NO_RECORD_ASK_SELLER: "no-record",
    AdviceCode.NO_RECORD_CORRECT: "repair-swap",
    AdviceCode.BOTH_NUMBERS: "both-numbers",
}
"""Names in `data/sources.toml`. What is not here rests on the answers, or on the carrier's own page (`lag`)."""

_B, _S, _H = Role.BUYER, Role.SELLER, Role.HOLDER
_A = AdviceCode

_BY_MARK: dict[Mark, tuple[tuple[Role, AdviceCode], ...]] = {
    Mark.RESTRICTED: (
        (_B, _A.DO_NOT_BUY), (_B, _A.PAYING_DOES_NOT_LIFT),
        (_S, _A.DO_NOT_LIST), (_S, _A.ASK_CARRIER),
        (_H, _A.SHOP_WARRANTY), (_H, _A.OTHER_NETWORKS), (_H, _A.KEEP_EVIDENCE),
    ),
    Mark.CAUTION: (
        (_B, _A.CAUTION_ASK_SELLER), (_B, _A.CAUTION_WARRANTY),
        (_S, _A.CAUTION_SETTLE),
        (_H, _A.CAUTION_RECHECK), (_H, _A.CAUTION_WARRANTY),
    ),
    Mark.CLEAR: (
        (_B, _A.CLEAR_NO_PROMISE), (_B, _A.CLEAR_KEEP_PAPERS),
        (_S, _A.CLEAR_NO_PROMISE),
        (_H, _A.CLEAR_NO_PROMISE),
    ),
    Mark.NO_RECORD: (
        (_B, _A.NO_RECORD_NOT_SAFE), (_B, _A.NO_RECORD_ASK_SELLER),
        (_S, _A.NO_RECORD_PAPERS),
        (_H, _A.NO_RECORD_NOT_SAFE), (_H, _A.NO_RECORD_CORRECT),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """One advice. `carriers`: those whom it names, in the usual order; empty when it names none."""

    code: AdviceCode
    role: Role
    source: Source | None
    carriers: tuple[CarrierId, ...] = ()


def advise(
    verdict: Verdict,
    cells: Sequence[Cell],
    *,
    carrier: Callable[[CarrierId], CarrierFacts],
    source: Callable[[str], Source],
) -> tuple[Advice, ...]:
    """Advice for buyer, seller and holder, at most `PER_ROLE_MAX` each, the most important first."""
    given: list[Advice] = []
    rows = _codes(verdict, cells)
    for role in ROLES:
        for _, code, carriers in _once([row for row in rows if row[0] is role])[:PER_ROLE_MAX]:
            given.append(Advice(code, role, _source(code, carriers, carrier, source), carriers))
    return tuple(given)


_Row = tuple[Role, AdviceCode, tuple[CarrierId, ...]]


def _codes(verdict: Verdict, cells: Sequence[Cell]) -> list[_Row]:
    """Everything that could be said, the most important first."""
    rows: list[_Row] = []
    restricted = _who(cells, lambda cell: cell.mark is Mark.RESTRICTED)
    vanished = _who(cells, lambda cell: cell.vanished)
    open_ = _who(cells, lambda cell: cell.mark is None)
    stale = _who(cells, lambda cell: cell.stale)
    if vanished:
        rows += [(_H, _A.KEEP_EVIDENCE, vanished), (_H, _A.ASK_CARRIER, vanished), (_S, _A.ASK_CARRIER, vanished)]
    if verdict.kind is VerdictKind.UNDETERMINED:
        rows += [(_B, _A.WAIT_BEFORE_DEAL, ())]
        rows += [(role, _A.ASK_AGAIN, open_) for role in ROLES if open_]
    rows += [(role, _A.STALE_ASK_AGAIN, stale) for role in ROLES if stale]
    for role, code in _BY_MARK[verdict.so_far] if verdict.so_far is not None else ():
        rows.append((role, code, restricted if code in _NAMES_RESTRICTED else ()))
    if verdict.kind is VerdictKind.RESTRICTED and open_:
        rows += [(_H, _A.ASK_AGAIN, open_)]
    rows += _lag(verdict, cells)
    if len({cell.imei for cell in cells}) == 1 and verdict.so_far is not Mark.RESTRICTED:
        rows += [(role, _A.BOTH_NUMBERS, ()) for role in ROLES]
    return rows


_NAMES_RESTRICTED = frozenset({_A.OTHER_NETWORKS, _A.ASK_CARRIER, _A.DO_NOT_BUY})


def _lag(verdict: Verdict, cells: Sequence[Cell]) -> list[_Row]:
    """Only docomo says how late its list is: a payment (△), or a sale (－ everywhere), shows days later."""
    waits = {Mark.CAUTION} if verdict.so_far is not Mark.NO_RECORD else {Mark.NO_RECORD}
    docomo = any(cell.carrier is CarrierId.DOCOMO and cell.mark in waits for cell in cells)
    mild = verdict.so_far is not Mark.RESTRICTED
    return [(role, _A.LAG, (CarrierId.DOCOMO,)) for role in (_S, _B) if docomo and mild]


def _who(cells: Sequence[Cell], which: Callable[[Cell], bool]) -> tuple[CarrierId, ...]:
    named = {cell.carrier for cell in cells if which(cell)}
    return tuple(carrier for carrier in CARRIERS if carrier in named)


def _once(rows: Sequence[_Row]) -> list[_Row]:
    """The first of each code."""
    seen: dict[AdviceCode, _Row] = {}
    for row in rows:
        seen.setdefault(row[1], row)
    return list(seen.values())


def _source(
    code: AdviceCode,
    carriers: Sequence[CarrierId],
    carrier: Callable[[CarrierId], CarrierFacts],
    source: Callable[[str], Source],
) -> Source | None:
    if code is AdviceCode.LAG:
        return next((fact for fact in carrier(carriers[0]).sources if "lag" in fact.what), None)
    return source(_SOURCES[code]) if code in _SOURCES else None
