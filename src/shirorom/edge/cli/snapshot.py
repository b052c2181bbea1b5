"""`shirorom snapshot`: the register as one small file for shops, made, applied and checked without a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from shirorom.edge.cli.command import Command, Group, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json

if TYPE_CHECKING:
    from shirorom.log.note import VerifierKey
    from shirorom.log.shop_key import ShopKey
    from shirorom.ports.snapshot import Shelf
    from shirorom.register.snapshot_head import Head
    from shirorom.service.snapshot_apply import ApplySnapshot, Seen
    from shirorom.service.snapshot_make import MakeSnapshot

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
AGE_H_MAX = 24.0
"""As service/snapshot_apply.py, which needs numpy."""


class Snapshots(Protocol):
    """What the commands need of the composition (compose/snapshot.py)."""

    def key(self) -> ShopKey:
        """This shop's public key; the pair is made on the first call."""
        ...

    def make(self, practice: bool) -> MakeSnapshot:
        """service/snapshot_make.py for one log."""
        ...

    def apply(self, practice: bool) -> ApplySnapshot:
        """service/snapshot_apply.py for one world."""
        ...

    def read(self, path: Path) -> bytes:
        """A file of at most the size that a snapshot may have. Raises `snapshot-malformed`, `storage-failed`."""
        ...

    def keys(self, texts: Sequence[str]) -> Sequence[VerifierKey]:
        """Makers' keys as people give them. Raises ConfigError `verifier-key-invalid`."""
        ...

    def look(self, content: bytes, keys: Sequence[VerifierKey]) -> Seen:
        """Check a file by itself; with no key given, by those that are remembered here."""
        ...

    def shelf(self, practice: bool) -> Shelf:
        """What was applied, of one world."""
        ...


@click.command(cls=Command)
@json_option
@common
@click.pass_obj
def key(session: Session, as_json: bool) -> int:
    """This shop's public key, to be handed to whoever makes snapshots for it."""
    mine = session.composition.snapshots.key()
    if as_json:
        print_json({"key": mine.text, "id": mine.id.hex()})
    else:
        click.echo(mine.text)
    return 0


@click.command(cls=Command)
@click.option("--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--to", multiple=True, metavar="KEY")
@click.option("--plain", is_flag=True)
@click.option("--since", metavar="FILE|SHA256")
@click.option("--full", is_flag=True)
@click.option("--consent", metavar="TEXT")
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def make(
    session: Session,
    output: Path,
    to: tuple[str, ...],
    plain: bool,
    since: str | None,
    full: bool,
    consent: str | None,
    practice: bool,
    as_json: bool,
) -> int:
    """The register as a file for shops: △ and × alone, or by consent whole books."""
    from shirorom.domain.errors import ShiroromError
    from shirorom.edge.cli.save import save
    from shirorom.log.entry import MalformedError
    from shirorom.log.shop_key import ShopKey

    if bool(to) is plain:
        raise BadCallError(session.t("cli.snapshot.to-or-plain"))
    if full is (consent is None):
        raise BadCallError(session.t("cli.snapshot.full-consent"))
    try:
        shops = [ShopKey.parse(text) for text in to]
    except MalformedError as error:
        raise ShiroromError("snapshot-shop-key") from error
    snapshots = session.composition.snapshots
    since_file = None if since is None or not Path(since).is_file() else snapshots.read(Path(since))
    made = snapshots.make(practice)(
        shops, consent=consent, since=None if since_file is not None else since, since_file=since_file
    )
    save(output, made.file)
    if as_json:
        print_json(_head(made.head) | {"file": made.name, "bytes": len(made.file), "sealed": made.sealed})
        return 0
    _show(session, made.head)
    words = "made-sealed" if made.sealed else "made-plain"
    click.echo(session.t(f"cli.snapshot.{words}", file=str(output), size=f"{len(made.file):,}", shops=len(shops)))
    click.echo(session.t("cli.snapshot.name", name=made.name))
    return 0


