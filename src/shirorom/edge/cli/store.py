"""The record as a whole: fsck, backup, restore."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json

if TYPE_CHECKING:
    from shirorom.service.fsck import FsckReport

DAMAGE = 1


@click.command(cls=Command)
@click.option("--renew-checkpoint", type=click.Choice(["real", "practice"]))
@json_option
@common
@click.pass_obj
def fsck(session: Session, renew_checkpoint: str | None, as_json: bool) -> int:
    """Re-derive both logs, their openings and the saved evidence, and compare."""
    if renew_checkpoint is not None:
        session.composition.renew_checkpoint(practice=renew_checkpoint == "practice")
    with _meter(session) as on_progress:
        reports = session.composition.fsck(on_progress=on_progress)
    sound = all(report.sound for report in reports)
    if as_json:
        print_json({"sound": sound, "logs": [report.as_json() for report in reports]})
    else:
        for report in reports:
            _show_report(session, report)
    return 0 if sound else DAMAGE


@contextmanager
def _meter(session: Session) -> Iterator[Callable[[int, int], None] | None]:
    """How far a long look has come, on a terminal."""
    if session.plain or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import Progress

    with Progress(console=session.console(sys.stderr), transient=True) as progress:
        task = progress.add_task("fsck")
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _show_report(session: Session, report: FsckReport) -> None:
    console = session.console()
    name = session.t(f"cli.doctor.name.log-{report.name}")
    state = "damaged" if not report.sound else "sound" if report.exists else "none"
    style = "bold red" if not report.sound else ""
    console.print(session.t(f"cli.fsck.{state}", name=name, size=report.size), style=style, soft_wrap=True)
    for found in report.findings:
        place = "" if found.index is None else f" #{found.index}"
        console.print(f"  {found.part}{place}: {found.what}", soft_wrap=True)
    if report.omitted:
        console.print(session.t("cli.fsck.omitted", count=report.omitted), soft_wrap=True)
    if any(found.part == "checkpoint" for found in report.findings):
        console.print(session.t("cli.fsck.checkpoint", log=report.name), soft_wrap=True)
    for code in (found.what for found in report.findings if found.part == "register"):
        console.print(f"  {session.t(f'code.{code}.text').strip()} {session.t(f'code.{code}.fix')}", soft_wrap=True)


@click.command(cls=Command)
@click.argument("target", type=click.Path(path_type=Path), metavar="FILE")
@json_option
@common
@click.pass_obj
def backup(session: Session, target: Path, as_json: bool) -> int:
    """Everything into one file: both logs, their openings, the saved evidence, the keys, the configuration."""
    session.composition.backup(target)
    return _done(session, "cli.backup", target, as_json)


@click.command(cls=Command)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@json_option
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
