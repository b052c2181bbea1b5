"""What the pages of the watch show, as plain values for their templates, worded in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.alerts import Alert, AlertKind
from shirorom.domain.desk.stock import Status
from shirorom.domain.mark import Mark
from shirorom.edge.risk_wire import chance_text
from shirorom.edge.web.look import CLASS_OF, CLASS_OF_VERDICT, Speech
from shirorom.ports.board import Silence
from shirorom.ports.stock import Booked
from shirorom.service.watch_board import UNHEARD, MarkRow, WatchBoard

if TYPE_CHECKING:  # only named here: numpy comes with the plan
    from shirorom.domain.desk.plan_day import ChoiceCost, Unasked
    from shirorom.service.watch_glance import Glance
    from shirorom.service.watch_risk import RiskReport

ALERTS_SHOWN = 12
"""Alerts on the first page; the others are one step away. What costs most stands first."""
GROUP_MIN = 4
"""So many alerts that ask for the same (a price to change) stand as one line that opens."""
GROUP_MAX = 200
_GROUPED = (AlertKind.WARNED, AlertKind.FREED)
_URGENT = (AlertKind.RESTRICTED, AlertKind.ANOMALY, AlertKind.WARNED, AlertKind.FREED)
SPARK_WIDTH, SPARK_TOP, SPARK_BOTTOM = 124, 4, 32


@dataclass(frozen=True, slots=True)
class StockViewer:
    """Makes the views of one request."""

    speech: Speech

    def t(self, key: str, /, **details: str | int) -> str:
        """A text of the catalogue."""
        return self.speech.t(key, **details)

    def board(self, board: WatchBoard, alerts: Sequence[Alert], units: Mapping[str, Booked]) -> dict[str, Any]:
        """The first page: `alerts` are the open ones of the scope, `units` those that they name, by stock key."""
        groups, single = self._groups(alerts, units)
        first = sorted(single, key=lambda alert: (_URGENT.index(alert.kind), -alert.seq))
        scope = {"store": board.scope.store, "person": board.scope.person}
        query = urlencode({name: value for name, value in scope.items() if value})
        return {
            "version": board.version,
            "at": board.at,
            "empty": board.empty,
            "query": f"{query}&" if query else "",
            **scope,
            "stores": board.stores,
            "persons": board.persons,
            "stock": board.units[Status.STOCK],
            "sold": board.units[Status.SOLD],
            "alerts_open": len(alerts),
            "alerts": [self.alert(alert, units.get(alert.key)) for alert in first[:ALERTS_SHOWN]],
            "more": max(0, len(first) - ALERTS_SHOWN),
            "groups": groups,
            "unheard": self._unheard(board),
            "marks": [self._mark_row(row) for row in board.marks],
        }

    def _groups(self, alerts: Sequence[Alert], units: Mapping[str, Booked]) -> tuple[list[dict[str, Any]], list[Alert]]:
        """Those that ask for the same, many at a time; and all others."""
        groups, single = [], [alert for alert in alerts if alert.kind not in _GROUPED]
        for kind in _GROUPED:
            some = [alert for alert in alerts if alert.kind is kind]
            if len(some) < GROUP_MIN:
                single += some
                continue
            groups.append(
                {
                    "kind": kind.value,
                    "css": CLASS_OF[Mark.CLEAR if kind is AlertKind.FREED else Mark.CAUTION],
                    "headline": self.t(f"stock.group.{kind.value}", n=self.speech.count(len(some))),
                    "todo": self.t(f"stock.todo.{kind.value}"),
                    "seqs": ",".join(str(alert.seq) for alert in some),
                    "rows": [self.alert(alert, units.get(alert.key)) for alert in some[:GROUP_MAX]],
                }
            )
        return groups, single

    def alert(self, alert: Alert, booked: Booked | None) -> dict[str, Any]:
        """One alert: what changed, what it means for this unit, and the one thing to do."""
        return {
            "seq": alert.seq,
            "key": alert.key,
            "at": alert.at,
            "before": self._mark(alert.change.from_),
            "after": self._mark(alert.change.to),
            "carrier": self.speech.carrier(alert.carrier),
            "headline": self.t(f"stock.headline.{alert.kind.value}", key=alert.key),
            "detail": self._detail(alert, booked),
            "todo": self._todo(alert, booked),
            "practice": alert.practice,
            "link": self._link(alert, booked),
            "struck": alert.retracted_at is not None,
            "state": self._state(alert),
        }

    def _mark(self, mark: Mark) -> dict[str, str]:
        return {"css": CLASS_OF[mark], "word": self.speech.word(mark)}

    def _detail(self, alert: Alert, booked: Booked | None) -> str:
        if alert.day is not None:  # nobody asked then, and no notice came: the day did
            parts = [self.t("stock.detail.day", on=alert.day.isoformat())]
        else:
            parts = [self.t("stock.detail.asked", at=self.speech.clock(alert.change.between[1]))]
        if alert.store:
            parts.append(alert.store)
        if alert.person:
            parts.append(alert.person)
        parts += self._unit(booked)
        return self.t("ui.join.list").join(parts)

    def _unit(self, booked: Booked | None) -> list[str]:
        if booked is None:
            return [self.t("stock.detail.gone")]
        unit = booked.unit
        parts = [unit.model] if unit.model else []
        if unit.status is Status.SOLD and unit.sold_on is not None:
            parts.append(self.t("stock.detail.sold", on=unit.sold_on.isoformat()))
            if unit.receipt:
                parts.append(self.t("stock.detail.receipt", receipt=unit.receipt))
        elif unit.status is Status.STOCK:
            parts.append(self.t("stock.detail.stock"))
        if unit.price_yen is not None:
            parts.append(self.t("stock.detail.price", n=self.speech.count(unit.price_yen)))
        return parts

    def _todo(self, alert: Alert, booked: Booked | None) -> str:
        if alert.kind is not AlertKind.RESTRICTED:
            return self.t(f"stock.todo.{alert.kind.value}")
        sold = booked is not None and booked.unit.status is Status.SOLD
        return self.t("stock.todo.restricted-sold" if sold else "stock.todo.restricted-stock")

    def _link(self, alert: Alert, booked: Booked | None) -> dict[str, str] | None:
        """Where the next step is: a claim for a unit that was sold. By the alert's number: no IMEI in an address."""
        if alert.kind is AlertKind.RESTRICTED and booked is not None and booked.unit.status is Status.SOLD:
            return {"url": "/stock/claims/new", "word": self.t("stock.link.claim")}
        return {"url": f"/stock/alerts/{alert.seq}", "word": self.t("stock.link.evidence")}

    def _state(self, alert: Alert) -> str:
        if alert.retracted_at is not None:
            return self.t("stock.state-of.retracted")
        if alert.handled_at is not None:
            return self.t("stock.state-of.handled", by=alert.handled_by, at=self.speech.clock(alert.handled_at))
        return self.t("stock.state-of.explained" if alert.explained_at is not None else "stock.state-of.open")

    def _unheard(self, board: WatchBoard) -> list[dict[str, str]]:
        """A line for each count: carriers of which the same numbers are unheard share one."""
        alike: dict[Silence, list[CarrierId]] = {}
        for carrier, silence in board.silent.items():
            if silence.never or silence.old:
                alike.setdefault(silence, []).append(carrier)
        count = self.speech.count
        return [
            {
                "carrier": self.t("stock.every_carrier") if len(some) == len(CARRIERS) else self.speech.names(some),
                "headline": self.t("stock.unheard", n=count(silence.never + silence.old), days=UNHEARD.days),
                "detail": self.t("stock.unheard_detail", never=count(silence.never), old=count(silence.old)),
            }
            for silence, some in alike.items()
        ]

    def risk(self, report: RiskReport | None) -> dict[str, Any]:
        """The chance that △ becomes × within a year: with its interval and its n, or that nobody has asked yet."""
        year = (
            next((one for one in report.horizons if one.mark is Mark.CAUTION and one.months == 12), None)
            if report
            else None
        )
        if report is None or year is None:
            return {"chance": None}
        sample = report.believed[Mark.CAUTION].sample
        return {
            "chance": chance_text(year.both, self.speech.words),
            "within": self.t("stock.risk_within", level=round(report.rates.level * 100), day=report.day.isoformat()),
            "sample": self.t("stock.risk_sample", subjects=self.speech.count(sample.subjects), events=sample.events),
        }

    def plan(self, glance: Glance) -> dict[str, Any]:
        """Today's plan, and a bar for each of the days ahead. Heights in hundredths of the highest."""
        today, week, effort = glance.today, glance.week, glance.effort
        highest = max((today.total, *(day.planned for day in week)), default=0) or 1
        cells = [today.total, *(day.planned for day in week[1:])]
        return {
            "today": self.t(
                "stock.plan_today", cells=self.speech.count(today.total), done=self.speech.count(today.done)
            ),
            "open": today.open,
            "minutes": self.t(
                "stock.plan_minutes",
                hand=self.speech.count(math.ceil(today.open * effort.hand_s / 60)),
                extension=self.speech.count(math.ceil(today.open * effort.extension_s / 60)),
            ),
            "left": self.t("stock.plan_left", n=self.speech.count(today.left.cells)) if today.left.cells else "",
            "days": [
                {
                    "cells": count,
                    "height": round(100 * count / highest, 1),
                    "done": round(100 * today.done / highest, 1) if n == 0 else 0,
                    "name": self.t("stock.day_today") if n == 0 else self._day(day.day),
                }
                for n, (day, count) in enumerate(zip(week, cells, strict=True))
            ],
        }

    def _day(self, day: date) -> str:
        return self.t("stock.day", day=day.day, weekday=self.t(f"stock.weekday.{day.weekday()}"))

    def choice(self, cost: ChoiceCost) -> dict[str, Any]:
        """One set of rules: what it takes, and what it leaves unasked."""
        count = self.speech.count
        return {
            "name": cost.rules.value,
            "title": self.t(f"plan.set.{cost.rules.value}"),
            "chosen": cost.in_force,
            "cells": count(round(cost.week.mean)),
            "peak": self.t("stock.peak", n=count(cost.week.peak)),
            "hand": self.t("stock.minutes", n=count(math.ceil(cost.hand_min(cost.week)))),
            "extension": self.t("stock.minutes", n=count(math.ceil(cost.extension_min(cost.week)))),
            "site": self.t("stock.hours", n=f"{cost.automatic_h:.1f}") if cost.automatic_h else "",
            "left": self._unasked(cost.never),
            "waits": self.t("stock.waits", n=count(cost.left_after)) if cost.left_after else "",
        }

    def _unasked(self, unasked: Unasked) -> str:
        if not unasked.cells:
            return self.t("stock.left_none")
        count = self.speech.count
        return self.t(
            "stock.left_cells",
            cells=count(unasked.cells), units=count(unasked.units), yen=count(unasked.yen),
            caution=count(unasked.caution_covered),
        )  # fmt: skip

    def _mark_row(self, row: MarkRow) -> dict[str, Any]:
        mark = None if row.verdict.value == "undetermined" else Mark(row.verdict.value)
        line = [count for count in row.days if count is not None]
        moved = row.moved
        return {
            "css": CLASS_OF_VERDICT[row.verdict],
            "word": self.speech.word(mark),
            "units": row.units,
            "moved": "" if moved is None else f"{moved:+,}".replace("-", "−").replace("+0", "0"),
            "spark": spark((*row.days, row.units)) if line else None,
            "spark_says": self.t("stock.spark", first=line[0], last=row.units) if line else "",
        }


def spark(counts: Sequence[int | None]) -> dict[str, str]:
    """A small line over the days, the newest at the right; days that were not counted are bridged. Units: pixels."""
    known = [count for count in counts if count is not None]
    low, high = min(known), max(known)
    step = SPARK_WIDTH / max(1, len(counts) - 1)
    points = [
        (n * step, SPARK_BOTTOM - (count - low) / ((high - low) or 1) * (SPARK_BOTTOM - SPARK_TOP))
        for n, count in enumerate(counts)
        if count is not None
    ]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return {"path": f"M{path}", "x": f"{points[-1][0]:.1f}", "y": f"{points[-1][1]:.1f}"}
