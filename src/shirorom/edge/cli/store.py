"""The record as a whole: fsck, backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shirorom.edge.cli.command import Command, common
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json

DAMAGE = 1


@click.command(cls=Command)
@common
@click.pass_obj
def fsck(session: Session, as_json: bool) -> int:
    """Re-derive both logs, their openings and the saved evidence, and compare. Changes nothing."""
    reports = session.composition.fsck(on_progress=None)
    if as_json:
        print_json({"sound": all(report.sound for report in reports), "logs": [report.as_json() for report in reports]})
    else:
        console = session.console()
        for report in reports:
            console.print(report.origin, soft_wrap=True)
    return 0 if all(report.sound for report in reports) else DAMAGE


@click.command(cls=Command)
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE")
@common
@click.pass_obj
def backup(session: Session, target: Path, as_json: bool) -> int:
    """Everything into one file: both logs, their openings, the saved evidence, the keys, the configuration."""
    session.composition.backup(target)
    return _done(session, "cli.backup", target, as_json)


@click.command(cls=Command)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@common
@click.pass_obj
def restore(session: Session, source: Path, as_json: bool) -> int:
    """From a backup into an empty data directory; checked before anything is put in place."""
    session.composition.restore(source)
    return _done(session, "cli.restore", session.composition.data, as_json)


def _done(session: Session, key: str, path: Path, as_json: bool) -> int:
    if as_json:
        print_json({"done": True, "path": str(path)})
    else:
        session.console(sys.stdout).print(session.t(key, path=str(path)), soft_wrap=True)
    return 0
