"""What a network refuses of what carriers restricted, under a policy: from notices alone, and never a mark.

Custom (data/policies/voluntary-2016.toml, its milestone `sim-lock-ended`: a × phone works with another carrier's SIM):
a network refuses what its own carrier restricted, whatever the ground, and nothing of the others. A policy changes that
only where its data say so; what they leave open is undetermined. So long as a policy has no day of force, what it
forbids is undetermined too: nobody has said whether restrictions that stand are lifted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import assert_never

from shirorom.domain.carrier import CarrierId
from shirorom.domain.findings import tolerated_until
from shirorom.domain.notice import Ground, Notice
from shirorom.domain.policy import Policy, Rule, Standing, Treatment


class Enforcement(StrEnum):
    """What a network does about one restriction, or about a phone."""

    NOT_ENFORCED = "not-enforced"
    UNDETERMINED = "undetermined"  # the sources leave it open
    ENFORCED = "enforced"


@dataclass(frozen=True, slots=True)
class Enforced:
    """What a network does about a phone on a day. `from_`: not yet, and enforced from that day (JST)."""

    now: Enforcement
    from_: date | None = None


def enforcement(
    policy: Policy, network: CarrierId, carrier: CarrierId, ground: Ground | None, purchased_on: date | None, on: date
) -> Enforcement:
    """What a network does, on a day (JST), about one restriction of one carrier that is in force.

    Args:
        ground: None: not named; then it is determined only where every ground comes to the same.
        purchased_on: Day of the first sale; None: not known.
    """
    grounds = tuple(Ground) if ground is None else (ground,)
    said = {_of_ground(policy, policy.rule(one), network is carrier, purchased_on, on) for one in grounds}
    return said.pop() if len(said) == 1 else Enforcement.UNDETERMINED


def is_heard(policy: Policy, network: CarrierId, carrier: CarrierId) -> bool:
    """Whether a carrier's restrictions may matter to a network at all."""
    return network is carrier or policy.sharing


def enforced(policy: Policy, network: CarrierId, active: Iterable[Notice], on: date) -> Enforced:
    """What a network does, on a day (JST), about one phone, out of all carriers' restrictions that were not lifted.

    A restriction that lies ahead is judged by its own day. Where that is undetermined it is so at once: doubt is told
    early, and a refusal not before its day.
    """
    now, ahead = Enforcement.NOT_ENFORCED, []
    for notice in active:
        day = notice.effective_on
        later = day is not None and day > on
        said = enforcement(
            policy, network, notice.carrier, notice.ground, notice.purchased_on, day if later and day else on
        )
        if later and day is not None and said is Enforcement.ENFORCED:
            ahead.append(day)
        else:
            now = max(now, said, key=list(Enforcement).index)
    return Enforced(now, min(ahead) if ahead and now is Enforcement.NOT_ENFORCED else None)


def _of_ground(policy: Policy, rule: Rule, own: bool, purchased_on: date | None, on: date) -> Enforcement:
    said = _own(policy, rule, purchased_on, on)
    if own or said is Enforcement.NOT_ENFORCED:
        return said
    if not policy.sharing or (policy.shared_since is not None and on < policy.shared_since):
        return Enforcement.NOT_ENFORCED
    return said if policy.shared_since is not None else Enforcement.UNDETERMINED


def _own(policy: Policy, rule: Rule, purchased_on: date | None, on: date) -> Enforcement:
    """What a network does about a restriction of its own carrier."""
    match policy.standing:
        case Standing.VOLUNTARY:
            return Enforcement.ENFORCED
        case Standing.RECOMMENDED:
            allowed = rule.treatment is Treatment.ALLOWED
            return Enforcement.ENFORCED if allowed else Enforcement.UNDETERMINED
        case Standing.IN_FORCE:
            before = policy.from_ is not None and on < policy.from_
            return Enforcement.ENFORCED if before else _bound(rule, purchased_on, on)
        case _:
            assert_never(policy.standing)


def _bound(rule: Rule, purchased_on: date | None, on: date) -> Enforcement:
    """What a rule in force leaves of it."""
    match rule.treatment:
        case Treatment.ALLOWED:
            return Enforcement.ENFORCED
        case Treatment.UNKNOWN:
            return Enforcement.UNDETERMINED
        case Treatment.FORBIDDEN:
            if rule.months_from_purchase is None:
                return Enforcement.NOT_ENFORCED
            if purchased_on is None:
                return Enforcement.UNDETERMINED
            tolerated = on < tolerated_until(purchased_on, rule.months_from_purchase)
            return Enforcement.ENFORCED if tolerated else Enforcement.NOT_ENFORCED
        case _:
            assert_never(rule.treatment)