@click.command(cls=Command)
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--key", "keys", multiple=True, metavar="VKEY")
@click.option("--practice", is_flag=True)
@click.option("--age-h-max", default=AGE_H_MAX, show_default=True, type=click.FloatRange(0, 8_760), metavar="H")
@json_option
@common
@click.pass_obj
def apply(session: Session, file: Path, keys: tuple[str, ...], practice: bool, age_h_max: float, as_json: bool) -> int:
    """Take a snapshot in, in order."""
    snapshots = session.composition.snapshots
    taken = snapshots.apply(practice)(snapshots.read(file), keys=snapshots.keys(keys), age_h_max=age_h_max)
    if as_json:
        print_json(_head(taken.head) | {"phones": taken.count, "already": taken.already})
        return 0
    _show(session, taken.head)
    said = "already" if taken.already else "applied"
    click.echo(session.t(f"cli.snapshot.{said}", count=f"{taken.count:,}"))
    click.echo(session.t(f"cli.snapshot.absence-{taken.head.holds.value}"))
    return 0


@click.command(cls=Command)
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--key", "keys", multiple=True, metavar="VKEY")
@json_option
@common
@click.pass_obj
def verify(session: Session, file: Path, keys: tuple[str, ...], as_json: bool) -> int:
    """Check a file by itself: whole, and signed by the key given."""
    snapshots = session.composition.snapshots
    seen = snapshots.look(snapshots.read(file), snapshots.keys(keys))
    if as_json:
        print_json(_head(seen.head) | {"sound": True, "sealed": seen.sealed, "signers": [k.text for k in seen.signers]})
        return 0
    _show(session, seen.head)
    for one in seen.signers:
        click.echo(session.t("cli.snapshot.signed", fingerprint=one.fingerprint))
    click.echo(session.t("cli.snapshot.sound"))
    return 0


@click.command(cls=Command)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def show(session: Session, practice: bool, as_json: bool) -> int:
    """The snapshot in force, and whether it has grown old."""
    from shirorom.domain.errors import ShiroromError
    from shirorom.domain.verdict import is_stale

    composition = session.composition
    applied = composition.snapshots.shelf(practice).current()
    if applied is None:
        raise ShiroromError("snapshot-missing")
    count, hours = applied.register.base.opened.count, composition.settings.verdict.age_h_max
    stale = any(is_stale(one.as_of, composition.now(), hours) for one in applied.head.stamp.carriers)
    if as_json:
        keys = [one.text for one in applied.keys]
        print_json(_head(applied.head) | {"phones": count, "stale": stale, "keys": keys})
        return 0
    _show(session, applied.head)
    click.echo(session.t("cli.snapshot.phones", count=f"{count:,}"))
    click.echo(session.t(f"cli.snapshot.absence-{applied.head.holds.value}"))
    if stale:
        click.echo(session.t("cli.snapshot.stale", hours=f"{hours:g}"))
    return 0


@click.command(cls=Command)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def forget(session: Session, practice: bool, as_json: bool) -> int:
    """Take the snapshot in force away, and the maker's keys with it."""
    from shirorom.domain.errors import ShiroromError

    shelf = session.composition.snapshots.shelf(practice)
    with shelf.changing():
        if not shelf.forget():
            raise ShiroromError("snapshot-missing")
    if as_json:
        print_json({"forgotten": True, "practice": practice})
    else:
        click.echo(session.t("cli.snapshot.forgotten"))
    return 0


@click.group(cls=Group, name="snapshot")
@common
def snapshot() -> None:
    """The register for shops."""


for command in (key, make, apply, verify, show, forget):
    snapshot.add_command(command)


def _head(head: Head) -> dict[str, Any]:
    from shirorom.log.times import time_text

    stamp = head.stamp
    return {
        "snapshot": head.digest.hex(), "kind": head.kind.value, "holds": head.holds.value, "practice": stamp.practice,
        "origin": stamp.log.origin, "size": stamp.log.size, "root": stamp.log.root.hex(),
        "carriers": [{"carrier": one.carrier.value, "as_of": time_text(one.as_of)} for one in stamp.carriers],
        "made_at": time_text(head.made_at), "count": head.count, "consent": head.consent,
    }  # fmt: skip


def _show(session: Session, head: Head) -> None:
    from shirorom.log.times import time_text

    if head.stamp.practice:
        session.console().print(session.t("cli.practice"), style="bold", soft_wrap=True)
    words = session.t(f"cli.snapshot.{head.kind.value}")
    click.echo(session.t("cli.snapshot.head", kind=words, made_at=time_text(head.made_at), count=f"{head.count:,}"))
    for one in head.stamp.carriers:
        name = session.t(f"carrier.{one.carrier.value}")
        click.echo(session.t("cli.snapshot.carrier", carrier=name, as_of=time_text(one.as_of)))
    if head.consent is not None:
        click.echo(session.t("cli.snapshot.consent", consent=head.consent))
