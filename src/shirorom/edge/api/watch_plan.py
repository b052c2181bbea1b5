"""The plan of re-checks over HTTP: today, what each choice costs, into the counter's queue. For people of the shop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.desk.plan_rules import RuleSet
from shirorom.domain.errors import RequestError
from shirorom.edge.api.once import once
from shirorom.edge.api.routes import language_called
from shirorom.edge.http.guard import JSON
from shirorom.edge.http.problems import BODY, KEY, STORAGE, about
from shirorom.edge.plan_wire import CostsWire, FilledWire, PlanWire, costs_of, filled_of, plan_of
from shirorom.edge.web.page import by_of, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who
from shirorom.edge.wire import encode

if TYPE_CHECKING:  # numpy comes with it
    from shirorom.service.watch_plan import WatchPlan

AnyRequest = Request[Any, Any, Any]
STAFF = {WHO: Who.STAFF}
CELLS, CELLS_MAX = 200, 10_000
"""Cells in one answer, and where `?count=` asks for more."""
MISSING = ("desk-missing", "plan-missing", "plan-rules-invalid")


class QueueRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many phones of today's plan come into the queue."""

    count: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None,
        msgspec.Meta(description="Phones at most; without it as many as find room."),
    ] = None


class ChoiceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which set of rules is in force from now on."""

    rules: RuleSet


class ChosenWire(msgspec.Struct, frozen=True):
    """The set in force."""

    rules: str


@get("/v1/watch/plan", opt=STAFF, **about(
    "watchPlan", "watch", "Today's plan of re-checks", {200: PlanWire}, *MISSING, *STORAGE))  # fmt: skip
async def get_plan(request: AnyRequest) -> ASGIResponse:
    """How many cells are asked today, done and left, the seven days ahead, and the first cells by stock key.

    `?count=N`: that many cells (200; at most 10,000).
    """
    planner, now = await _planner(request), web_of(request).parts.clock.now()
    asked = request.query_params.get("count", "")
    count = min(int(asked), CELLS_MAX) if asked.isdecimal() and len(asked) < 7 else CELLS
    day = await asyncio.to_thread(planner.today, now)
    ahead = await asyncio.to_thread(planner.forecast, now)
    cells = await asyncio.to_thread(planner.cells, now, count_max=count)
    return _answer(request, plan_of(day, ahead, cells, language_called(request)))


@get("/v1/watch/plan/costs", opt=STAFF, **about(
    "watchPlanCosts", "watch", "What each set of rules costs", {200: CostsWire}, *MISSING, *STORAGE))  # fmt: skip
async def get_costs(request: AnyRequest) -> ASGIResponse:
    """For each set of rules: cells a day, minutes of people, hours of automatic reading, and what is left unasked."""
    planner, now = await _planner(request), web_of(request).parts.clock.now()
    return _answer(request, costs_of(await asyncio.to_thread(planner.costs, now)))


@post("/v1/watch/plan/queue", status_code=200, opt=STAFF, **about(
    "watchPlanQueue", "watch", "Put today's phones into the queue", {200: FilledWire}, *BODY, *MISSING,
    "counter-missing", *KEY, *STORAGE))  # fmt: skip
@once
async def post_queue(request: AnyRequest, data: JSONBody[QueueRequest]) -> ASGIResponse:
    """Each with its due cells alone to ask, after all that people brought. What found no room is told in `left`."""
    planner, now = await _planner(request), web_of(request).parts.clock.now()
    return _answer(request, filled_of(await asyncio.to_thread(planner.fill_queue, now, data.count, by=by_of(request))))


@post("/v1/watch/plan/choice", status_code=200, opt={WHO: Who.OWNER}, **about(
    "watchPlanChoice", "watch", "Choose the rules", {200: ChosenWire}, *BODY, *MISSING, *STORAGE))  # fmt: skip
async def post_choice(request: AnyRequest, data: JSONBody[ChoiceRequest]) -> ASGIResponse:
    """Put a set of rules in force; the shop's own file keeps everything else."""
    chosen = await asyncio.to_thread((await _planner(request)).choose, data.rules)
    return _answer(request, ChosenWire(chosen.rules.value))


async def _planner(request: AnyRequest) -> WatchPlan:
    made = web_of(request).parts.watch_plan
    if made is None:
        raise RequestError("plan-missing")
    return await asyncio.to_thread(made)


def _answer(request: AnyRequest, wire: msgspec.Struct) -> ASGIResponse:
    headers = {"content-language": language_called(request), "vary": "Accept-Language"}
    return ASGIResponse(body=encode(wire), status_code=200, headers=headers, media_type=JSON)


WATCH_PLAN = (get_plan, get_costs, post_queue, post_choice)
WATCH_PLAN_WIRES = (QueueRequest, ChoiceRequest, ChosenWire, PlanWire, CostsWire, FilledWire)
