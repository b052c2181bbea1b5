"""The rules of the counter's queue: nothing is handed out twice, nothing open is called done, nothing left out is ○."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.queue import (
    LEASE,
    Claim,
    Item,
    Known,
    Outcome,
    Place,
    PlaceState,
    Rules,
    Seat,
    Told,
    Wanted,
    Why,
    Wish,
    candidates,
    carrier_order,
    look,
    rows,
)
from shirorom.domain.errors import RequestError
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell
from tests.counter_kit import ANNA, AU, BEN, DOCOMO, RAKUTEN, SOFTBANK, device
from tests.logs import START


def item_of(*numbers: int, id_: str = "a") -> Item:
    return Item(id_, 1, device(*numbers), START, "Anna")


def cell(item: Item, place: Place, mark: Mark | None, *, stale: bool = False) -> Cell:
    imei = item.imei(place)
    if mark is None:
        return Cell(imei, place.carrier, None, error="not-asked")
    return Cell(imei, place.carrier, mark, raw=mark.symbol, asked_at=START, channel=Channel.HAND, stale=stale, index=1)


def known(item: Item, marks: Mapping[Place, Mark] | None = None, **others: Known) -> dict[Place, Known]:
    """Nothing known but these marks; `others` by the name of the place with `_`."""
    marks = marks or {}
    all_known = {place: Known(cell(item, place, marks.get(place))) for place in item.places()}
    return all_known | {Place.parse(name.strip("_").replace("_", "-")): one for name, one in others.items()}


places_known = st.builds(
    lambda mark, stale, outcome, off: (mark, stale, outcome, off),
    st.none() | st.sampled_from(Mark), st.booleans(), st.none() | st.sampled_from(Outcome),
    st.none() | st.sampled_from([Why.OFF, Why.PRACTICE]),
)  # fmt: skip
all_rules = st.builds(Rules, st.booleans(), st.frozensets(st.sampled_from(CARRIERS)))


@st.composite
def phones(draw: st.DrawFn, id_: str = "a") -> tuple[Item, dict[Place, Known]]:
    """A phone of one to three numbers, and anything that may be known of it."""
    item = replace(item_of(*range(1, draw(st.integers(1, 3)) + 1), id_=id_), order=draw(st.permutations(CARRIERS)))
    found = {}
    for place in item.places():
        mark, stale, outcome, off = draw(places_known)
        found[place] = Known(cell(item, place, mark, stale=stale), outcome, off)
    return item, found


@given(phone=phones(), rules=all_rules)
def test_an_open_place_is_never_done(phone, rules):
    """A phone is done when no place is open; a place that nobody answered, left out or tried is open."""
    view = look(*phone, rules)
    assert view.done is all(one.state is not PlaceState.OPEN for one in view.places)
    if rules == Rules():
        for one in view.places:
            here = phone[1][one.place]
            fresh = here.cell.mark is not None and not here.cell.stale
            assert (one.state is PlaceState.OPEN) is (not fresh and here.outcome is None and here.off is None)


@given(phone=phones(), rules=all_rules)
def test_only_answers_make_a_verdict(phone, rules):
    """While any place is unanswered, for whatever reason, the verdict is ？ or ×, and says that it is not complete."""
    view = look(*phone, rules)
    answered = all(one.state is PlaceState.ANSWERED for one in view.places)
    assert view.verdict.complete is answered
    if not answered:
        assert view.verdict.kind in (VerdictKind.UNDETERMINED, VerdictKind.RESTRICTED)


@given(phone=phones(), rules=all_rules)
def test_leaving_out_never_betters_the_verdict(phone, rules):
    """A rule or a person's skip gives ○ nowhere: what is ○ with it is ○ without it, with the same answers."""
    if look(*phone, rules).verdict.kind is VerdictKind.CLEAR:
        assert look(*phone, Rules()).verdict.kind is VerdictKind.CLEAR
        assert {one.cell.mark for one in look(*phone, rules).places} <= {Mark.CLEAR, Mark.NO_RECORD}


@given(phone=phones(), rules=all_rules)
def test_a_restriction_is_never_hidden(phone, rules):
    """Where any place shows ×, the verdict is ×, whatever the rules leave out."""
    if any(one.cell.mark is Mark.RESTRICTED for one in phone[1].values()):
        assert look(*phone, rules).verdict.kind is VerdictKind.RESTRICTED


