"""`shirorom screen IN -o OUT`: a file against what is known; every row comes out with its answer or what is wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.domain.errors import NumberError, RequestError, ShiroromError
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError, sentence
from shirorom.edge.cli.streams import print_json, say

if TYPE_CHECKING:
    from shirorom.ports.tables import TableKind
    from shirorom.service.screen import Screened

ROWS_TOLD_MAX = 20
"""Bad rows that are told one by one on the screen; the file names all of them."""


@click.command(cls=Command)
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="IN")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT")
@click.option("--column", multiple=True, metavar="NAME")
@click.option("--sheet", metavar="NAME")
@click.option("--add", metavar="NAME,…")
@click.option("--added-only", is_flag=True)
@click.option("--numbers-only", is_flag=True)
@click.option("--queue", is_flag=True)
@click.option("--escape", is_flag=True)
@json_option
@common
@click.pass_obj
def screen(
    session: Session,
    source: Path,
    output: Path | None,
    column: tuple[str, ...],
    sheet: str | None,
    add: str | None,
    added_only: bool,
    numbers_only: bool,
    queue: bool,
    escape: bool,
    as_json: bool,
) -> int:
    """Answer every row of a file from the record. Ends with 0 also where rows are wrong."""
    from shirorom.service.screen import Wish

    if queue and numbers_only:
        raise BadCallError(session.t("cli.usage.queue-numbers"))
    target = output or source.with_name(f"{source.stem}.shirorom{source.suffix if _known(source) else '.csv'}")
    if target.resolve() == source.resolve():
        raise BadCallError(session.t("cli.usage.screen-same-file"))
    kind, names = kind_of(session, target), _names(session, add, numbers_only=numbers_only)
    wish = Wish(kind, column, sheet, numbers_only, escape, names, added_only)
    with _progress(session) as on_progress:
        done = session.composition.screen(source, target, wish, on_progress)
    sent = None
    if queue:
        sent = session.composition.screen.queue(list(done.open), by=session.composition.settings.operator)
    if as_json:
        print_json(_wire(done, sent))
    else:
        _tell(session, done, target, sent)
    return 0


def _known(path: Path) -> bool:
    from shirorom.ports.tables import TableKind

    return path.suffix.lower().removeprefix(".") in set(TableKind)


def kind_of(session: Session, target: Path) -> TableKind:
    """What the name of an output asks for. Raises `usage`."""
    from shirorom.ports.tables import TableKind

    if not _known(target):
        raise BadCallError(session.t("cli.usage.screen-kind"))
    return TableKind(target.suffix.lower().removeprefix("."))


def _names(session: Session, add: str | None, *, numbers_only: bool) -> tuple[str, ...]:
    """The columns that are to be added, without their prefix; none named: all. Raises `usage`."""
    from shirorom.domain.tables.shape import PREFIX
    from shirorom.service.screen import NAMES, NAMES_NUMBERS

    if add is None:
        return ()
    known = NAMES_NUMBERS if numbers_only else NAMES
    names = tuple(name.strip().removeprefix(PREFIX) for name in add.split(","))
    if not set(names) <= set(known):
        raise BadCallError(session.t("cli.usage.screen-add", names=" ".join(known)))
    return names


@contextmanager
def _progress(session: Session) -> Iterator[Callable[[int, int | None], None]]:
    """A line with rows, rate and time left, on a terminal alone."""
    if not sys.stderr.isatty() or session.plain:
        yield lambda _rows, _about: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    words = session.t("cli.screen.progress", rows="{task.completed:,.0f}", rate="{task.fields[rate]:,.0f}")
    columns = (TextColumn(words), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=session.console(sys.stderr), transient=True) as progress:
        task = progress.add_task("", total=None, rate=0.0)

        def on_progress(rows: int, about: int | None) -> None:
            elapsed = progress.tasks[0].elapsed or 1.0
            progress.update(
                task, completed=rows, total=None if about is None else max(about, rows), rate=rows / elapsed
            )

        yield on_progress


def _tell(session: Session, done: Screened, target: Path, sent: int | None) -> None:
    for line, code in done.bad[:ROWS_TOLD_MAX]:
        say(session.t("cli.list.bad-row", line=line, why=sentence(session, _error(code))))
    left = sum(done.codes.values()) - min(len(done.bad), ROWS_TOLD_MAX)
    if left > 0:
        counts = " ".join(f"{code}: {count}" for code, count in done.codes.most_common())
        say(session.t("cli.screen.more-bad", left=left, counts=counts))
    bad = sum(done.codes.values())
    say(session.t("cli.screen.done", rows=done.rows, phones=done.phones, bad=bad, file=str(target)))
    if done.verdicts:
        say(" ".join(f"{session.t(f'verdict.{kind}.title')}: {n}" for kind, n in done.verdicts.most_common()))
    if done.practice:
        say(session.t("cli.screen.practice", rows=done.practice))
    if sent is not None:
        say(session.t("cli.screen.queued", sent=sent))
        if sent < len(done.open):
            say(sentence(session, ShiroromError("queue-full")))


def _error(code: str) -> ShiroromError:
    return RequestError(code) if code.startswith("table-") else NumberError(code)


def _wire(done: Screened, sent: int | None) -> dict[str, object]:
    return {
        "rows": done.rows,
        "phones": done.phones,
        "practice": done.practice,
        "verdicts": dict(done.verdicts),
        "codes": dict(done.codes),
        "bad": [{"line": line, "code": code} for line, code in done.bad],
        "queued": sent,
        "queue_full": sent is not None and sent < len(done.open),
    }
