"""`shirorom import` and `shirorom carrier key`: a carrier's feed in, and the keys by which it is believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shirorom.domain.carrier import CarrierId
from shirorom.edge.cli.command import Command, Group, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.entries import carrier_option
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json, redact, say

if TYPE_CHECKING:
    from shirorom.log.feed_rows import RowFault
    from shirorom.ports.feeds import CarrierKey
    from shirorom.service.import_feed import Imported

FIELDS = ("imei", "declares", "ground", "effective_on", "purchased_on")
REPORTED_MAX = 100_000
"""Lines of a report; further faults are counted in its last line."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(cls=Command, name="import")
@click.argument("feed", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FEED")
@carrier_option
@click.option("--format", "form", type=click.Choice(["feed", "csv", "dirbs"]), default="feed", show_default=True)
@click.option("--map", "map_", multiple=True, metavar="field=COLUMN")
@click.option("--unsigned", is_flag=True)
@click.option("--delta", is_flag=True)
@click.option("--partial", is_flag=True)
@click.option("--even-smaller", is_flag=True)
@click.option("--dry-run", is_flag=True)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--by", metavar="NAME")
@json_option
@common
@click.pass_obj
def import_(
    session: Session,
    feed: Path,
    carrier: str,
    form: str,
    map_: tuple[str, ...],
    unsigned: bool,
    delta: bool,
    partial: bool,
    even_smaller: bool,
    dry_run: bool,
    report: Path | None,
    by: str | None,
    as_json: bool,
) -> int:
    """Import a carrier's feed."""
    import msgspec

    from shirorom.domain.feed import FeedKind
    from shirorom.edge.feed_wire import feed_of
    from shirorom.service.import_feed import FeedRowsError, Wishes

    composition = session.composition
    kind = (FeedKind.DELTA if delta else FeedKind.FULL) if unsigned else None
    wishes = Wishes(kind, partial=partial, smaller=even_smaller, dry_run=dry_run)
    target = feed.with_name(f"{feed.name}.errors.ndjson") if report is None else report
    by = by or composition.settings.operator
    try:
        with composition.feeds.source(feed, form, _maps(session, map_)) as source:
            imported = composition.feeds.import_feed(source, CarrierId(carrier), by=by, wishes=wishes)
    except FeedRowsError as error:
        _report(session, target, error.faults)
        raise
    if imported.faults:
        _report(session, target, imported.faults)
    if as_json:
        print_json(msgspec.to_builtins(feed_of(imported)))
    else:
        _show(session, imported)
    if imported.accepted is not None and composition.register.available:
        _register(session, imported.manifest.practice)
    return 0


def _register(session: Session, practice: bool) -> None:
    """Bring the register up to date; the feed is recorded whatever comes of that."""
    from shirorom.domain.errors import ShiroromError
    from shirorom.edge.cli.published import registered

    try:
        made = session.composition.register.now(practice)
    except ShiroromError as error:
        say(session.t("cli.register.failed", code=error.code))
    else:
        if made is not None:
            say(registered(session, made))


def _maps(session: Session, words: Sequence[str]) -> dict[str, str]:
    """What `--map` says. Raises `usage`."""
    pairs = [word.partition("=") for word in words]
    if any(field not in FIELDS or not column for field, _, column in pairs):
        raise BadCallError(session.t("cli.feeds.map", fields=" ".join(FIELDS)))
    return {field: column for field, _, column in pairs}


def _show(session: Session, imported: Imported) -> None:
    console, manifest, accepted = session.console(), imported.manifest, imported.accepted
    if manifest.practice:
        console.print(session.t("cli.practice"), style="bold", soft_wrap=True)
    said = "already" if imported.already else "tried" if accepted is None else "done"
    index = "" if accepted is None else accepted.index
    words = session.t(
        f"cli.feeds.{said}",
        carrier=session.t(f"carrier.{manifest.carrier.value}"),
        sequence=manifest.sequence,
        count=f"{imported.taken:,}",
        index=index,
    )
    console.print(words, soft_wrap=True)
    if accepted is not None and accepted.feed.key is None:
        console.print(session.t("cli.feeds.unsigned"), soft_wrap=True)
    if imported.enrols:
        console.print(session.t("cli.feeds.enrols"), soft_wrap=True)
    if imported.faults:
        console.print(session.t("cli.feeds.left_out", count=f"{len(imported.faults):,}"), soft_wrap=True)


def _report(session: Session, target: Path, faults: Sequence[RowFault]) -> None:
    """A line for each fault: the file's line, the row's number, the code, its words; never a phone's number."""
    import msgspec

    lines = [
        msgspec.json.encode(
            {"n": n, "line": one.line, "row": one.row, "code": one.code, "text": session.t(f"code.{one.code}.title")}
        )
        for n, one in enumerate(faults[:REPORTED_MAX], 1)
    ]
    if len(faults) > REPORTED_MAX:
        lines.append(msgspec.json.encode({"omitted": len(faults) - REPORTED_MAX}))
    name = redact(str(target))
    try:
        target.write_bytes(b"\n".join(lines) + b"\n")
    except OSError:
        say(session.t("cli.feeds.report_failed", file=name))
    else:
        say(session.t("cli.feeds.report", file=name))


@click.command(cls=Command)
@click.argument("verifier", metavar="VKEY")
@carrier_option
@click.option("--from", "since", metavar="TIME")
@click.option("--until", metavar="TIME")
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def add(
    session: Session, verifier: str, carrier: str, since: str | None, until: str | None, practice: bool, as_json: bool
) -> int:
    """Believe a key that a carrier gave."""
    from shirorom.log.keyring import KnownKey
    from shirorom.log.note import SignatureKind
    from shirorom.ports.feeds import CarrierKey

    key = _key(verifier)
    begin = BEGINNING if since is None else _moment(session, since)
    known = KnownKey(key, begin, None if until is None else _moment(session, until))
    if key.kind is not SignatureKind.ED25519:
        raise _invalid()
    one = CarrierKey(CarrierId(carrier), practice, known)
    session.composition.feeds.keys.add(one)
    if as_json:
        print_json(_row(session, one))
    else:
        words = {"carrier": session.t(f"carrier.{carrier}"), "id": key.id.hex(), "fingerprint": key.fingerprint}
        session.console().print(session.t("cli.feeds.key_added", **words), soft_wrap=True)
    return 0


@click.command(cls=Command)
@click.argument("id_", metavar="ID")
@click.option("--reason", required=True, metavar="TEXT")
@json_option
@common
@click.pass_obj
def revoke(session: Session, id_: str, reason: str, as_json: bool) -> int:
    """Believe a key no more, from now on."""
    now = session.composition.now().replace(microsecond=0)
    key = session.composition.feeds.keys.revoke(id_.lower(), now, reason)
    if as_json:
        print_json({"revoked": True, "id": key.id.hex()})
    else:
        session.console().print(session.t("cli.feeds.key_revoked", id=key.id.hex()), soft_wrap=True)
    return 0


@click.command(cls=Command, name="list")
@json_option
@common
@click.pass_obj
def list_(session: Session, as_json: bool) -> int:
    """Every key that was added."""
    rows = [_row(session, one) for one in session.composition.feeds.keys.all()]
    if as_json:
        print_json({"keys": rows})
        return 0
    if not rows:
        say(session.t("cli.feeds.key_none"))
    for row in rows:
        words = {
            "carrier": session.t(f"carrier.{row['carrier']}"), "id": row["id"], "since": row["from"],
            "until": row["until"] or "", "state": session.t(f"cli.feeds.state.{row['state']}"),
        }  # fmt: skip
        click.echo(session.t("cli.feeds.key_line", **words))
        click.echo(f"  {row['key']}")
    return 0


@click.group(cls=Group, name="key")
@common
def key() -> None:
    """Carriers' keys."""


@click.group(cls=Group, name="carrier")
@common
def carrier() -> None:
    """What carriers' feeds are checked by."""


for command in (add, revoke, list_):
    key.add_command(command)
carrier.add_command(key)


def _key(text: str) -> Any:
    from shirorom.log.entry import MalformedError
    from shirorom.log.note import VerifierKey

    try:
        return VerifierKey.parse(text.strip())
    except MalformedError as error:
        raise _invalid() from error


def _invalid() -> Exception:
    from shirorom.domain.errors import ConfigError

    return ConfigError("verifier-key-invalid")


def _moment(session: Session, text: str) -> datetime:
    """A time with its zone, whole seconds, in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadCallError(session.t("cli.key.time")) from None
    if moment.tzinfo is None:
        raise BadCallError(session.t("cli.key.time"))
    return moment.astimezone(UTC).replace(microsecond=0)


def _row(session: Session, one: CarrierKey) -> dict[str, Any]:
    from shirorom.log.times import time_text

    known = one.known
    return {
        "carrier": one.carrier.value, "id": known.key.id.hex(), "key": known.key.text,
        "fingerprint": known.key.fingerprint, "practice": one.practice,
        "state": known.state(session.composition.now()).value, "from": time_text(known.since),
        "until": time_text(known.until) if known.until else None,
        "revoked_at": time_text(known.revoked_at) if known.revoked_at else None, "reason": known.reason,
    }  # fmt: skip
