"""What policies find, and that they are data with sources that never pretend."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import Confidence
from shirorom.domain.findings import FindingCode, Restriction, findings, tolerated_until
from shirorom.domain.notice import Ground
from shirorom.domain.policy import Policy, Standing, Treatment

FACTS = packaged_facts()
REPORT, VOLUNTARY = FACTS.policy("report-2024"), FACTS.policy("voluntary-2016")
TODAY = date(2026, 11, 23)


def codes(policy: Policy, ground: Ground | None, purchased_on: date | None = None, on: date = TODAY) -> list[str]:
    return [finding.code.value for finding in findings(policy, Restriction(ground), purchased_on, on)]


def test_the_report_has_no_date_of_force():
    """It is a recommendation of 2024-09-12, and no day is pretended; the ministry is linked."""
    assert (REPORT.standing, REPORT.from_, REPORT.announced_on) == (Standing.RECOMMENDED, None, date(2024, 9, 12))
    assert REPORT.ministry_url is not None
    assert REPORT.ministry_url.startswith("https://www.soumu.go.jp/")


def test_every_expected_milestone_says_that_it_is_not_known():
    """What is only expected has no day."""
    assert any(step.expected for step in REPORT.milestones)
    assert all(step.on is None for step in REPORT.milestones if step.expected)


def test_policies_are_oldest_first():
    """The carriers' practice of 2016, then the report of 2024."""
    assert [policy.id for policy in FACTS.policies()] == ["voluntary-2016", "report-2024"]


@pytest.mark.parametrize("policy", FACTS.policies(), ids=lambda policy: policy.id)
def test_a_ground_left_open_is_said_to_be_unknown(policy: Policy):
    """No rule rests on a source of confidence U, but one that says that it is unknown."""
    for rule in policy.rules:
        assert rule.treatment is Treatment.UNKNOWN or rule.source.confidence is not Confidence.UNKNOWN


@pytest.mark.parametrize("ground", [*Ground, None])
def test_the_voluntary_practice_objects_to_nothing_it_names(ground: Ground | None):
    """Under the carriers' own practice no restriction of a named ground is found fault with."""
    assert codes(VOLUNTARY, ground) == (["treatment-unknown"] if ground is Ground.OTHER else [])


def test_without_a_ground_the_finding_is_an_if():
    """Check pages show no ground: "if it is non-payment, then …"."""
    assert codes(REPORT, None) == ["ground-unknown"]


def test_unpaid_after_four_months():
    """More than four months after the purchase: not allowed, in principle."""
    assert codes(REPORT, Ground.UNPAID, date(2026, 7, 23)) == ["ground-not-allowed"]


def test_unpaid_within_four_months():
    """Within four months it is tolerated, until a day that is named."""
    (finding,) = findings(REPORT, Restriction(Ground.UNPAID), date(2026, 7, 24), TODAY)
    assert (finding.code, finding.by) == (FindingCode.MUST_BE_LIFTED_BY, date(2026, 11, 24))


def test_unpaid_with_unknown_purchase():
    """A buyer in the second hand seldom knows the day: then that is said."""
    assert codes(REPORT, Ground.UNPAID) == ["purchase-date-unknown"]


@pytest.mark.parametrize("ground", [Ground.THEFT_OR_FRAUD, Ground.FALSE_CONTRACT])
def test_what_stays_is_not_known_to_be_shared(ground: Ground):
    """Theft and false contracts stay; whether other networks refuse the phone is not known."""
    assert codes(REPORT, ground) == ["not-enforced-across-networks"]


@pytest.mark.parametrize("ground", [Ground.COMPENSATION, Ground.OTHER])
def test_what_the_sources_leave_open(ground: Ground):
    """Unknown stays unknown."""
    assert codes(REPORT, ground) == ["treatment-unknown"]


@given(
    ground=st.none() | st.sampled_from(Ground),
    bought=st.none() | st.dates(date(2015, 1, 1), date(2027, 1, 1)),
    on=st.dates(date(2024, 9, 12), date(2030, 1, 1)),
)
def test_a_recommendation_is_marked_as_one(ground: Ground | None, bought: date | None, on: date):
    """Whatever it finds, a policy that binds nobody says so, and names its source."""
    for finding in findings(REPORT, Restriction(ground), bought, on):
        assert finding.recommended
        assert finding.source.url.startswith("http")


@given(bought=st.dates(date(2000, 1, 1), date(2090, 1, 1)), months=st.integers(1, 24))
def test_months_are_calendar_months(bought: date, months: int):
    """The same day so many months on, or that month's last day; never a day of the month after."""
    until = tolerated_until(bought, months)
    assert (until.year * 12 + until.month) - (bought.year * 12 + bought.month) == months
    assert until.day == bought.day or (until + timedelta(days=1)).day == 1


def test_a_policy_of_the_future_finds_nothing_yet():
    """Before its first day a rule in force says nothing."""
    later = dataclasses.replace(REPORT, standing=Standing.IN_FORCE, from_=TODAY + timedelta(days=1))
    assert codes(later, Ground.UNPAID, date(2020, 1, 1)) == []
    assert codes(later, Ground.UNPAID, date(2020, 1, 1), on=TODAY + timedelta(days=1)) == ["ground-not-allowed"]


def test_a_policy_cannot_pretend():
    """A recommendation with a day of force is refused, and so is a rule in force without one."""
    with pytest.raises(ValueError, match="first day"):
        dataclasses.replace(REPORT, from_=TODAY)
    with pytest.raises(ValueError, match="first day"):
        dataclasses.replace(REPORT, standing=Standing.IN_FORCE)
    with pytest.raises(ValueError, match="every ground"):
        dataclasses.replace(REPORT, rules=REPORT.rules[1:])
