"""`shirorom watch export` and `watch list`: the book of units out again, as a file or on the screen."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shirorom.domain.mark import Mark, symbol_of
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.screen import kind_of
from shirorom.edge.cli.streams import print_json, redact, say
from shirorom.edge.cli.wrap import aligned

SEARCH_CHARS_MAX = 200


@click.command(cls=Command)
@click.option("--output", "-o", required=True, type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--escape", is_flag=True)
@json_option
@common
@click.pass_obj
def export(session: Session, output: Path, escape: bool, as_json: bool) -> int:
    """Every unit of the book into a file."""
    count = session.composition.watch.book.give_back.export(output, kind=kind_of(session, output), escape=escape)
    if as_json:
        print_json({"units": count, "path": str(output)})
    else:
        say(session.t("book.cli.exported", count=count, file=redact(str(output))))
    return 0


@click.command(cls=Command, name="list")
@click.argument("text", required=False, metavar="[-]")
@click.option("--status", type=click.Choice(["stock", "sold", "gone"]))
@click.option("--store", metavar="NAME")
@click.option("--after", default=0, type=click.IntRange(0), metavar="N")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 500))
@json_option
@common
@click.pass_obj
def list_(
    session: Session, text: str | None, status: str | None, store: str | None, after: int, limit: int, as_json: bool
) -> int:
    """Units of the book; with `-`, those that match what standard input says."""
    from shirorom.domain.desk.stock import Status

    book = session.composition.watch.book
    if text is not None:
        words = sys.stdin.read(SEARCH_CHARS_MAX) if text == "-" else text
        if status is not None or store is not None:
            raise BadCallError(session.t("book.cli.search_alone"))
        views, following = book.search(words.strip()), None
    else:
        page = book.units(after=after, count_max=limit, status=None if status is None else Status(status), store=store)
        views, following = page.units, page.after
    if as_json:
        import msgspec

        from shirorom.edge.book_wire import unit_of

        print_json({"units": [msgspec.to_builtins(unit_of(view)) for view in views], "after": following})
        return 0
    rows = [
        (
            view.booked.unit.key,
            session.t(f"book.status.{view.booked.unit.status.value}"),
            " ".join(imei.masked for imei in view.booked.unit.device.imeis),
            "".join(symbol_of(Mark(mark) if mark else None) for mark in view.answers.words.marks),
            view.booked.unit.store,
            view.booked.unit.model,
            session.t("book.cli.practice_row") if view.booked.practice else "",
        )
        for view in views
    ]
    for line in aligned(rows):
        click.echo(redact(line))
    if not views:
        say(session.t("book.cli.list_none"))
    if following is not None:
        say(session.t("book.cli.list_more", after=following))
    return 0
