"""`shirorom watch plan`: what is asked again today, what it costs, and into the counter's queue."""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json

if TYPE_CHECKING:
    from shirorom.domain.desk.plan_day import ChoiceCost, PlanOfDay, Unasked
    from shirorom.service.watch_plan import WatchPlan

CELLS_SHOWN = 20
CELLS_JSON = 10_000
ALL = 0
"""`--queue` without a number: as many as find room."""


@click.command(cls=Command, name="plan")
@click.option("--date", "on", type=click.DateTime(formats=["%Y-%m-%d"]), metavar="YYYY-MM-DD")
@click.option("--costs", is_flag=True)
@click.option("--queue", "queue", type=click.IntRange(0, 100_000), is_flag=False, flag_value=ALL, metavar="[N]")
@json_option
@common
@click.pass_obj
def plan(session: Session, on: datetime | None, costs: bool, queue: int | None, as_json: bool) -> int:
    """What is asked again today."""
    if queue is not None and (on is not None or costs):
        raise BadCallError(session.t("cli.plan.queue-alone"))
    planner: WatchPlan = session.composition.watch.plan
    now = session.composition.now() if on is None else _noon(on)
    if costs:
        _costs(session, planner, now, as_json)
    elif queue is not None:
        _queue(session, planner, now, queue or None, as_json)
    else:
        _today(session, planner, now, as_json)
    return 0


def _noon(on: datetime) -> datetime:
    from shirorom.domain.fold import JST

    return datetime.combine(on.date(), time(12), JST)


def _today(session: Session, planner: WatchPlan, now: datetime, as_json: bool) -> None:
    from shirorom.edge.plan_wire import plan_of, symbol

    day, ahead = planner.today(now), planner.forecast(now)
    cells = planner.cells(now, count_max=CELLS_JSON if as_json else CELLS_SHOWN)
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(plan_of(day, ahead, cells, session.lang)))
        return
    out = session.console()
    _practice(session, day)
    out.print(session.t("cli.plan.head", day=day.day.isoformat(), rules=session.t(f"plan.set.{day.rules.value}")))
    out.print(session.t("cli.plan.total", total=day.total, done=day.done, open=day.open, phones=day.phones))
    for one in day.carriers:
        how = session.t("cli.plan.automatic" if one.automatic else "cli.plan.by-hand")
        name = session.t(f"carrier.{one.carrier.value}")
        line = session.t("cli.plan.carrier", name=name, how=how, open=one.planned, done=one.done, left=one.left)
        out.print("  " + line, soft_wrap=True)
        if one.stopped is not None:
            out.print("    " + session.t("cli.plan.stopped", why=session.t(f"code.{one.stopped}.title")))
    _unasked(session, "left", day.left)
    _unasked(session, "never", day.never)
    out.print(session.t("cli.plan.ahead"))
    out.print("  " + " ・ ".join(f"{one.day:%m/%d} {one.planned:,}" for one in ahead), soft_wrap=True)
    if cells:
        out.print(session.t("cli.plan.first", n=len(cells)))
    for cell in cells:
        asked = session.t("cli.plan.never-asked") if cell.asked_on is None else cell.asked_on.isoformat()
        out.print(
            "  " + session.t(
                "cli.plan.cell", key=cell.key, number=cell.number, carrier=session.t(f"carrier.{cell.carrier.value}"),
                symbol=symbol(cell.seen), asked=asked, why=cell.why if session.lang == "ja" else cell.why_en,
            ),
            soft_wrap=True,
        )  # fmt: skip


def _costs(session: Session, planner: WatchPlan, now: datetime, as_json: bool) -> None:
    costs = planner.costs(now)
    if as_json:
        import msgspec

        from shirorom.edge.plan_wire import costs_of

        print_json(msgspec.to_builtins(costs_of(costs)))
        return
    _practice(session, planner.today(now))
    for cost in costs:
        _cost(session, cost)
    effort = costs[0].effort
    out = session.console()
    out.print(session.t("cli.plan.assumes", hand=f"{effort.hand_s:g}", extension=f"{effort.extension_s:g}"))


def _cost(session: Session, cost: ChoiceCost) -> None:
    out = session.console()
    name = session.t(f"plan.set.{cost.rules.value}")
    out.print(session.t("cli.plan.choice-in-force" if cost.in_force else "cli.plan.choice", name=name), style="bold")
    out.print("  " + session.t("cli.plan.today", n=f"{cost.today:,}"), soft_wrap=True)
    for key, load in (("week", cost.week), ("month", cost.month)):
        minutes = {"hand": f"{cost.hand_min(load):,.0f}", "extension": f"{cost.extension_min(load):,.0f}"}
        out.print(
            "  " + session.t(f"cli.plan.{key}", mean=f"{load.mean:,.0f}", peak=f"{load.peak:,}", **minutes),
            soft_wrap=True,
        )
    if cost.automatic_h:
        out.print("  " + session.t("cli.plan.hours", hours=f"{cost.automatic_h:.1f}"), soft_wrap=True)
    _unasked(session, "left", cost.left)
    out.print("  " + session.t("cli.plan.left-after", n=f"{cost.left_after:,}"), soft_wrap=True)
    _unasked(session, "never", cost.never)


def _unasked(session: Session, key: str, unasked: Unasked) -> None:
    from shirorom.domain.desk.plan import Seen

    out = session.console()
    figures = {"cells": f"{unasked.cells:,}", "units": f"{unasked.units:,}", "yen": f"{unasked.yen:,}"}
    out.print("  " + session.t(f"cli.plan.{key}", **figures), soft_wrap=True)
    if unasked.cells:
        never = unasked.said.get(Seen.NEVER, 0)
        line = session.t("cli.plan.risk", caution=unasked.caution_covered, never=never, unpriced=unasked.unpriced)
        out.print("    " + line, soft_wrap=True)


def _queue(session: Session, planner: WatchPlan, now: datetime, count_max: int | None, as_json: bool) -> None:
    filled = planner.fill_queue(now, count_max, by=session.composition.settings.operator)
    if as_json:
        import msgspec

        from shirorom.edge.plan_wire import filled_of

        print_json(msgspec.to_builtins(filled_of(filled)))
        return
    details = {"added": filled.added, "known": filled.known, "gone": filled.gone, "left": filled.left}
    session.console().print(session.t("cli.plan.queued", **details), soft_wrap=True)


def _practice(session: Session, day: PlanOfDay) -> None:
    if day.practice:
        key = "cli.plan.practice-too" if day.real else "cli.plan.practice"
        session.console().print(session.t(key), style="bold")