@given(
    first=phones("a"), second=phones("b"), rules=all_rules,
    asks=st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(["", "x", "y"]), st.none() | st.sampled_from(CARRIERS),
                  st.sampled_from([None, "a", "b"]), st.integers(0, 400)),
        max_size=12,
    ),
)  # fmt: skip
@settings(max_examples=200)
def test_no_place_goes_to_two(first, second, rules, asks):
    """Whoever asks, when and for what: nobody gets a place that somebody else holds, and only open places are given."""
    views = [look(*first, rules), look(*second, rules)]
    claims: list[Claim] = []
    now = START
    for person, tab, carrier, item, seconds in asks:
        now += timedelta(seconds=seconds)
        seat = Seat(person, str(person), tab)
        got = next(candidates(views, claims, seat, now, Wish(carrier=carrier, item=item)), None)
        if got is None:
            continue
        view = next(view for view in views if view.item.id == got[0])
        assert next(one for one in view.places if one.place == got[1]).state is PlaceState.OPEN
        held = [c for c in claims if (c.item, c.place) == got and c.until > now]
        assert all(c.seat.shares(seat) for c in held)
        claims = [c for c in claims if (c.item, c.place) != got] + [Claim(*got, seat, now + LEASE)]


@given(phone=phones(), rules=all_rules)
def test_every_open_place_is_offered_once(phone, rules):
    """Nothing is lost: alone at the queue, one is offered every open place, each exactly once."""
    view = look(*phone, rules)
    offered = list(candidates([view], [], ANNA, START, Wish()))
    assert sorted(offered) == sorted((view.item.id, p.place) for p in view.places if p.state is PlaceState.OPEN)


def test_numbers_of_one_carrier_follow_each_other():
    """Both numbers of a phone are asked at one carrier before the next page is opened."""
    assert [place.name for place in item_of(1, 2).places()][:3] == ["1-docomo", "2-docomo", "1-au"]


def test_the_wished_phone_comes_first_then_the_one_nobody_is_at():
    """Two people work on two phones, unless one asks for the other's."""
    views = [look(item, known(item), Rules()) for item in (item_of(1), item_of(2, id_="b"))]
    claims = [Claim("a", Place(1, DOCOMO), BEN, START + LEASE)]
    assert next(candidates(views, claims, ANNA, START, Wish())) == ("b", Place(1, DOCOMO))
    assert next(candidates(views, claims, ANNA, START, Wish(item="a"))) == ("a", Place(1, AU))
    only = list(candidates(views, claims, ANNA, START, Wish(item="a", only_item=True)))
    assert {id_ for id_, _ in only} == {"a"}


def test_a_lease_ends():
    """A place that was taken is free again after the lease: whoever closed the lid does not block it."""
    view = look(item_of(1), known(item_of(1)), Rules(skip=frozenset(CARRIERS[1:])))
    claims = [Claim("a", Place(1, DOCOMO), BEN, START + LEASE)]
    assert list(candidates([view], claims, ANNA, START, Wish())) == []
    assert list(candidates([view], claims, ANNA, START + LEASE, Wish())) == [("a", Place(1, DOCOMO))]


def test_a_place_that_is_passed_comes_last():
    """Moving on offers what follows, then the rest, then other phones, and at last the place that was passed."""
    views = [look(item, known(item), Rules()) for item in (item_of(1), item_of(2, id_="b"))]
    names = [(id_, place.name) for id_, place in candidates(views, [], ANNA, START, Wish(item="a", after=Place(1, AU)))]
    assert names[:3] == [("a", "1-softbank"), ("a", "1-rakuten"), ("a", "1-docomo")]
    assert names[-1] == ("a", "1-au")


def test_the_extension_goes_on_where_the_page_is():
    """Without a page of its own (no tab) one gets first what one's page holds; another page does not."""
    views = [look(item, known(item), Rules()) for item in (item_of(1), item_of(2, id_="b"))]
    claims = [Claim("b", Place(1, SOFTBANK), replace(ANNA, tab="page"), START + LEASE)]
    assert next(candidates(views, claims, ANNA, START, Wish())) == ("b", Place(1, SOFTBANK))
    other = list(candidates(views, claims, replace(ANNA, tab="other"), START, Wish(item="b")))
    assert ("b", Place(1, SOFTBANK)) not in other


def test_stop_at_a_restriction_is_a_choice():
    """With the rule, a × leaves the rest out, and the answer says so; without it everybody is asked."""
    item = item_of(1)
    found = known(item, {Place(1, AU): Mark.RESTRICTED})
    stopped, asking = look(item, found, Rules(stop_at_restricted=True)), look(item, found, Rules())
    assert (stopped.done, stopped.verdict.kind, stopped.verdict.complete) == (True, VerdictKind.RESTRICTED, False)
    assert {one.why for one in stopped.places if one.place.carrier is not AU} == {Why.STOPPED}
    assert not asking.done


def test_an_old_restriction_does_not_stop():
    """A × from before the age limit stands in the verdict, and everybody is asked again all the same."""
    item = item_of(1)
    old = Known(cell(item, Place(1, AU), Mark.RESTRICTED, stale=True))
    view = look(item, known(item, _1_au=old), Rules(stop_at_restricted=True))
    assert [one.state for one in view.places] == [PlaceState.OPEN] * 4
    assert view.verdict.kind is VerdictKind.RESTRICTED


