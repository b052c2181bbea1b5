"""Warranty claims for the counter: take one, see how it was decided and why, decide it anew, the slip for the buyer.

Staff alone. Receipt and number are in forms, never in an address; a claim's address is its id. Works without script.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.desk.claim import WarrantyClaim
from shirorom.domain.desk.given import key_of
from shirorom.domain.desk.warranty import Need
from shirorom.domain.errors import NumberError, RequestError, ShiroromError
from shirorom.domain.mark import symbol_of
from shirorom.edge.claim_wire import claim_of, offer_text, reason_of, said
from shirorom.edge.web.form import form_of
from shirorom.edge.web.look import CLASS_OF
from shirorom.edge.web.page import AnyRequest, by_of, id_of, page, speech_of, web_of
from shirorom.edge.web.signin import trouble_of
from shirorom.edge.web.slip import Pair
from shirorom.edge.web.who import OPT, Who
from shirorom.service.watch_claim import ClaimDesk
from shirorom.service.watch_claim import Request as Asked

STAFF = {OPT: Who.STAFF}
LOOKED = (Need.RECEIPT, Need.SAME_NUMBER, Need.NO_MODIFICATION)
"""What a person looks at; what is bought here the book tells."""
SHOWN_MAX = 20
BESIDE_FORM = ("claim-not-found", "claim-ambiguous", "body-invalid")
YES_NO = {"yes": True, "no": False}


def desk_of(request: AnyRequest) -> ClaimDesk:
    """The service. Raises `counter-missing`."""
    desk = web_of(request).parts.claims
    if desk is None:
        raise RequestError("counter-missing")
    return desk


@get("/stock/claims/new", include_in_schema=False, opt=STAFF)
async def new_claim(request: AnyRequest) -> Response[bytes]:
    """The form, and the claims so far."""
    return await _form(request, {})


async def _form(request: AnyRequest, form: dict[str, str], error: ShiroromError | None = None) -> Response[bytes]:
    desk, speech = desk_of(request), speech_of(request)
    claims = await asyncio.to_thread(desk.newest)
    terms = await asyncio.to_thread(desk.terms)
    return page(
        request,
        "claims.html",
        status=error.http if error else 200,
        here="stock",
        url="/stock/claims/new",
        form=form,
        key=secrets.token_hex(16),
        needs=[need.value for need in LOOKED],
        terms=bool(terms.terms),
        trouble=trouble_of(request, error) if error else None,
        claims=[
            {
                "id": one.id,
                "at": speech.clock(one.at),
                "unit": one.unit,
                "title": speech.t(f"claim.decision.{one.decided.decision.value}"),
                "practice": one.practice,
            }
            for one in claims[:SHOWN_MAX]
        ],
    )


@post("/stock/claims", status_code=303, include_in_schema=False, opt=STAFF)
async def post_claim(request: AnyRequest) -> Response[Any]:
    """Decide it; what was mistyped is told beside the form."""
    form, desk = await form_of(request), desk_of(request)
    try:
        asked = Asked(
            receipt=form.get("receipt", ""),
            number=form.get("number", ""),
            key=key_of(form.get("key")),
            seen={need: YES_NO[said] for need in LOOKED if (said := form.get(f"need-{need.value}", "")) in YES_NO},
            excluded=YES_NO.get(form.get("excluded", "")),
        )
        claim = await desk.decide(asked, by=by_of(request), check=web_of(request).parts.check)
    except (NumberError, RequestError) as error:
        if not isinstance(error, NumberError) and error.code not in BESIDE_FORM:
            raise
        return await _form(request, form, error)
    return Redirect(f"/stock/claims/{claim.id}", status_code=303)


@post("/stock/claims/{id_:str}/again", status_code=303, include_in_schema=False, opt=STAFF)
async def post_again(request: AnyRequest) -> Response[Any]:
    """Decide it by the answers of now: a claim of its own, which names this one."""
    form = await form_of(request)
    claim = await desk_of(request).again(
        id_of(request), key=key_of(form.get("key")), by=by_of(request), check=web_of(request).parts.check
    )
    return Redirect(f"/stock/claims/{claim.id}", status_code=303)


@get("/stock/claims/{id_:str}", include_in_schema=False, opt=STAFF)
async def one_claim(request: AnyRequest) -> Response[bytes]:
    """How it was decided, step by step."""
    claim = await asyncio.to_thread(desk_of(request).get, id_of(request))
    speech = speech_of(request)
    wire = claim_of(claim, speech.words)
    return page(
        request,
        "claim.html",
        here="stock",
        url=f"/stock/claims/{claim.id}",
        claim=wire,
        numbers=[imei.masked for imei in claim.imeis],
        decided=speech.t("claim.decided_by", by=claim.by, at=speech.clock(claim.at)),
        price=f"{claim.price_yen:,}" if claim.price_yen is not None else None,
        offers=[offer_text(one, speech.words) for one in claim.decided.offers],
        answers=[
            {
                "number": one.imei.masked,
                "carrier": speech.carrier(one.carrier),
                "css": CLASS_OF[one.mark],
                "word": speech.word(one.mark),
                "at": speech.clock(one.asked_at) if one.asked_at else None,
                "by": one.by,
                "stale": one.mark is not None and not one.fresh,
                "code": one.error,
            }
            for one in claim.asked
        ],
        key=secrets.token_hex(16),
    )


@get("/stock/claims/{id_:str}/slip", include_in_schema=False, opt=STAFF)
async def claim_slip(request: AnyRequest) -> Response[bytes]:
    """What is handed to the buyer: Japanese and English, the number masked, no day that the terms do not promise."""
    claim = await asyncio.to_thread(desk_of(request).get, id_of(request))
    return page(
        request,
        "claim_slip.html",
        here="stock",
        url=f"/stock/claims/{claim.id}/slip",
        back=f"/stock/claims/{claim.id}",
        slip=slip_of(request, claim),
    )


def slip_of(request: AnyRequest, claim: WarrantyClaim) -> dict[str, Any]:
    """Everything on the slip, each text as a pair: Japanese, English."""
    both = Pair(web_of(request), speech_of(request))
    decided = claim.decided
    return {
        "both": both,
        "practice": claim.practice,
        "decision": decided.decision.value,
        "headline": both(f"claim.decision.{decided.decision.value}"),
        "imeis": [imei.masked for imei in claim.imeis],
        "receipt": claim.receipt,
        "at": both.clock(claim.at),
        "at_iso": claim.at.isoformat(),
        "by": claim.by,
        "reason": both.of(lambda words: reason_of(decided, words)),
        "steps": [
            {
                "title": both(f"claim.step.{one.step.value}"),
                "holds": one.holds,
                "text": both.of(lambda words, one=one: said(one, words)),
            }
            for one in decided.steps
        ],
        "next": both(f"claim.next.{decided.decision.value}"),
        "offers": [both.of(lambda words, one=one: offer_text(one, words)) for one in decided.offers],
        "months": decided.months if decided.offers else None,
        "used": both.of(lambda words: words.t("claim.remedy.used", months=decided.months)),
        "settle": claim.settle_by.isoformat() if claim.settle_by else None,
        "answers": [
            {
                "carrier": both.of(lambda words, one=one: words.t(f"carrier.{one.carrier.value}")),
                "css": CLASS_OF[one.mark],
                "symbol": symbol_of(one.mark),
                "word": both.of(
                    lambda words, one=one: words.t(f"mark.{one.mark.value}.word" if one.mark else "mark.unknown.word")
                ),
                "number": one.imei.masked,
                "at": both.clock(one.asked_at) if one.asked_at else None,
            }
            for one in claim.asked
        ],
    }


CLAIM_PAGES = (new_claim, post_claim, post_again, one_claim, claim_slip)
