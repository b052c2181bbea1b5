"""The pages of the watch (在庫監視): what needs a hand today, every change, the choice of a plan, the POS's file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.desk.alerts import Alert
from shirorom.domain.desk.export_columns import Why
from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.plan_rules import RuleSet
from shirorom.domain.desk.stock import TEXT_CHARS_MAX
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.web.form import form_of
from shirorom.edge.web.page import AnyRequest, by_of, page, speech_of, web_of
from shirorom.edge.web.past import past_of
from shirorom.edge.web.stock_view import StockViewer
from shirorom.edge.web.who import OPT, PASSIVE, Role, Who, person_of
from shirorom.ports.board import Scope
from shirorom.ports.watch import AlertFilter
from shirorom.service.watch_board import Boards, WatchBoard

if TYPE_CHECKING:  # numpy comes with it
    from shirorom.service.watch_glance import PlanGlance

STAFF = {OPT: Who.STAFF}
QUIET = STAFF | {PASSIVE: True}
"""The page asks by itself whether anything is new: that keeps nobody signed in."""
OPEN_MAX = 500
"""Open alerts that one page counts; beyond, the shop has another problem."""
PAGE = 100
SEQ_DIGITS_MAX = 12
SAYS = (
    "looking", "looked", "same", "taking", "taken", "offline", "more",
    "rows", "new", "changed", "unchanged", "refused", "missing", "gone",
)  # fmt: skip
"""What the script of the import says, by its key under `stock.file`."""
LATER = {"n": "{n}"}
"""Places that the script fills."""


@get("/stock", include_in_schema=False, opt=STAFF)
async def stock(request: AnyRequest) -> Response[bytes]:
    """First what needs a hand today, then the numbers."""
    return page(request, "stock.html", here="stock", url="/stock", view=await _view(request))


@get("/stock/now", include_in_schema=False, opt=QUIET)
async def stock_now(request: AnyRequest) -> Response[bytes]:
    """The same without its frame, for the page itself; 204 where nothing has changed since `?seen=`."""
    parts = web_of(request).parts
    if parts.boards is not None:
        now = await asyncio.to_thread(parts.boards.version)
        board = await asyncio.to_thread(_last_board, request)
        if request.query_params.get("seen") == _version(now, board, await _glance(request, board)):
            return Response(b"", status_code=204)
    return page(request, "stock_now.html", here="stock", url="/stock", view=await _view(request))


def _version(now: str, board: WatchBoard, glance: PlanGlance | None) -> str:
    """Of everything that the page shows: the alerts as of now, the counts and the plan as they were made last."""
    plan = glance.last.version if glance is not None and glance.last is not None else 0
    return f"{now}-{board.version}-{board.at:%H%M%S}-{plan}"


def _last_board(request: AnyRequest) -> WatchBoard:
    boards = web_of(request).parts.boards
    if boards is None:
        raise RequestError("counter-missing")
    return boards.last(_scope(request))


async def _view(request: AnyRequest) -> dict[str, object]:
    parts, viewer = web_of(request).parts, StockViewer(speech_of(request))
    if parts.boards is None or parts.alerts is None or parts.book is None:
        raise RequestError("counter-missing")
    now = await asyncio.to_thread(parts.boards.version)  # before all that is read: what comes meanwhile is shown next
    board = await asyncio.to_thread(_last_board, request)
    wanted = AlertFilter(
        stores=frozenset({board.scope.store} - {""}),
        persons=frozenset({board.scope.person} - {""}),
        practice=board.scope.practice,
        open=True,
    )
    alerts = await asyncio.to_thread(parts.alerts.newest, wanted, count_max=OPEN_MAX)
    units = await asyncio.to_thread(parts.book.book.of_keys, {alert.key for alert in alerts})
    view = viewer.board(board, alerts, units)
    glance = await _glance(request, board)
    view["version"] = _version(now, board, glance)
    view["making"] = glance is not None and glance.last is None
    view["plan"] = None if glance is None or glance.last is None else viewer.plan(glance.last)
    view["risk"] = None if parts.risk is None else viewer.risk((await asyncio.to_thread(parts.risk)).last)
    return view


def _scope(request: AnyRequest) -> Scope:
    """Whose units. A practice installation shows practice units, any other the real ones: never both in one count."""
    asked = [request.query_params.get(name, "") for name in ("store", "person")]
    if any(len(text) > TEXT_CHARS_MAX for text in asked):
        raise RequestError("body-invalid")
    return Scope(web_of(request).practice, *asked)


async def _glance(request: AnyRequest, board: WatchBoard) -> PlanGlance | None:
    """The plan as it was made last; None where there is nothing to plan, or its parts are not installed.

    What is behind, counts or plan, is made anew by somebody whom no page waits for.
    """
    web = web_of(request)
    glance = None
    if web.parts.watch_glance is not None and not board.empty:
        try:
            glance = await asyncio.to_thread(web.parts.watch_glance)
        except ShiroromError as error:
            if error.code != "plan-missing":
                raise
    web.asking.jobs.beside(asyncio.to_thread(_refresh, web.parts.boards, board.scope, glance))
    return glance


def _refresh(boards: Boards | None, scope: Scope, glance: PlanGlance | None) -> None:
    if boards is not None and boards.behind(scope):
        boards.refresh(scope)
    if glance is not None and glance.behind():
        glance.refresh()


@get("/stock/alerts", include_in_schema=False, opt=STAFF)
async def stock_alerts(request: AnyRequest) -> Response[bytes]:
    """Every change that was ever told, the newest first; `?before=SEQ` goes on."""
    parts, viewer = web_of(request).parts, StockViewer(speech_of(request))
    if parts.alerts is None or parts.book is None:
        raise RequestError("counter-missing")
    before = _seq(request.query_params.get("before", "")) if "before" in request.query_params else None
    which = AlertFilter(practice=web_of(request).practice)
    found = await asyncio.to_thread(parts.alerts.newest, which, before=before, count_max=PAGE + 1)
    shown: Sequence[Alert] = found[:PAGE]
    units = await asyncio.to_thread(parts.book.book.of_keys, {alert.key for alert in shown})
    return page(
        request,
        "stock_alerts.html",
        here="stock",
        url="/stock/alerts",
        alerts=[viewer.alert(alert, units.get(alert.key)) for alert in shown],
        older=shown[-1].seq if len(found) > PAGE else None,
    )


@get("/stock/alerts/{seq:str}", include_in_schema=False, opt=STAFF)
async def stock_evidence(request: AnyRequest) -> Response[bytes]:
    """What is on record about the phone of an alert: by the alert's number, so that no IMEI stands in an address."""
    parts = web_of(request).parts
    if parts.alerts is None:
        raise RequestError("counter-missing")
    seq = _seq(request.path_params["seq"])
    alert = await asyncio.to_thread(parts.alerts.alert, seq)
    phones = [await past_of(parts, alert.imei, speech_of(request), practice=alert.practice)]
    return page(request, "history.html", here="stock", url="/stock", phones=phones)


