"""What a rule says about a restriction: findings beside the mark. A policy never changes a mark."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shirorom.domain.carrier import Source
from shirorom.domain.notice import Ground
from shirorom.domain.policy import Policy, Rule, Standing, Treatment


class FindingCode(StrEnum):
    """What can be found."""

    GROUND_NOT_ALLOWED = "ground-not-allowed"
    MUST_BE_LIFTED_BY = "must-be-lifted-by"
    NOT_ENFORCED_ACROSS_NETWORKS = "not-enforced-across-networks"
    GROUND_UNKNOWN = "ground-unknown"  # the check pages name no ground: "if it is non-payment, then …"
    PURCHASE_DATE_UNKNOWN = "purchase-date-unknown"  # "unless bought in the last … months"
    TREATMENT_UNKNOWN = "treatment-unknown"  # the sources leave this ground open


@dataclass(frozen=True, slots=True)
class Restriction:
    """A × to be judged: its ground (None: not told, as on every check page) and first day (JST), where known."""

    ground: Ground | None = None
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `recommended`: the rule only recommends, and has no date of force. `by`: the day it speaks of."""

    code: FindingCode
    policy: str
    recommended: bool
    source: Source
    by: date | None = None
    months: int | None = None


def findings(policy: Policy, restriction: Restriction, purchased_on: date | None, on: date) -> tuple[Finding, ...]:
    """What a policy says, on a day (JST), about one restriction. Empty where it has nothing against it.

    `purchased_on` is the day of the first sale; a buyer in the second hand seldom knows it (None).
    """
    if policy.from_ is not None and on < policy.from_:
        return ()
    if restriction.ground is None:
        return _of_unknown_ground(policy)
    rule = policy.rule(restriction.ground)
    match rule.treatment:
        case Treatment.FORBIDDEN:
            return (_of_forbidden(policy, rule, purchased_on, on),)
        case Treatment.UNKNOWN:
            return (_finding(policy, FindingCode.TREATMENT_UNKNOWN, rule),)
        case Treatment.ALLOWED:
            return (_not_enforced(policy, rule),) if _stays_local(policy, on) else ()


def tolerated_until(purchased_on: date, months: int) -> date:
    """The first day on which the exception no longer holds: the same day so many months on, or that month's last."""
    month = purchased_on.month - 1 + months
    year, month = purchased_on.year + month // 12, month % 12 + 1
    return date(year, month, min(purchased_on.day, monthrange(year, month)[1]))


def _of_unknown_ground(policy: Policy) -> tuple[Finding, ...]:
    forbidden = [rule for rule in policy.rules if rule.treatment is Treatment.FORBIDDEN]
    return tuple(_finding(policy, FindingCode.GROUND_UNKNOWN, rule) for rule in forbidden)


def _of_forbidden(policy: Policy, rule: Rule, purchased_on: date | None, on: date) -> Finding:
    if rule.months_from_purchase is None:
        return _finding(policy, FindingCode.GROUND_NOT_ALLOWED, rule)
    if purchased_on is None:
        return _finding(policy, FindingCode.PURCHASE_DATE_UNKNOWN, rule)
    until = tolerated_until(purchased_on, rule.months_from_purchase)
    code = FindingCode.MUST_BE_LIFTED_BY if on < until else FindingCode.GROUND_NOT_ALLOWED
    return _finding(policy, code, rule, by=until)


def _stays_local(policy: Policy, on: date) -> bool:
    """Whether carriers should refuse each other's restricted phones and are not known to do so."""
    return policy.sharing and (policy.shared_since is None or on < policy.shared_since)


def _not_enforced(policy: Policy, rule: Rule) -> Finding:
    return _finding(policy, FindingCode.NOT_ENFORCED_ACROSS_NETWORKS, rule)


def _finding(policy: Policy, code: FindingCode, rule: Rule, *, by: date | None = None) -> Finding:
    return Finding(
        code=code,
        policy=policy.id,
        recommended=policy.standing is not Standing.IN_FORCE,
        source=rule.source,
        by=by,
        months=rule.months_from_purchase,
    )