def test_what_the_record_knows_needs_no_asking():
    """A fresh answer from before the phone came in counts, also at a carrier that a rule leaves out."""
    item = item_of(1)
    view = look(item, known(item, {Place(1, DOCOMO): Mark.CLEAR}), Rules(skip=frozenset({DOCOMO})))
    assert view.places[0].state is PlaceState.ANSWERED


def test_rows_name_what_was_not_asked():
    """For the sentence: a carrier of which nothing is known is not told; one where no answer came is."""
    item = item_of(1, 2)
    none = Known(cell(item, Place(1, AU), None), Outcome.NO_ANSWER)
    view = look(item, known(item, {Place(1, DOCOMO): Mark.CLEAR}, _1_au=none), Rules())
    told = {row.carrier: row.asked for row in rows(view)}
    assert told == {DOCOMO: True, AU: True, SOFTBANK: False, RAKUTEN: False}
    assert rows(view)[0].marks == (Mark.CLEAR, None)


def test_order_by_what_most_likely_decides():
    """Older answers about the phone first (× before △ before ○, － last), then the model's, then the fixed order."""
    older = {AU: [Mark.NO_RECORD], SOFTBANK: [Mark.CLEAR], RAKUTEN: [Mark.NO_RECORD, Mark.CAUTION]}
    assert carrier_order(older, {}) == (RAKUTEN, SOFTBANK, DOCOMO, AU)
    assert carrier_order({}, {SOFTBANK: Told(4, 3), DOCOMO: Told(9, 1)}) == (SOFTBANK, AU, RAKUTEN, DOCOMO)
    assert carrier_order({}, {}) == CARRIERS


@given(
    older=st.dictionaries(st.sampled_from(CARRIERS), st.lists(st.sampled_from(Mark), max_size=3)),
    told=st.dictionaries(
        st.sampled_from(CARRIERS), st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda t: Told(max(t), min(t)))
    ),
)
def test_order_leaves_nobody_out(older, told):
    """Whatever is known, the order holds every carrier once, and is the same every time."""
    order = carrier_order(older, told)
    assert sorted(order) == sorted(CARRIERS)
    assert order == carrier_order(dict(reversed(older.items())), dict(reversed(told.items())))


@pytest.mark.parametrize("text", ["", "1", "0-docomo", "5-docomo", "1-nobody", "１-docomo", "1-docomo-", "-docomo"])
def test_places_have_one_spelling(text):
    """Anything but `1-docomo` is refused."""
    with pytest.raises(RequestError) as refused:
        Place.parse(text)
    assert refused.value.code == "body-invalid"


@pytest.mark.parametrize("carrier", CarrierId)
def test_places_come_back(carrier):
    """A place's name leads back to it."""
    assert Place.parse(Place(3, carrier).name) == Place(3, carrier)


# What the plan of re-checks wants


def wanting(item: Item, *places: Place) -> Item:
    return replace(item, wanted=Wanted(frozenset(places), START))


@given(phone=phones(), rules=all_rules, data=st.data())
def test_the_plan_opens_no_more_than_it_wants(phone, rules, data):
    """Whatever is known: an open place of the plan's phone is one that it wants; the others are no answer either."""
    item, found = phone
    places = data.draw(st.sets(st.sampled_from(item.places())))
    view = look(wanting(item, *places), found, rules)
    assert {one.place for one in view.places if one.state is PlaceState.OPEN} <= places
    assert all(one.place not in places or one.cell.mark for one in view.places if one.why is Why.PLAN)
    if any(one.why is Why.PLAN for one in view.places):
        assert not view.verdict.complete


def test_a_place_of_the_plan_is_answered_anew():
    """An answer of before its day does not do, however fresh; one since then does, and stays done when it is old."""
    here, item = Place(1, DOCOMO), item_of(1)
    before, since = cell(item, here, Mark.CAUTION), cell(item, here, Mark.CLEAR)
    before = replace(before, asked_at=START - timedelta(hours=1))

    def state(known_cell: Cell) -> tuple[PlaceState, Why | None]:
        view = look(wanting(item, here), known(item) | {here: Known(known_cell)}, Rules())
        return next((one.state, one.why) for one in view.places if one.place == here)

    assert state(before) == (PlaceState.OPEN, None)
    assert state(since) == (PlaceState.ANSWERED, None)
    assert state(replace(since, stale=True)) == (PlaceState.SKIPPED, Why.PLAN)


def test_people_come_before_the_plan():
    """A phone that somebody brought is offered before those of the plan, though it came later; the wished one first."""
    plan, brought = wanting(item_of(1, id_="plan"), Place(1, AU)), item_of(2, id_="brought")
    views = [look(item, known(item), Rules()) for item in (plan, brought)]
    order = [id_ for id_, _ in candidates(views, [], ANNA, START, Wish())]
    assert order == ["brought"] * 4 + ["plan"]
    assert next(iter(candidates(views, [], ANNA, START, Wish(item="plan")))) == ("plan", Place(1, AU))
