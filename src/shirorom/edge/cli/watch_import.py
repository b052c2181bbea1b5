"""`shirorom watch import`: the POS's own export into the book, from a file or from a folder that it writes into."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.domain.errors import ShiroromError
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError, sentence
from shirorom.edge.cli.screen import kind_of
from shirorom.edge.cli.streams import print_json, redact, say

if TYPE_CHECKING:
    from shirorom.domain.desk.export_row import Complaint
    from shirorom.domain.desk.stock import Status
    from shirorom.ports.book import Said
    from shirorom.service.watch_folder import FileTaken
    from shirorom.service.watch_import import Imported, Wish

SHOWN_MAX = 20
"""Errors, notices and changes that are listed each; the rest is counted (`-o` has each error beside its row)."""
EVERY_S_MAX = 86_400


@click.command(cls=Command, name="import")
@click.argument("source", type=click.Path(exists=True, path_type=Path), metavar="FILE|FOLDER")
@click.option("--dry-run", is_flag=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--map", "map_", multiple=True, metavar="key=列名")
@click.option("--status", multiple=True, metavar="語=stock")
@click.option("--complete", is_flag=True)
@click.option("--even-most", is_flag=True)
@click.option("--strict", is_flag=True)
@click.option("--sheet", metavar="NAME")
@click.option("--every", type=click.FloatRange(1, EVERY_S_MAX), metavar="SECONDS")
@click.option("--done", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER")
@click.option("--escape", is_flag=True)
@json_option
@common
@click.pass_obj
def import_(
    session: Session,
    source: Path,
    dry_run: bool,
    output: Path | None,
    map_: tuple[str, ...],
    status: tuple[str, ...],
    complete: bool,
    even_most: bool,
    strict: bool,
    sheet: str | None,
    every: float | None,
    done: Path | None,
    escape: bool,
    as_json: bool,
) -> int:
    """Import a file, or whatever a folder holds that is new."""
    from shirorom.service.watch_import import Wish

    said = said_of(session, map_, status)
    wish = Wish(said, dry_run=dry_run, complete=complete, even_most=even_most, strict=strict, sheet=sheet)
    if source.is_dir():
        if output is not None or sheet is not None or complete:
            raise BadCallError(session.t("book.cli.file_only"))
        return _folder(session, source, done, wish, every=every, as_json=as_json)
    if every is not None or done is not None:
        raise BadCallError(session.t("book.cli.folder_only"))
    return _file(session, source, output, wish, escape=escape, as_json=as_json)


def said_of(session: Session, maps: Iterable[str], statuses: Iterable[str]) -> Said:
    """What `--map` and `--status` say. Raises `usage`."""
    from shirorom.domain.desk.export_words import Field
    from shirorom.domain.desk.stock import Status
    from shirorom.ports.book import Said

    columns: dict[Field, list[str]] = {}
    for word in maps:
        name, heading = _pair(session, word)
        if name not in [field.value for field in Field]:
            known = " ".join(field.value for field in Field)
            raise BadCallError(session.t("book.cli.field_unknown", word=name, known=known))
        columns.setdefault(Field(name), []).extend([heading] if heading else [])
    words: dict[str, Status] = {}
    for word in statuses:
        said, name = _pair(session, word, last=True)
        if name not in [status.value for status in Status]:
            raise BadCallError(session.t("book.cli.status_unknown", word=name))
        words[said] = Status(name)
    return Said(columns, words)


def _pair(session: Session, word: str, *, last: bool = False) -> tuple[str, str]:
    name, mark, value = word.rpartition("=") if last else word.partition("=")
    if not mark:
        raise BadCallError(session.t("book.cli.pair", word=word))
    return name.strip(), value.strip()


def _file(session: Session, source: Path, output: Path | None, wish: Wish, *, escape: bool, as_json: bool) -> int:
    if output is not None and output.exists() and output.samefile(source):
        raise BadCallError(session.t("cli.usage.same-file"))
    kind = None if output is None else kind_of(session, output)  # told before anything is read
    book = session.composition.watch.book
    imported = book.importing(source, wish)
    if output is not None and kind is not None:
        book.give_back.file(imported, output, kind=kind, escape=escape)
    if as_json:
        _print(session, imported)
    else:
        show(session, imported, wish)
        if output is not None:
            say(session.t("book.cli.written", file=redact(str(output))))
    return _status(session, imported, wish, as_json=as_json)


def _status(session: Session, imported: Imported, wish: Wish, *, as_json: bool) -> int:
    """0 also with row errors, as `screen`; 2 where `--strict` kept everything out."""
    if not (wish.strict and imported.errors):
        return 0
    error = ShiroromError("import-strict", count=imported.refused)
    if not as_json:
        say(f"{session.t('cli.error')}: {sentence(session, error)}")
    return error.exit


def _print(session: Session, imported: Imported) -> None:
    import msgspec

    from shirorom.edge.book_wire import imported_of

    print_json(msgspec.to_builtins(imported_of(imported, session.texts)))


def show(session: Session, imported: Imported, wish: Wish) -> None:
    """What happened, or would: how the columns were read, counts, what is wrong, what changes."""
    t, out = session.t, click.echo
    out(t("book.cli.columns"))
    for guess in imported.file.layout.guesses:
        field = t(f"book.field.{guess.field.value}")
        out(t("book.cli.column", field=field, heading=redact(guess.heading), why=t(f"book.why.{guess.why.value}")))
    out(t("book.cli.counts", new=imported.new, changed=imported.changed, unchanged=imported.unchanged,
          refused=imported.refused))  # fmt: skip
    if imported.fields:
        counted = (f"{t(f'book.attribute.{name}')} {count}" for name, count in imported.fields.items())
        out(t("book.cli.fields", fields="・".join(counted)))
    if imported.practice:
        out(t("book.cli.practice", count=imported.practice))
    if imported.file.totals:
        out(t("book.cli.totals", lines=" ".join(map(str, imported.file.totals[:SHOWN_MAX]))))
    if imported.missing:
        key = (
            "missing"
            if not wish.complete or imported.doubt
            else "missing_gone"
            if imported.applied
            else "missing_would"
        )
        out(t(f"book.cli.{key}", count=imported.missing))
    if imported.doubt:
        out(sentence(session, ShiroromError(imported.doubt, count=imported.missing)))
    if wish.dry_run:
        _listed(
            session,
            [_change(session, one.line, one.fields) for one in imported.changes[:SHOWN_MAX]],
            len(imported.changes),
        )
    for complaints in (imported.errors, imported.notices):
        _listed(session, [_line(session, one) for one in complaints[:SHOWN_MAX]], len(complaints))
    if wish.dry_run:
        out(t("book.cli.dry"))


def _change(session: Session, line: int, fields: Sequence[str]) -> str:
    if not fields:
        return session.t("book.cli.new", line=line)
    named = "・".join(session.t(f"book.attribute.{name}") for name in fields)
    return session.t("book.cli.changed", line=line, fields=named)


def _line(session: Session, complaint: Complaint) -> str:
    from shirorom.edge.book_wire import error_of

    column = f" {redact(complaint.column)}" if complaint.column else ""
    return session.t("book.cli.error", line=complaint.line, column=column, why=sentence(session, error_of(complaint)))


def _listed(session: Session, lines: Sequence[str], count: int) -> None:
    for line in lines:
        click.echo(line)
    if count > len(lines):
        click.echo(session.t("book.cli.more", count=count - len(lines)))


# Folders


def _folder(session: Session, path: Path, done: Path | None, wish: Wish, *, every: float | None, as_json: bool) -> int:
    watch = session.composition.watch
    folder, folders = watch.folder(path, done=done), watch.book.folders
    if every is None:
        found = folders.once(folder, wish, time.sleep)
        if as_json:
            print_json({"files": [_taken_json(session, taken) for taken in found]})
        else:
            for taken in found:
                _show_taken(session, taken, wish)
            if not found:
                say(session.t("book.cli.folder_none"))
        return 1 if any(taken.error is not None for taken in found) else 0
    say(session.t("book.cli.folder_waits", folder=redact(str(path)), seconds=f"{every:g}"))
    while True:
        for taken in folders.look(folder, wish):
            if as_json:
                print_json(_taken_json(session, taken))
            else:
                _show_taken(session, taken, wish)
        time.sleep(every)


def _show_taken(session: Session, taken: FileTaken, wish: Wish) -> None:
    click.echo(session.t("book.cli.folder_file", file=redact(taken.name)))
    if taken.error is not None:
        say(f"{session.t('cli.error')}: {sentence(session, taken.error)}")
    if taken.imported is not None:
        show(session, taken.imported, wish)
    if taken.unwritten:
        say(session.t("book.cli.folder_unwritten"))
    if taken.result is not None:
        say(session.t("book.cli.written", file=redact(str(taken.result))))


def _taken_json(session: Session, taken: FileTaken) -> dict[str, object]:
    import msgspec

    from shirorom.edge.book_wire import imported_of

    imported = None if taken.imported is None else msgspec.to_builtins(imported_of(taken.imported, session.texts))
    return {
        "name": redact(taken.name),
        "imported": imported,
        "error": None if taken.error is None else taken.error.code,
        "unwritten": taken.unwritten or None,
        "result": None if taken.result is None else redact(str(taken.result)),
    }
