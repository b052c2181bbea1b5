"""`shirorom watch claim`: decide a warranty claim at the terminal, or see those that were decided."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Any

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.device import read_text
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json
from shirorom.edge.cli.wrap import fold

if TYPE_CHECKING:
    from shirorom.domain.desk.claim import WarrantyClaim
    from shirorom.service.watch_claim import ClaimDesk, Request

EXIT_STATUS = {"accepted": 0, "unclear": 3, "refused": 5, "ask-first": 6}
NEEDS = ("receipt", "same-number", "no-modification")
SIGNS = {True: "✓", False: "！", None: "？"}
"""None of them is a carrier's symbol."""


@click.command(cls=Command, name="claim")
@click.argument("number", required=False, metavar="[-]")
@click.option("--receipt", metavar="NUMBER")
@click.option("--seen", multiple=True, type=click.Choice(NEEDS))
@click.option("--missing", multiple=True, type=click.Choice(NEEDS))
@click.option("--excluded", type=click.Choice(["yes", "no"]))
@click.option("--again", metavar="ID")
@click.option("--key", metavar="KEY")
@click.option("--list", "list_", is_flag=True)
@json_option
@common
@click.pass_obj
def claim(
    session: Session,
    number: str | None,
    receipt: str | None,
    seen: tuple[str, ...],
    missing: tuple[str, ...],
    excluded: str | None,
    again: str | None,
    key: str | None,
    list_: bool,
    as_json: bool,
) -> int:
    """Decide a claim once, and say why step by step."""
    import asyncio

    from shirorom.domain.desk.given import key_of
    from shirorom.domain.desk.warranty import Need
    from shirorom.service.watch_claim import Request

    desk: ClaimDesk = session.composition.watch.claims
    if list_:
        return _list(session, desk, as_json)
    key = key_of(key or secrets.token_hex(16))
    if again is not None:
        decided = asyncio.run(_decide(session, again, key))
    else:
        if not receipt:
            raise BadCallError(session.t("claim.cli.needs_receipt"))
        looked = {Need(name): True for name in seen} | {Need(name): False for name in missing}
        said = None if excluded is None else excluded == "yes"
        decided = asyncio.run(_decide(session, Request(receipt, _number(session, number), key, looked, said), key))
    if as_json:
        print_json(_wire(session, decided))
    else:
        show(session, decided)
    return EXIT_STATUS[decided.decided.decision.value]


def _number(session: Session, number: str | None) -> str:
    """The number from standard input or a hidden prompt; only its last digits may stand in the call itself."""
    from shirorom.domain.desk.claim import tail_of

    if number == "-":
        return read_text(session).strip()
    if number is not None:
        if tail_of(number) is None:
            raise BadCallError(session.t("cli.usage.no-number"))
        return number
    if not sys.stdin.isatty():
        raise BadCallError(session.t("cli.usage.no-number"))
    return str(click.prompt(session.t("claim.cli.prompt"), hide_input=True, err=True))


async def _decide(session: Session, what: Request | str, key: str) -> WarrantyClaim:
    """With whoever asks the carriers; leaving ends the browser."""
    composition = session.composition
    desk: ClaimDesk = composition.watch.claims
    by = composition.settings.operator
    async with composition.checking(practice=False) as check:
        if isinstance(what, str):
            return await desk.again(what, key=key, by=by, check=check)
        return await desk.decide(what, by=by, check=check)


def _list(session: Session, desk: ClaimDesk, as_json: bool) -> int:
    claims = desk.newest()
    if as_json:
        print_json({"claims": [_wire(session, one) for one in claims]})
        return 0
    from shirorom.edge.claim_wire import jst

    console = session.console()
    if not claims:
        console.print(session.t("claim.none"))
    for one in claims:
        tag = f"[{session.t('claim.practice')}] " if one.practice else ""
        title = session.t(f"claim.decision.{one.decided.decision.value}")
        console.print(f"{tag}{one.id}  {jst(one.at)}  {one.unit}  {title}", soft_wrap=True)
    return 0


def _wire(session: Session, one: WarrantyClaim) -> Any:
    import msgspec

    from shirorom.edge.claim_wire import claim_of

    return msgspec.to_builtins(claim_of(one, session.texts))


def show(session: Session, one: WarrantyClaim) -> None:
    """A decision with its steps, the number masked."""
    from shirorom.edge.claim_wire import claim_of, offer_text

    console, wire = session.console(), claim_of(one, session.texts)
    width = min(console.width, 100)
    if one.practice:
        console.print(session.t("cli.practice"), style="bold", soft_wrap=True)
    console.print(wire.title, style="bold")
    console.print(fold(wire.text, width, indent="  "), soft_wrap=True)
    console.print(f"{session.t('claim.unit', key=one.unit)}  {' '.join(imei.masked for imei in one.imeis)}")
    for step in wire.steps:
        first = f"{step.n}. {SIGNS[step.holds]} {step.title}: "
        console.print(fold(step.text, width, indent="     ", first=first), soft_wrap=True)
    for offer in one.decided.offers:
        console.print(f"  - {offer_text(offer, session.texts)}", soft_wrap=True)
    if one.settle_by is not None:
        console.print(session.t("claim.cli.settle", day=one.settle_by.isoformat()))
    if one.item:
        console.print(session.t("claim.cli.queue", id=one.id), soft_wrap=True)
    console.print(session.t("claim.cli.kept", id=one.id))
