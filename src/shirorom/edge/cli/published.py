"""`publish`, `monitor`, `witness`: our log shown to others, and others' logs watched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from shirorom.domain.carrier import CarrierId
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json, say

if TYPE_CHECKING:
    from shirorom.log.note import VerifierKey
    from shirorom.ports.signing import Keyring
    from shirorom.service.monitor_report import Report
    from shirorom.service.publish import Asked, Published
    from shirorom.service.publish_register import Publication

WITNESS_PORT = 8_090
ALARM = 1
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


class Publishing(Protocol):
    """What the commands need of the composition (compose/publishing.py)."""

    @property
    def root(self) -> Path:
        """Where the published files lie."""
        ...

    def keyring(self, practice: bool) -> Keyring:
        """The signing keys of one log."""
        ...

    def rotate(self, practice: bool) -> VerifierKey:
        """A new key in force; what is published is signed by it at once."""
        ...

    def revoke(self, practice: bool, key_id: str, since: datetime, reason: str) -> VerifierKey:
        """Revoke a key; what is published says so at once."""
        ...

    def exists(self, practice: bool) -> bool:
        """Whether there is such a log."""
        ...

    def now(self, practice: bool) -> tuple[Published, Sequence[Asked]]:
        """Publish one log as it stands, and ask its witnesses."""
        ...

    def run_witness(
        self, keys: Sequence[str], *, name: str | None, bind: str, port: int, on_ready: Callable[[str, str], None]
    ) -> None:
        """Witness logs until interrupted."""
        ...

    def monitor(
        self,
        where: str,
        *,
        keys: Sequence[str],
        keys_file: Path | None,
        state: Path | None,
        openings: Sequence[Path],
        mine: bool,
        witnesses: Sequence[str],
        witnesses_min: int,
    ) -> tuple[Report, Path | None]:
        """One look at a published log."""
        ...


@click.command(cls=Command)
@click.option("--practice", is_flag=True)
@click.option("--whole", is_flag=True)
@click.option("--eir", "networks", type=click.Choice([carrier.value for carrier in CarrierId]), multiple=True)
@click.option("--policy", metavar="ID")
@json_option
@common
@click.pass_obj
def publish(
    session: Session, practice: bool, whole: bool, networks: tuple[str, ...], policy: str | None, as_json: bool
) -> int:
    """Make the register, write the log's checkpoint, tiles and keys as static files, and ask its witnesses."""
    publishing = session.composition.publishing
    register = session.composition.register
    made = register.now(practice, whole=whole)
    rule = policy or session.composition.settings.verdict.policy
    wanted = networks or tuple(network.value for network in session.composition.settings.register.eir)
    refused = {network: register.eir(practice, CarrierId(network), rule) for network in wanted}
    published, asked = publishing.now(practice)
    checkpoint = published.signed.checkpoint
    place = publishing.root / ("practice" if practice else "real")
    witnesses = [{"key": one.key, "outcome": one.outcome} for one in asked]
    if as_json:
        print_json(
            {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex(), "path": str(place),
             "files": published.files, "witnesses": witnesses,
             "register": None if made is None else {"size": made.size, "folded": made.folded, "whole": made.whole},
             "eir": [{"network": network, "policy": rule, "size": done.size, "phones": done.folded}
                     for network, done in refused.items()]}
        )  # fmt: skip
        return 0
    if made is not None:
        click.echo(registered(session, made))
    for network, done in refused.items():
        words = {"network": session.t(f"carrier.{network}"), "policy": rule, "count": f"{done.folded:,}"}
        click.echo(session.t("cli.register.eir", size=done.size, **words))
    click.echo(session.t("cli.publish.done", size=checkpoint.size, files=published.files, path=str(place)))
    for one in asked:
        click.echo(session.t(f"cli.publish.{one.outcome}", key=one.key.partition("+")[0]))
    return 0


def registered(session: Session, made: Publication) -> str:
    """What was done to the register, in a sentence."""
    said = "whole" if made.whole else "delta" if made.folded else "kept"
    return session.t(f"cli.register.{said}", count=f"{made.folded:,}", size=made.size)


@click.command(cls=Command)
@click.option("--port", default=WITNESS_PORT, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--log", "logs", multiple=True, required=True, metavar="VKEY")
@click.option("--name", metavar="NAME")
@common
@click.pass_obj
def witness(session: Session, port: int, bind: str, logs: tuple[str, ...], name: str | None) -> int:
    """Sign what others' logs show, as long as they only grow."""

    def ready(url: str, own: str) -> None:
        say(session.t("cli.witness.started", url=url))
        say(f"  {own}")
        say(session.t("cli.stop"))

    session.composition.publishing.run_witness(logs, name=name, bind=bind, port=port, on_ready=ready)
    return 0


@click.command(cls=Command)
@click.argument("where", metavar="URL|DIR")
@click.option("--key", "keys", multiple=True, metavar="VKEY")
@click.option("--keys-file", type=FILE, metavar="FILE")
@click.option("--state", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--openings", multiple=True, type=FILE, metavar="FILE")
@click.option("--mine", is_flag=True)
@click.option("--witness-key", "witnesses", multiple=True, metavar="VKEY")
@click.option("--witnesses-min", default=0, type=click.IntRange(0, 16), metavar="N")
@json_option
@common
@click.pass_obj
def monitor(session: Session, /, where: str, as_json: bool, **wanted: Any) -> int:
    """Watch a published log: does it only grow, does it show everybody the same, are my entries in it?"""
    report, proof = session.composition.publishing.monitor(where, **wanted)
    if as_json:
        print_json(_as_json(report, proof))
    else:
        _show(session, report, proof)
    return 0 if report.ok else ALARM


def _as_json(report: Report, proof: Path | None) -> dict[str, Any]:
    shown = report.shown.checkpoint if report.shown else None
    return {
        "ok": report.ok, "first_use": report.first_use, "origin": shown.origin if shown else None,
        "size_before": report.size_before, "size": shown.size if shown else None,
        "root": shown.root.hex() if shown else None,
        "signers": [key.text for key in report.signers], "cosigners": [key.text for key in report.cosigners],
        "new_keys": [key.text for key in report.new_keys],
        "mine": [{"index": one.index, "kind": one.kind, "at": one.at, "counter": one.counter} for one in report.mine],
        "alarms": [{"code": one.finding.value, "index": one.index} for one in report.alarms],
        "proof": str(proof) if proof else None,
    }  # fmt: skip


def _show(session: Session, report: Report, proof: Path | None) -> None:
    if report.shown is not None:
        shown = report.shown.checkpoint
        click.echo(session.t("cli.monitor.head", origin=shown.origin, size=shown.size, before=report.size_before))
    for key in report.signers:
        click.echo(session.t("cli.monitor.signer", fingerprint=key.fingerprint))
    if report.first_use:
        click.echo(session.t("cli.monitor.first_use"))
    for key in report.cosigners:
        click.echo(session.t("cli.monitor.cosigner", name=key.name))
    for key in report.new_keys:
        click.echo(session.t("cli.monitor.new_key", key=key.text, fingerprint=key.fingerprint))
    for one in report.mine:
        click.echo(session.t("cli.monitor.mine", index=one.index, kind=one.kind, at=one.at))
    for alarm in report.alarms:
        place = "" if alarm.index is None else f" #{alarm.index}"
        click.echo(f"!! {session.t(f'cli.monitor.alarm.{alarm.finding.value}')}{place} ({alarm.finding.value})")
    if proof is not None:
        click.echo(session.t("cli.monitor.proof", path=str(proof)))
    if report.ok:
        click.echo(session.t("cli.monitor.ok"))
