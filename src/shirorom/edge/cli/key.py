"""`shirorom key`: the keys that this installation signs with: shown, rotated, revoked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from shirorom.edge.cli.command import Command, Group, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json

if TYPE_CHECKING:
    from shirorom.log.keyring import KnownKey, KnownKeys


@click.command(cls=Command)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def show(session: Session, practice: bool, as_json: bool) -> int:
    """The verifier key in force, its fingerprint, and every key before it."""
    keyring = session.composition.publishing.keyring(practice)
    keyring.signer(session.composition.now())
    return _print(session, keyring.known(), as_json=as_json)


@click.command(cls=Command)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def rotate(session: Session, practice: bool, as_json: bool) -> int:
    """A new key in the place of the one in force; what the old one signed still holds."""
    composition = session.composition
    composition.publishing.rotate(practice)
    return _print(session, composition.publishing.keyring(practice).known(), as_json=as_json)


@click.command(cls=Command)
@click.argument("id_", metavar="ID")
@click.option("--from", "since", required=True, metavar="TIME")
@click.option("--reason", required=True, metavar="TEXT")
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def revoke(session: Session, id_: str, since: str, reason: str, practice: bool, as_json: bool) -> int:
    """Say that a key was in other hands from a moment on."""
    composition = session.composition
    moment = _moment(session, since)
    if moment > composition.now():
        raise BadCallError(session.t("cli.key.future"))
    composition.publishing.revoke(practice, id_.lower(), moment, reason)
    return _print(session, composition.publishing.keyring(practice).known(), as_json=as_json)


@click.group(cls=Group, name="key")
@common
def key() -> None:
    """The keys of the record."""


for command in (show, rotate, revoke):
    key.add_command(command)


def _moment(session: Session, text: str) -> datetime:
    """A time with its zone (`2026-11-25T09:00:00Z`), whole seconds, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadCallError(session.t("cli.key.time")) from None
    if moment.tzinfo is None:
        raise BadCallError(session.t("cli.key.time"))
    return moment.astimezone(UTC).replace(microsecond=0)


def _print(session: Session, known: KnownKeys, *, as_json: bool) -> int:
    now = session.composition.now()
    rows = [_row(one, one.state(now).value) for one in reversed(known.keys)]
    if as_json:
        print_json({"name": known.name, "keys": rows})
        return 0
    for row in rows:
        click.echo(session.t(f"cli.key.{row['state']}", id=row["id"], since=row["from"], until=row["until"] or ""))
        click.echo(f"  {row['key']}")
        click.echo(f"  {session.t('cli.key.fingerprint')} {row['fingerprint']}")
    return 0


def _row(one: KnownKey, state: str) -> dict[str, Any]:
    from shirorom.log.times import time_text

    return {
        "id": one.key.id.hex(), "key": one.key.text, "fingerprint": one.key.fingerprint, "state": state,
        "from": time_text(one.since), "until": time_text(one.until) if one.until else None,
        "revoked_at": time_text(one.revoked_at) if one.revoked_at else None, "reason": one.reason,
    }  # fmt: skip
