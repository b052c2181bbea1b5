"""The limiter: what passes in a window, what its fields say, and that it forgets."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from shirorom.edge.http.limits import FREE, OPERATOR, STRANGER, Limiter, Quota

TEN = Quota(10, 60)
FIELD = re.compile(r'"others";r=(\d+);t=(\d+)')


def limiter(callers_max: int = 1_000) -> Limiter:
    """Ten in a minute for people, three for strangers."""
    return Limiter({"others": TEN, "free": Quota(0, 60)}, {"others": Quota(3, 60)}, callers_max)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(1, 12)), max_size=60))
def test_no_more_than_the_quota_in_a_window(steps: list[tuple[float, int]]) -> None:
    """Within the `t` seconds that an answer names, no more than its `r` units pass, whatever is asked and when."""
    one, now = limiter(), 1_000.0
    until, left = 0.0, 0
    for pause, cost in steps:
        now += pause
        decision = one.take("person 1", "others", cost, now)
        if now < until and decision.allowed:
            assert cost <= left or left == TEN.units
        found = FIELD.fullmatch(decision.limit_field)
        assert found is not None
        left = int(found[1])
        until = now + int(found[2]) - 1  # seconds are told rounded up
        assert decision.allowed is (decision.retry_s == 0)


def test_the_fields() -> None:
    """The two fields are those of the draft: a string, its parameters, whole numbers."""
    decision = limiter().take("person 1", "others", 4, 0.0)
    assert decision.policy_field == '"others";q=10;w=60'
    assert decision.limit_field == '"others";r=6;t=60'
    phones = Limiter({"lookups": Quota(10, 60, "phones")}, {}).take("x", "lookups", 1, 0.0)
    assert phones.policy_field == '"lookups";q=10;w=60;shirorom-unit="phones"'


def test_refused_is_not_counted() -> None:
    """Who asks too much is told when to come back, and pays nothing for the refusal."""
    one = limiter()
    assert one.take("person 1", "others", 8, 0.0).allowed
    refused = one.take("person 1", "others", 3, 20.0)
    assert (refused.allowed, refused.retry_s) == (False, 40)
    assert (b"ratelimit", b'"others";r=2;t=40') in refused.headers()
    assert one.take("person 1", "others", 2, 20.0).allowed


def test_more_than_a_whole_quota() -> None:
    """What costs more than all there is passes alone: else it never could."""
    one = limiter()
    assert one.take("person 1", "others", 50, 0.0).allowed
    assert not one.take("person 1", "others", 1, 1.0).allowed
    assert one.take("person 1", "others", 50, 60.0).allowed


def test_callers_do_not_share() -> None:
    """One caller's haste keeps no other out, and strangers have their own quota."""
    one = limiter()
    assert one.take("person 1", "others", 10, 0.0).allowed
    assert one.take("person 2", "others", 10, 0.0).allowed
    assert one.take(STRANGER + "192.0.2.1", "others", 3, 0.0).allowed
    assert not one.take(STRANGER + "192.0.2.1", "others", 1, 0.0).allowed


def test_who_is_not_counted() -> None:
    """The operator at the machine, a kind without limit and an unknown kind pass, without fields."""
    one = limiter()
    for who, kind in ((OPERATOR, "others"), ("person 1", "free"), ("person 1", "none")):
        assert one.take(who, kind, 10**9, 0.0) == FREE
    assert FREE.headers() == []


def test_it_forgets() -> None:
    """Many callers take bounded memory; the oldest begins anew."""
    one = limiter(callers_max=100)
    for n in range(1_000):
        one.take(f"person {n}", "others", 10, 0.0)
    assert len(one._windows) == 100
    assert not one.take("person 999", "others", 1, 0.0).allowed
    assert one.take("person 0", "others", 1, 0.0).allowed
