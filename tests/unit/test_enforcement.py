"""What a network refuses under each policy: only what the policies' data say, and never less doubt than they have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.enforcement import Enforced, Enforcement, enforced, enforcement, is_heard
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.policy import Policy, Standing
from tests.logs import imei

FACTS = packaged_facts()
REPORT, VOLUNTARY = FACTS.policy("report-2024"), FACTS.policy("voluntary-2016")
TODAY = date(2026, 11, 23)
IN_FORCE = replace(REPORT, id="invented", standing=Standing.IN_FORCE, from_=date(2026, 4, 1))
"""What the report would be as a rule in force; no such rule is known, and its days are invented."""
SHARED = replace(IN_FORCE, shared_since=date(2026, 10, 1))
NO, OPEN, YES = Enforcement.NOT_ENFORCED, Enforcement.UNDETERMINED, Enforcement.ENFORCED
OWN, OTHER = CarrierId.AU, CarrierId.DOCOMO
GROUNDS = [None, *Ground]


def said(
    policy: Policy, carrier: CarrierId, ground: Ground | None, bought: date | None = None, on: date = TODAY
) -> Enforcement:
    return enforcement(policy, CarrierId.AU, carrier, ground, bought, on)


@pytest.mark.parametrize("ground", GROUNDS)
def test_by_custom_a_network_refuses_its_own_and_no_other(ground: Ground | None) -> None:
    """Whatever the ground, named or not: × of one carrier does not stop the phone elsewhere."""
    assert (said(VOLUNTARY, OWN, ground), said(VOLUNTARY, OTHER, ground)) == (YES, NO)


REPORT_SAYS = {
    None: (OPEN, OPEN),
    Ground.UNPAID: (OPEN, OPEN),  # to be forbidden, on a day that nobody knows
    Ground.THEFT_OR_FRAUD: (YES, OPEN),  # stays; whether the others refuse it is not known
    Ground.FALSE_CONTRACT: (YES, OPEN),
    Ground.COMPENSATION: (OPEN, OPEN),  # the sources do not say
    Ground.OTHER: (OPEN, OPEN),
}


@pytest.mark.parametrize("ground", GROUNDS)
def test_the_report_is_followed_no_further_than_it_goes(ground: Ground | None) -> None:
    """A recommendation without a day of force decides what it leaves alone; the rest is undetermined."""
    assert (said(REPORT, OWN, ground), said(REPORT, OTHER, ground)) == REPORT_SAYS[ground]


def test_a_rule_in_force_forbids_after_its_months() -> None:
    """Unpaid: four months from the purchase it is enforced, then not; without the day of purchase nobody can tell."""
    bought = TODAY - timedelta(days=30)
    assert said(IN_FORCE, OWN, Ground.UNPAID, bought) is YES
    assert said(IN_FORCE, OWN, Ground.UNPAID, TODAY - timedelta(days=400)) is NO
    assert said(IN_FORCE, OWN, Ground.UNPAID) is OPEN
    assert said(IN_FORCE, OWN, Ground.UNPAID, TODAY - timedelta(days=400), date(2026, 3, 31)) is YES  # the eve


def test_others_are_refused_from_the_day_of_sharing() -> None:
    """Before it not, from it as the network's own; what the rule forbids is refused nowhere."""
    old = TODAY - timedelta(days=400)
    for ground, bought in ((Ground.THEFT_OR_FRAUD, None), (Ground.UNPAID, old)):
        assert said(SHARED, OTHER, ground, bought, date(2026, 9, 30)) is NO
    assert said(SHARED, OTHER, Ground.THEFT_OR_FRAUD, on=date(2026, 10, 1)) is YES
    assert said(SHARED, OTHER, Ground.UNPAID, old) is NO
    assert said(IN_FORCE, OTHER, Ground.UNPAID, old) is NO  # forbidden, shared or not
    assert said(IN_FORCE, OTHER, Ground.THEFT_OR_FRAUD) is OPEN  # nobody said since when they share


POLICIES = st.sampled_from([VOLUNTARY, REPORT, IN_FORCE, SHARED])
BOUGHT = st.none() | st.integers(0, 800).map(lambda days: TODAY - timedelta(days=days))


@given(POLICIES, st.sampled_from(list(CarrierId)), st.sampled_from(list(CarrierId)), BOUGHT)
def test_an_unnamed_ground_is_no_surer_than_the_named(
    policy: Policy, network: CarrierId, carrier: CarrierId, bought: date | None
) -> None:
    """It is determined only where every ground comes to the same; and who is not heard never matters."""
    named = {enforcement(policy, network, carrier, ground, bought, TODAY) for ground in Ground}
    unnamed = enforcement(policy, network, carrier, None, bought, TODAY)
    assert unnamed is (named.pop() if len(named) == 1 else OPEN)
    assert is_heard(policy, network, carrier) or unnamed is NO


def restriction(carrier: CarrierId, ground: Ground | None, ahead: int | None = None) -> Notice:
    day = None if ahead is None else TODAY + timedelta(days=ahead)
    return Notice(NoticeKind.RESTRICTED, imei(1), carrier, ground, day, None, 0, practice=True)


def test_the_gravest_of_a_phones_restrictions_counts() -> None:
    """Enforced before undetermined before what lies ahead; a refusal not before its day, doubt at once."""
    theft = restriction(OWN, Ground.THEFT_OR_FRAUD)
    unpaid = restriction(OWN, Ground.UNPAID)
    later, last = (restriction(OWN, Ground.THEFT_OR_FRAUD, days) for days in (3, 9))
    assert enforced(REPORT, OWN, [unpaid, theft, later], TODAY) == Enforced(YES)
    assert enforced(REPORT, OWN, [unpaid, later], TODAY) == Enforced(OPEN)
    assert enforced(REPORT, OWN, [last, later], TODAY) == Enforced(NO, TODAY + timedelta(days=3))
    assert enforced(REPORT, OWN, [restriction(OWN, Ground.UNPAID, 3)], TODAY) == Enforced(OPEN)
    assert enforced(VOLUNTARY, OWN, [restriction(OTHER, Ground.UNPAID)], TODAY) == Enforced(NO)
    assert enforced(REPORT, OWN, [], TODAY) == Enforced(NO)
