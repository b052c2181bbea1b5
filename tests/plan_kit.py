"""What the tests of the plan share: cells and rules made up by hypothesis, a book in the desk's database."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.plan import FOREVER, SEEN, STANDINGS, PlanCell, Rule, Seen, Terms

DAY = date(2026, 11, 23).toordinal()
PHONE = 10_010_000_000
"""The first of the test phones as a number: 14 digits, two zeros before it."""

maybe = st.none() | st.integers(0, 40)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule."""

    def bounds() -> tuple[int | None, int | None]:
        low, high = draw(maybe), draw(maybe)
        return (low, high) if low is None or high is None or low < high else (low, None)

    (days_from, days_until), (yen_from, yen_until), (left_from, left_until) = bounds(), bounds(), bounds()
    return Rule(
        every=draw(st.integers(1, 30) | st.just("never")),
        why="理由", why_en="reason",
        mark=tuple(draw(st.sets(st.sampled_from(SEEN), max_size=3))),
        status=tuple(draw(st.sets(st.sampled_from(STANDINGS), max_size=2))),
        days_from=days_from, days_until=days_until, yen_from=yen_from, yen_until=yen_until,
        left_from=left_from, left_until=left_until,
    )  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> list[PlanCell]:
    """Units with one or two numbers; some numbers stand in two units, and then have one answer."""
    answers: dict[tuple[int, int], tuple[Seen, int | None]] = {}
    cells = []
    for unit in range(draw(st.integers(0, 6))):
        sold, since, yen = draw(st.booleans()), draw(st.none() | st.integers(-40, 2)), draw(maybe)
        until = draw(st.just(FOREVER) | st.integers(DAY - 5, DAY + 40))
        for number, phone in enumerate(draw(st.sets(st.integers(0, 8), min_size=1, max_size=2)), 1):
            for n, carrier in enumerate(CARRIERS):
                if (phone, n) not in answers:
                    seen = draw(st.sampled_from(SEEN))
                    asked = None if seen is Seen.NEVER else DAY + draw(st.integers(-40, 0))
                    answers[phone, n] = seen, asked
                seen, asked = answers[phone, n]
                cells.append(
                    PlanCell(
                        unit, PHONE + phone, number, carrier, True, sold, seen, asked,
                        None if since is None else DAY + since, DAY - 3, yen, until,
                    )
                )  # fmt: skip
    return cells


capacities = st.dictionaries(st.sampled_from(CARRIERS), st.integers(0, 8))
all_terms = st.builds(
    Terms,
    st.lists(rules(), max_size=5).map(tuple),
    capacities,
    st.integers(0, 90),
    st.integers(0, 50),
)
