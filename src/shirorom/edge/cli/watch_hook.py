"""`shirorom watch hook`: the shop's webhooks, their secrets (shown once), tests, replay and the delivery log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from shirorom.edge.cli.command import Command, Group, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.wrap import aligned

LOG_MAX = 200
SEQ_MAX = 2**53
FAILED = 1


@click.group(cls=Group, name="hook")
@common
def hook() -> None:
    """Webhooks: alerts for other programs."""


@click.command(cls=Command)
@click.argument("name")
@click.argument("url")
@json_option
@common
@click.pass_obj
def add(session: Session, name: str, url: str, as_json: bool) -> int:
    """Add an endpoint; its secret is shown this once."""
    hooks = session.composition.watch.hooks
    made, secret = hooks.add(name, url, by=session.composition.settings.operator)
    return _secret(session, made.name, secret, as_json)


@click.command(cls=Command)
@click.argument("name")
@json_option
@common
@click.pass_obj
def rotate(session: Session, name: str, as_json: bool) -> int:
    """Replace the secret; the one before goes on for a day."""
    made, secret = session.composition.watch.hooks.rotate(name)
    return _secret(session, made.name, secret, as_json)


@click.command(cls=Command, name="list")
@json_option
@common
@click.pass_obj
def list_(session: Session, as_json: bool) -> int:
    """Every endpoint, and whether it was switched off."""
    found = session.composition.watch.hooks.store.hooks()
    if as_json:
        rows = [{"name": one.name, "url": one.url, "waiting": one.waiting, "off_why": one.off_why} for one in found]
        print_json({"hooks": rows})
        return 0
    if not found:
        say(session.t("alerts.hook.none"))
    lines = [
        (one.name, one.url, session.t("alerts.hook.waiting", count=one.waiting),
         session.t(f"alerts.hook.{one.off_why}") if one.off_why else "")
        for one in found
    ]  # fmt: skip
    return _print(session, lines)


@click.command(cls=Command)
@click.argument("name")
@json_option
@common
@click.pass_obj
def test(session: Session, name: str, as_json: bool) -> int:
    """Send a test now."""
    attempt = session.composition.watch.hooks.test(name)
    _attempts(session, [attempt], as_json)
    return 0 if attempt.outcome == "delivered" else FAILED


@click.command(cls=Command)
@click.argument("name")
@click.option("--since", "replay_since", type=click.IntRange(1, SEQ_MAX), default=1, metavar="SEQ")
@click.option("--message", "replay_message", metavar="ID")
@json_option
@common
@click.pass_obj
def replay(session: Session, name: str, replay_since: int, replay_message: str | None, as_json: bool) -> int:
    """Deliver again, and switch the endpoint on."""
    hooks = session.composition.watch.hooks
    count = hooks.replay(name, since=replay_since, message=replay_message)
    attempts = hooks.deliver_all()
    if not as_json:
        say(session.t("alerts.hook.replayed", count=count))
    _attempts(session, list(attempts), as_json)
    return 0 if all(one.outcome == "delivered" for one in attempts) else FAILED


@click.command(cls=Command)
@click.argument("name")
@json_option
@common
@click.pass_obj
def remove(session: Session, name: str, as_json: bool) -> int:
    """Remove an endpoint with its log."""
    session.composition.watch.hooks.store.remove_hook(name)
    if as_json:
        print_json({"removed": True, "name": name})
    else:
        say(session.t("alerts.hook.removed", name=name))
    return 0


@click.command(cls=Command)
@click.argument("name")
@json_option
@common
@click.pass_obj
def log(session: Session, name: str, as_json: bool) -> int:
    """The delivery log, newest first."""
    _attempts(session, list(session.composition.watch.hooks.store.attempts(name, count_max=LOG_MAX)), as_json)
    return 0


def _secret(session: Session, name: str, secret: str, as_json: bool) -> int:
    if as_json:
        print_json({"name": name, "secret": secret})
    else:
        say(session.t("alerts.hook.secret", name=name))
        click.echo(secret)
    return 0


def _attempts(session: Session, attempts: list[Any], as_json: bool) -> None:
    from shirorom.edge.cli.table import jst

    if as_json:
        rows = [
            {"message": one.message, "alert": one.alert, "status": one.status, "outcome": one.outcome,
             "took_ms": one.took_ms}
            for one in attempts
        ]  # fmt: skip
        print_json({"attempts": rows})
        return
    lines = [
        (jst(one.at), one.message, "" if one.alert is None else f"#{one.alert}",
         session.t(f"alerts.outcome.{one.outcome}"), str(one.status or ""), f"{one.took_ms} ms")
        for one in attempts
    ]  # fmt: skip
    _print(session, lines)


def _print(session: Session, lines: Sequence[tuple[str, ...]]) -> int:
    console = session.console()
    for line in aligned(lines):
        console.print(line.rstrip(), soft_wrap=True)
    return 0


for command in (add, list_, test, replay, rotate, remove, log):
    hook.add_command(command)
