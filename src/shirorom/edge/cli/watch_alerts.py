"""`shirorom watch alerts` and `watch handle`: what changed, as a list, JSON or csv; it is dealt with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from shirorom.domain.desk.alerts import Alert, AlertKind
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.wrap import aligned

if TYPE_CHECKING:
    from shirorom.service.watch_follow import CaughtUp

SEQ_MAX = 2**53
PAGE = 1_000


@click.command(cls=Command)
@click.option("--since", type=click.IntRange(0, SEQ_MAX), default=0, metavar="SEQ")
@click.option("--kind", multiple=True, type=click.Choice([kind.value for kind in AlertKind]))
@click.option("--store", multiple=True, metavar="NAME")
@click.option("--person", multiple=True, metavar="NAME")
@click.option("--open", "open_", is_flag=True)
@click.option("--csv", "as_csv", is_flag=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@json_option
@common
@click.pass_obj
def alerts(
    session: Session, since: int, kind: tuple[str, ...], store: tuple[str, ...], person: tuple[str, ...],
    open_: bool, as_csv: bool, output: Path | None, as_json: bool,
) -> int:  # fmt: skip
    """Follow the record, and list what changed."""
    from shirorom.ports.watch import AlertFilter

    if (as_csv and as_json) or (output is not None and not as_csv):
        raise BadCallError(session.t("alerts.cli.one-form"))
    watch = session.composition.watch
    tell(session, watch.follower.catch_up())
    which = AlertFilter(
        kinds=frozenset(AlertKind(one) for one in kind), stores=frozenset(store), persons=frozenset(person), open=open_
    )
    found: list[Alert] = []
    while some := watch.alerts.after(found[-1].seq if found else since, which, count_max=PAGE):
        found += some
    _show(session, found, as_csv=as_csv, as_json=as_json, output=output)
    return 0


@click.command(cls=Command)
@click.argument("seqs", nargs=-1, required=True, type=click.IntRange(1, SEQ_MAX), metavar="SEQ...")
@click.option("--note", default="", metavar="TEXT")
@click.option("--by", metavar="NAME")
@json_option
@common
@click.pass_obj
def handle(session: Session, seqs: tuple[int, ...], note: str, by: str | None, as_json: bool) -> int:
    """Say that alerts are dealt with."""
    from shirorom.service.watch_alerts import HANDLED_MAX, NOTE_CHARS_MAX

    if len(note) > NOTE_CHARS_MAX or len(seqs) > HANDLED_MAX:
        raise BadCallError(session.t("alerts.cli.too-long", chars_max=NOTE_CHARS_MAX, count_max=HANDLED_MAX))
    who = by or session.composition.settings.operator
    found = session.composition.watch.alerts.handle(seqs, by=who, note=note.strip())
    _show(session, list(found), as_csv=False, as_json=as_json, output=None)
    return 0


def tell(session: Session, done: CaughtUp) -> None:
    """What following did, where it is worth a line."""
    if done.started_over:
        say(session.t("alerts.cli.started-over"))
    if done.events:
        say(session.t("alerts.cli.followed", count=len(done.events)))


def _show(session: Session, found: list[Alert], *, as_csv: bool, as_json: bool, output: Path | None) -> None:
    import msgspec

    from shirorom.edge.alerts_wire import AlertWire, alert_of, csv_of

    if as_json:
        wires: list[Any] = [msgspec.to_builtins(alert_of(one)) for one in found]
        print_json({"alerts": wires})
        return
    if as_csv:
        content = csv_of([alert_of(one) for one in found], AlertWire)
        if output is None:
            click.echo(content.decode("utf-8-sig"), nl=False)
        else:
            output.write_bytes(content)
            say(session.t("alerts.cli.written", count=len(found), file=output.name))
        return
    from shirorom.edge.alerts_words import title_of

    if not found:
        say(session.t("alerts.cli.none"))
    rows = [
        (f"#{one.seq}", title_of(one, session.texts), one.store, one.person, _handled(session, one)) for one in found
    ]
    console = session.console()
    for line in aligned(rows):
        console.print(line.rstrip(), soft_wrap=True)


def _handled(session: Session, alert: Alert) -> str:
    from shirorom.edge.cli.table import jst

    if alert.handled_at is None:
        return ""
    return session.t("alerts.cli.handled", name=alert.handled_by, at=jst(alert.handled_at))