@post("/stock/handled", status_code=303, include_in_schema=False, opt=STAFF)
async def stock_handled(request: AnyRequest) -> Redirect:
    """Somebody has dealt with an alert, or with many at once (`seq=1,2`); they stay on the list of changes."""
    parts, form = web_of(request).parts, await form_of(request)
    if parts.alerts is None:
        raise RequestError("counter-missing")
    seqs = [_seq(text) for text in form.get("seq", "").split(",")[:OPEN_MAX]]
    await asyncio.to_thread(parts.alerts.handle, seqs, by=by_of(request), note="")
    back = {name: form[name] for name in ("store", "person") if form.get(name)}
    return Redirect(f"/stock?{urlencode(back)}" if back else "/stock", status_code=303)


@post("/stock/queue", status_code=303, include_in_schema=False, opt=STAFF)
async def stock_queue(request: AnyRequest) -> Redirect:
    """Today's open questions go to the counter; what finds no room stays in the plan."""
    parts = web_of(request).parts
    if parts.watch_plan is None:
        raise RequestError("plan-missing")
    planner = await asyncio.to_thread(parts.watch_plan)
    await asyncio.to_thread(planner.fill_queue, parts.clock.now(), by=by_of(request))
    return Redirect("/counter", status_code=303)


@get("/stock/plan", include_in_schema=False, opt=STAFF)
async def stock_plan(request: AnyRequest) -> Response[bytes]:
    """What each set of rules costs and leaves unasked, before it is chosen."""
    parts = web_of(request).parts
    if parts.watch_plan is None:
        raise RequestError("plan-missing")
    planner = await asyncio.to_thread(parts.watch_plan)
    costs = await asyncio.to_thread(planner.costs, parts.clock.now())
    person = person_of(request)
    return page(
        request,
        "stock_plan.html",
        here="stock",
        url="/stock/plan",
        choices=[StockViewer(speech_of(request)).choice(cost) for cost in costs],
        automatic=any(cost.automatic_h for cost in costs),
        owner=person is None or person.role is Role.OWNER,
    )


@post("/stock/plan", status_code=303, include_in_schema=False, opt={OPT: Who.OWNER})
async def stock_choose(request: AnyRequest) -> Redirect:
    """Put a set of rules in force."""
    parts, form = web_of(request).parts, await form_of(request)
    if parts.watch_plan is None:
        raise RequestError("plan-missing")
    try:
        chosen = RuleSet(form.get("choice", ""))
    except ValueError:
        raise RequestError("body-invalid") from None
    planner = await asyncio.to_thread(parts.watch_plan)
    await asyncio.to_thread(planner.choose, chosen)
    return Redirect("/stock/plan", status_code=303)


@get("/stock/import", include_in_schema=False, opt=STAFF)
async def stock_import(request: AnyRequest) -> Response[bytes]:
    """The POS's file: looked through first, then taken. It works on /v1/watch/imports by script."""
    speech = speech_of(request)
    said: dict[str, object] = {key: speech.t(f"stock.file.{key}", **LATER) for key in SAYS}
    said["fields"] = {field.value: speech.t(f"book.field.{field.value}") for field in Field}
    said["whys"] = {why.value: speech.t(f"book.why.{why.value}") for why in Why}
    return page(request, "stock_import.html", here="stock", url="/stock/import", said=said | {"lang": speech.language})


def _seq(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX):
        raise RequestError("body-invalid")
    return int(text)


STOCK = (
    stock, stock_now, stock_alerts, stock_evidence, stock_handled, stock_queue, stock_plan, stock_choose, stock_import,
)  # fmt: skip
