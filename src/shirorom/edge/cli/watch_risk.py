"""`shirorom watch risk`: the chance that △ (○) becomes ×, its expected cost, and the back-test."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json
from shirorom.edge.cli.wrap import columns, fold, pad

if TYPE_CHECKING:
    from shirorom.domain.desk.backtest import BackTest
    from shirorom.service.watch_risk import RiskDesk, RiskReport

WIDTH_MAX = 100


@click.command(cls=Command, name="risk")
@click.option("--back-test", is_flag=True)
@click.option("--split", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE")
@json_option
@common
@click.pass_obj
def risk(session: Session, back_test: bool, split: datetime | None, as_json: bool) -> int:
    """Chances with interval, n and source; costs by where each covered unit stands."""
    desk: RiskDesk = session.composition.watch.risk
    report = desk.report()
    wanted = back_test or split is not None
    test = desk.back_test(split.date() if split else None) if wanted else None
    if as_json:
        import msgspec

        from shirorom.edge.risk_wire import risk_of

        print_json(msgspec.to_builtins(risk_of(report, test)))
        return 0
    _show(session, report)
    if wanted:
        _show_test(session, test)
    return 0


def _show(session: Session, report: RiskReport) -> None:
    from shirorom.edge.risk_wire import chance_text, origin_text, said_of, yen_text

    console, words = session.console(), session.texts
    width = min(console.width, WIDTH_MAX)

    def put(text: str = "", style: str = "") -> None:
        console.print(text, style=style, soft_wrap=True)

    if report.practice:
        put(fold(session.t("cli.practice"), width), "bold")
    put(f"{session.t('risk.title')}  {session.t('risk.as_of', day=report.day.isoformat())}", "bold")
    put(session.t("risk.book", units=report.units, sold=report.sold, entries=report.entries))
    if report.elsewhere:
        put(session.t("risk.elsewhere", count=report.elsewhere))
    put()
    put(session.t("risk.chance_heading"), "bold")
    put(session.t("risk.level", level=round(report.rates.level * 100)))
    for one in report.horizons:
        name = f"{one.mark.symbol} {session.t(f'mark.{one.mark.value}.word')}"
        put(f"  {name} → ×  {session.t('risk.months', count=one.months)}")
        for key, figure in (("both", one.both), ("published", one.published), ("own", one.own)):
            put(f"      {session.t(f'risk.{key}')}: {chance_text(figure, words)}")
    put()
    put(session.t("risk.cost_heading"), "bold")
    if not report.terms_written:
        put(fold(session.t("risk.no_terms"), width, indent="  "))
    else:
        names = [session.t(f"risk.group.{line.group.value}") for line in report.cost.lines]
        room = max(columns(name) for name in names)
        for name, line in zip(names, report.cost.lines, strict=True):
            put(f"  {pad(name, room)}  {line.units:>7,}  {yen_text(line.yen, words)}")
        put(f"  {pad(session.t('risk.cost_total'), room)}  {'':>7}  {yen_text(report.cost.total, words)}", "bold")
    for reason, count in report.cost.left_out:
        put(f"  {session.t('risk.left_heading')}: {session.t(f'risk.left.{reason.value}')} {count:,}")
    put()
    for sentence in said_of(report, words):
        put(fold(sentence, width, indent="    ", first="  - "))
    put(session.t("risk.source"), "bold")
    for origin in dict.fromkeys(origin for one in report.believed.values() for origin in one.origins):
        put(f"  {origin_text(origin, words)}")


def _show_test(session: Session, test: BackTest | None) -> None:
    console = session.console()
    console.print()
    console.print(session.t("risk.test_heading"), style="bold")
    if test is None:
        console.print(session.t("risk.test_none"), soft_wrap=True)
        return
    from shirorom.edge.risk_wire import back_test_lines

    for line in back_test_lines(test, session.texts):
        console.print(f"  {line}", soft_wrap=True)
