"""The risk page: chances and costs with their intervals, the shop's own curve, the back-test. Plain HTML and SVG."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from litestar import get
from litestar.response import Response

from shirorom.domain.desk.risk import MONTH_DAYS
from shirorom.domain.errors import RequestError
from shirorom.domain.mark import Mark
from shirorom.edge.risk_wire import (
    back_test_lines,
    bin_text,
    chance_text,
    inside_text,
    origin_text,
    percent,
    said_of,
    yen_text,
)
from shirorom.edge.web.look import CLASS_OF, Speech
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.who import OPT, Who
from shirorom.ports.claims import CurvePoint

if TYPE_CHECKING:  # only named here: whoever asks for figures loads it
    from shirorom.domain.desk.backtest import BackTest
    from shirorom.service.watch_risk import RiskReport

WIDTH, HEIGHT, LEFT, BOTTOM = 480, 180, 56, 28


@get("/stock/risk", include_in_schema=False, opt={OPT: Who.STAFF})
async def risk_page(request: AnyRequest) -> Response[bytes]:
    """As of today; `?test=1` adds the back-test."""
    risk = web_of(request).parts.risk
    if risk is None:
        raise RequestError("counter-missing")
    desk = await asyncio.to_thread(risk)
    report = await asyncio.to_thread(desk.report)
    tested = request.query_params.get("test") == "1"
    test = await asyncio.to_thread(desk.back_test) if tested else None
    return page(
        request, "risk.html", here="stock", url="/stock/risk",
        risk=view_of(report, speech_of(request)),
        test=back_test_view(test, speech_of(request)) if test else None,
        tested=tested,
    )  # fmt: skip


def view_of(report: RiskReport, speech: Speech) -> dict[str, Any]:
    """A report as the page shows it."""
    words = speech.words
    return {
        "practice": report.practice,
        "day": report.day.isoformat(),
        "book": speech.t("risk.book", units=report.units, sold=report.sold, entries=report.entries),
        "elsewhere": speech.t("risk.elsewhere", count=report.elsewhere) if report.elsewhere else None,
        "level": speech.t("risk.level", level=round(report.rates.level * 100)),
        "chances": [
            {
                "mark": speech.word(mark),
                "css": CLASS_OF[mark],
                "rows": [
                    {
                        "months": speech.t("risk.months", count=one.months),
                        "figures": [
                            *(_split(chance_text(figure, words)) for figure in (one.both, one.published)),
                            _split(chance_text(one.own, words)) if believed.enough else (speech.t("risk.too_few"), ""),
                        ],
                    }
                    for one in report.horizons
                    if one.mark is mark
                ],
            }
            for mark, believed in report.believed.items()
        ],
        "terms": report.terms_written,
        "costs": [
            {
                "group": speech.t(f"risk.group.{line.group.value}"),
                "units": f"{line.units:,}",
                "yen": _split(yen_text(line.yen, words)),
            }
            for line in report.cost.lines
        ],
        "total": _split(yen_text(report.cost.total, words)),
        "left": [(speech.t(f"risk.left.{reason.value}"), f"{count:,}") for reason, count in report.cost.left_out],
        "said": said_of(report, words),
        "sources": [
            {"url": origin.source.url if origin.source else None, "text": origin_text(origin, words)}
            for origin in dict.fromkeys(origin for one in report.believed.values() for origin in one.origins)
        ],
        "curves": [
            {
                "heading": speech.t("risk.curve_heading", mark=_mark(mark, speech)),
                "curve": curve_of(fitted.curve),
                "points": [_point(point, speech) for point in fitted.curve],
            }
            for mark, fitted in report.fitted.items()
            if fitted.curve
        ],
    }


def back_test_view(test: BackTest, speech: Speech) -> dict[str, Any]:
    """A back-test as the page shows it: sentences, and a row for each bin."""
    lines = back_test_lines(test, speech.words)
    return {
        "lines": [*lines[:2], *lines[2 + len(test.bins) :]],
        "rows": [
            {
                "what": bin_text(one, speech.words),
                "predicted": f"{one.predicted:.1f}",
                "range": f"{one.low} – {one.high}",
                "happened": one.happened,
                "says": inside_text(one, speech.words),
            }
            for one in test.bins
        ],
    }


def _mark(mark: Mark, speech: Speech) -> str:
    return f"{mark.symbol} {speech.word(mark)}"


def _split(text: str) -> tuple[str, str]:
    """The figure, and its interval below it."""
    for bracket in ("（", " ("):
        if bracket in text:
            value, _, rest = text.partition(bracket)
            return value, bracket.strip() + rest
    return text, ""


def _point(point: CurvePoint, speech: Speech) -> str:
    figure = speech.t("risk.figure", value=percent(point.share), low=percent(point.low), high=percent(point.high))
    return speech.t("risk.curve_left", months=round(point.days / MONTH_DAYS), figure=figure, left=point.left)


@dataclass(frozen=True, slots=True)
class Curve:
    """A small drawing: where the line runs, and an upright line and a label for each point."""

    line: str
    points: tuple[tuple[float, float, float, float, str], ...]
    top: str


def curve_of(points: tuple[CurvePoint, ...]) -> Curve:
    """The share by months, from 0; y runs to the highest bound."""
    most = max(1e-6, *(point.high for point in points))
    longest = points[-1].days

    def at(days: float, share: float) -> tuple[float, float]:
        across = LEFT + (WIDTH - LEFT - 12) * days / longest
        return round(across, 1), round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 12) * share / most, 1)

    drawn = [at(0, 0), *(at(point.days, point.share) for point in points)]
    return Curve(
        line=" ".join(f"{x},{y}" for x, y in drawn),
        points=tuple(
            (*at(one.days, one.share), at(0, one.low)[1], at(0, one.high)[1], str(round(one.days / MONTH_DAYS)))
            for one in points
        ),
        top=percent(most),
    )


RISK_PAGE = (risk_page,)
