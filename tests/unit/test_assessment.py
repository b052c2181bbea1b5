"""Reasons and advice: what is said, to whom, in which order, and where it rests."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.texts_toml import LANGS, Texts
from shirorom.domain.advice import PER_ROLE_MAX, AdviceCode, Role
from shirorom.domain.assessment import Assessment, Place, assess
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area
from shirorom.domain.findings import Restriction
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground
from shirorom.domain.verdict import Cell, Last
from shirorom.edge import wire
from shirorom.edge.words import verdict_sentence
from tests.entries import BATSU, BOU, END, MARU, PHONE, SANKAKU, SECOND, START, cell

FACTS = packaged_facts()
ONE, TWO = Device((PHONE,)), Device((PHONE, SECOND))
CELL_CODES = [code for code, known in CODES.items() if known.area is Area.CELL]


def assessed(*cells: Cell, policy: str = "voluntary-2016", **more) -> Assessment:
    device = TWO if len(cells) > 4 else ONE
    return assess(
        device, cells, as_of=END, practice=True, policy=FACTS.policy(policy), facts=FACTS, **more
    )  # fmt: skip


def phone(*marks: Mark | None) -> list[Cell]:
    return [cell(mark, n=n) for n, mark in enumerate(marks)]


def advised(assessment: Assessment, role: Role) -> list[AdviceCode]:
    return [advice.code for advice in assessment.advice if advice.role is role]


def codes(assessment: Assessment) -> list[str]:
    return [reason.code for reason in assessment.reasons]


def test_a_restricted_phone_is_not_to_be_bought():
    """× first: do not buy, paying does not lift; a holder hears of warranty and of other networks."""
    found = assessed(*phone(BATSU, BOU, BOU, BOU))
    assert advised(found, Role.BUYER)[:2] == [AdviceCode.DO_NOT_BUY, AdviceCode.PAYING_DOES_NOT_LIFT]
    assert advised(found, Role.HOLDER)[:2] == [AdviceCode.SHOP_WARRANTY, AdviceCode.OTHER_NETWORKS]
    assert codes(found)[0] == "restricted"


def test_other_networks_names_the_carrier_that_stops_it():
    """A × stops that carrier and those on its network; which one is said."""
    found = assessed(*phone(BOU, BATSU, BOU, BOU))
    (advice,) = [one for one in found.advice if one.code is AdviceCode.OTHER_NETWORKS]
    assert advice.carriers == (CarrierId.AU,)


def test_an_undetermined_phone_names_whom_to_ask_again():
    """A missing answer: wait, and ask that carrier; nothing of ○ is told before that."""
    found = assessed(*phone(MARU, None, BOU, BOU))
    assert advised(found, Role.BUYER)[:2] == [AdviceCode.WAIT_BEFORE_DEAL, AdviceCode.ASK_AGAIN]
    (again,) = [one for one in found.advice if one.code is AdviceCode.ASK_AGAIN and one.role is Role.BUYER]
    assert again.carriers == (CarrierId.AU,)
    assert "carrier-timeout" in codes(found)


def test_a_stale_answer_is_asked_again():
    """An old ○ decides nothing and is named."""
    found = assessed(cell(MARU, stale=True), *phone(BOU, BOU, BOU, BOU)[1:])
    assert AdviceCode.STALE_ASK_AGAIN in advised(found, Role.BUYER)
    assert "stale" in codes(found)


def test_a_caution_asks_the_seller_and_tells_of_docomos_lag():
    """△: ask the seller, settle the balance; docomo shows it days later, by its own page."""
    found = assessed(*phone(SANKAKU, BOU, BOU, BOU))
    assert advised(found, Role.BUYER)[0] is AdviceCode.CAUTION_ASK_SELLER
    assert advised(found, Role.SELLER)[:2] == [AdviceCode.CAUTION_SETTLE, AdviceCode.LAG]
    (lag,) = [one for one in found.advice if one.code is AdviceCode.LAG and one.role is Role.SELLER]
    assert lag.source is not None
    assert "nttdocomo" in lag.source.url


def test_only_docomo_has_a_lag():
    """Of the others no lag is known, and none is told."""
    assert AdviceCode.LAG not in advised(assessed(*phone(MARU, SANKAKU, BOU, BOU)), Role.SELLER)
    assert AdviceCode.LAG not in advised(assessed(*phone(BOU, SANKAKU, BOU, BOU)), Role.SELLER)
    assert AdviceCode.LAG in advised(assessed(*phone(BOU, BOU, BOU, BOU)), Role.SELLER)


@pytest.mark.parametrize("role", Role)
def test_clear_is_no_promise_to_anyone(role: Role):
    """○: the first thing that everyone hears is that it is the answer of today."""
    assert advised(assessed(*phone(MARU, BOU, BOU, BOU)), role)[0] is AdviceCode.CLEAR_NO_PROMISE


def test_no_record_says_what_it_may_mean():
    """－ everywhere: what it may mean, and what to ask."""
    found = advised(assessed(*phone(BOU, BOU, BOU, BOU)), Role.BUYER)
    assert found[:2] == [AdviceCode.NO_RECORD_NOT_SAFE, AdviceCode.NO_RECORD_ASK_SELLER]


def test_one_number_given_means_look_for_the_other():
    """A phone may have two; with both given nobody is told to."""
    assert AdviceCode.BOTH_NUMBERS in advised(assessed(*phone(MARU, BOU, BOU, BOU)), Role.BUYER)
    assert AdviceCode.BOTH_NUMBERS not in advised(assessed(*phone(*[MARU, BOU, BOU, BOU] * 2)), Role.BUYER)


def test_a_vanished_restriction_is_evidence():
    """× that vanished: the reason has that code; keep it and ask the carrier."""
    vanished = Cell(PHONE, CarrierId.DOCOMO, BATSU, raw="○", asked_at=START, vanished=True, index=1)
    found = assessed(vanished, *phone(BOU, BOU, BOU, BOU)[1:])
    assert codes(found)[0] == "restriction-vanished"
    assert "restricted" not in codes(found)
    assert advised(found, Role.HOLDER)[:2] == [AdviceCode.KEEP_EVIDENCE, AdviceCode.ASK_CARRIER]


def test_a_restriction_known_before_is_never_lost_in_a_failure():
    """The carrier did not answer this time and was × before: the first reason says so."""
    failed = Cell(PHONE, CarrierId.DOCOMO, None, error="carrier-timeout", last=Last(BATSU, START))
    assert codes(assessed(failed, *phone(BOU, BOU, BOU, BOU)[1:]))[0] == "restricted-before"


def test_what_could_not_be_recorded_is_said_first():
    """A full disk: the answers are shown, and the first reason is that they were not recorded."""
    assert codes(assessed(*phone(MARU, BOU, BOU, BOU), storage="storage-full"))[0] == "storage-full"


def test_reasons_name_number_and_carrier():
    """IMEI 2 at docomo is a place of its own."""
    found = assessed(*phone(SANKAKU, BOU, BOU, MARU, BATSU, BOU, BOU, None))
    assert found.reasons[0].places == (Place(2, CarrierId.DOCOMO),)
    assert found.reasons[0].carrier is CarrierId.DOCOMO
    assert verdict_sentence(found, Texts.load("ja")) == "IMEI 2 に、ドコモの利用制限がかかっています"
    assert wire.reasons_of(found, Texts.load("ja"))[0].text.startswith("IMEI 2 のドコモは ×")


def test_a_policy_adds_findings_and_changes_no_mark():
    """Under the report a × of unknown ground is told "if it is non-payment …"; marks and verdict stay."""
    cells = phone(BATSU, BOU, BOU, BOU)
    plain, report = assessed(*cells), assessed(*cells, policy="report-2024")
    assert (report.verdict, report.cells) == (plain.verdict, plain.cells)
    assert set(codes(report)) - set(codes(plain)) == {"ground-unknown"}
    (finding,) = [reason for reason in report.reasons if reason.code == "ground-unknown"]
    assert finding.recommended
    (said,) = [one for one in wire.reasons_of(report, Texts.load("ja")) if one.code == "ground-unknown"]
    assert "施行日は分かっていません" in said.text


def test_a_named_ground_is_judged_with_the_day_of_purchase():
    """A notice that names the ground: what the report says of it."""
    ground = (Restriction(Ground.UNPAID),)
    found = assessed(*phone(BATSU, BOU, BOU, BOU), policy="report-2024", grounds=ground, purchased_on=date(2025, 1, 1))
    assert "ground-not-allowed" in codes(found)


def test_no_finding_without_a_restriction():
    """A policy has nothing to say of ○ △ －."""
    assert codes(assessed(*phone(SANKAKU, MARU, BOU, BOU), policy="report-2024")) == ["caution", "clear", "no-record"]


@st.composite
def cells_of_a_phone(draw: st.DrawFn) -> list[Cell]:
    total = draw(st.sampled_from([4, 8]))
    rows = st.tuples(st.none() | st.sampled_from(Mark), st.booleans(), st.sampled_from(CELL_CODES))
    drawn = draw(st.lists(rows, min_size=total, max_size=total))
    return [cell(mark, stale=stale, error=error, n=n) for n, (mark, stale, error) in enumerate(drawn)]


@given(cells=cells_of_a_phone(), lang=st.sampled_from(LANGS), policy=st.sampled_from(["voluntary-2016", "report-2024"]))
def test_everything_that_can_be_assessed_can_be_said(cells: list[Cell], lang: str, policy: str):
    """Whatever the cells, verdict, reasons and advice have words, with no hole left, few for each role, each once."""
    found, texts = assessed(*cells, policy=policy), Texts.load(lang)
    said = [one.text for one in (*wire.reasons_of(found, texts), *wire.advice_of(found, texts))]
    said.append(verdict_sentence(found, texts))
    assert all(said)
    assert [text for text in said if "{" in text or "？" in text] == []
    for role in Role:
        mine = advised(found, role)
        assert 1 <= len(mine) <= PER_ROLE_MAX
        assert len(set(mine)) == len(mine)
    assert len(set(codes(found))) == len(found.reasons)


@given(cells=cells_of_a_phone())
def test_every_cell_without_mark_is_named(cells: list[Cell]):
    """No failure is hidden: its code is a reason, with its place."""
    found = assessed(*cells)
    named = {(reason.code, place) for reason in found.reasons for place in reason.places}
    for one in cells:
        if one.error is not None:
            n = 1 if one.imei == PHONE else 2
            assert (one.error, Place(n, one.carrier)) in named


def test_no_advice_to_buy_on_anything_but_answers():
    """Nothing that ○ says is said first while an answer is missing."""
    found = assessed(*phone(MARU, None, None, None))
    assert advised(found, Role.BUYER)[0] is AdviceCode.WAIT_BEFORE_DEAL
