"""`shirorom parse`: every device number in any text. Asks nobody, records nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.device import read_text
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.table import grouped
from shirorom.edge.cli.wrap import aligned

if TYPE_CHECKING:
    from shirorom.edge.wire import FoundWire, ParseWire

BAD_NUMBERS = 2


@click.command(cls=Command)
@click.argument("text", nargs=-1, metavar="[TEXT|-]")
@json_option
@common
@click.pass_obj
def parse(session: Session, text: tuple[str, ...], as_json: bool) -> int:
    """Find the device numbers of a text. `-`, or nothing in a pipe, reads standard input."""
    import msgspec

    from shirorom.domain import parse as domain
    from shirorom.edge import wire

    if not text and sys.stdin.isatty():
        raise BadCallError(session.t("cli.usage.no-text"))
    parsed = domain.parse(read_text(session) if not text or text == ("-",) else " ".join(text))
    answer = wire.parse_of(parsed)
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        _show(session, answer)
    return 0 if parsed.devices and not parsed.bad else BAD_NUMBERS


def _show(session: Session, answer: ParseWire) -> None:
    if not answer.found:
        say(session.t("cli.parse.none"))
        return
    rows = []
    for found in answer.found:
        number = grouped(found.imei) if found.imei and found.valid else " ".join(found.text.split())
        rows.append(("ok" if found.valid else "!", found.kind, number, _remark(session, found)))
    for line in aligned(rows):
        click.echo(line)
    for device in answer.devices:
        if len(device) > 1:
            numbers = " ".join(map(grouped, device))
            click.echo(session.t("cli.parse.device", count=len(device), numbers=numbers))


def _remark(session: Session, found: FoundWire) -> str:
    words = [session.t(f"code.{found.error}.title")] if found.error else []
    words += [session.t("cli.suggestion", suggestion=found.suggestion)] if found.suggestion else []
    return " ".join(words)
