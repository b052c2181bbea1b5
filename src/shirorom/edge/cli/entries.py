"""What a person writes into the record and reads out of it: record, withdraw, accept-correction, history."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.domain.mark import Mark
from shirorom.domain.reading import BY_CHARS_MAX, REASON_CHARS_MAX, SENTENCE_CHARS_MAX
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.device import imei_of
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.wrap import aligned

if TYPE_CHECKING:
    from shirorom.edge.wire import HistoryEntryWire, HistoryWire, RecordWire

SCREENSHOT_BYTES_MAX = 10_000_000
INDEX_MAX = 2**62

carrier_option = click.option("--carrier", required=True, type=click.Choice([carrier.value for carrier in CarrierId]))


def complete_glyph(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The four glyphs, which few keyboards have."""
    return [CompletionItem(mark.symbol, help=mark.value) for mark in Mark]


@click.command(cls=Command)
@click.argument("number", metavar="[IMEI|-]", required=False)
@carrier_option
@click.option("--glyph", required=True, shell_complete=complete_glyph)
@click.option("--sentence", default="")
@click.option("--screenshot", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--asked-at", metavar="TIME")
@click.option("--by", metavar="NAME")
@json_option
@common
@click.pass_obj
def record(
    session: Session,
    number: str | None,
    carrier: str,
    glyph: str,
    sentence: str,
    screenshot: Path | None,
    asked_at: str | None,
    by: str | None,
    as_json: bool,
) -> int:
    """Record an answer that a person read on a carrier's page."""
    from shirorom.edge import wire

    moment = _moment(session, asked_at) if asked_at is not None else None
    image = _screenshot(session, screenshot) if screenshot is not None else None
    imei = imei_of(session, number)
    recorded, cell, room = session.composition.record(
        imei,
        CarrierId(carrier),
        glyph,
        by=_by(session, by),
        sentence=_text(session, "--sentence", sentence, SENTENCE_CHARS_MAX),
        asked_at=moment,
        screenshot=image,
    )
    return _show_recorded(session, wire.record_of(recorded, cell, room.log.head(), practice=room.practice), as_json)


@click.command(cls=Command)
@click.argument("index", type=click.IntRange(0, INDEX_MAX))
@click.option("--reason", required=True)
@click.option("--by", metavar="NAME")
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def withdraw(session: Session, index: int, reason: str, by: str | None, practice: bool, as_json: bool) -> int:
    """Take back a mistyped reading by hand; both stay visible."""
    why = _reason(session, reason)
    recorded = session.composition.withdraw(index, reason=why, by=_by(session, by), practice=practice)
    if as_json:
        print_json({"withdrawn": True, "index": recorded.index, "of": index, "practice": practice})
    else:
        session.console().print(session.t("cli.withdrawn", index=recorded.index, of=index), soft_wrap=True)
    return 0


@click.command(cls=Command, name="accept-correction")
@click.argument("number", metavar="[IMEI|-]", required=False)
@carrier_option
@click.option("--reason", required=True)
@click.option("--by", metavar="NAME")
@json_option
@common
@click.pass_obj
def accept_correction(
    session: Session, number: str | None, carrier: str, reason: str, by: str | None, as_json: bool
) -> int:
    """Explain why a × vanished, so that this carrier's later answers count again."""
    from shirorom.edge import wire

    why, imei = _reason(session, reason), imei_of(session, number)
    recorded, cell, room = session.composition.correct(imei, CarrierId(carrier), reason=why, by=_by(session, by))
    return _show_recorded(session, wire.record_of(recorded, cell, room.log.head(), practice=room.practice), as_json)


@click.command(cls=Command)
@click.argument("number", metavar="[IMEI|-]", required=False)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def history(session: Session, number: str | None, practice: bool, as_json: bool) -> int:
    """Every entry about a phone, oldest first, and what changed between them."""
    import msgspec

    from shirorom.edge import wire

    answer = wire.history_of(session.composition.history(imei_of(session, number), practice=practice))
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        _show_history(session, answer)
    return 0


def _text(session: Session, name: str, text: str, chars_max: int) -> str:
    """A text that the record can hold."""
    if len(text) > chars_max:
        raise BadCallError(session.t("cli.usage.long-text", name=name, chars_max=chars_max))
    return text.encode("utf-8", errors="replace").decode("utf-8")  # a byte that is no text arrives as a surrogate


def _reason(session: Session, reason: str) -> str:
    if not reason.strip():
        raise BadCallError(session.t("cli.usage.no-reason", name="--reason"))
    return _text(session, "--reason", reason.strip(), REASON_CHARS_MAX)


def _by(session: Session, by: str | None) -> str:
    return _text(session, "--by", by or session.composition.settings.operator, BY_CHARS_MAX)


def _moment(session: Session, text: str) -> datetime:
    """An ISO 8601 time; without a zone it is Japan's."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=JST)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadCallError(session.t("cli.usage.time")) from error


def _screenshot(session: Session, path: Path) -> bytes:
    if path.stat().st_size > SCREENSHOT_BYTES_MAX:
        raise BadCallError(session.t("cli.usage.too-large", mb_max=SCREENSHOT_BYTES_MAX // 1_000_000))
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadCallError(session.t("cli.usage.unreadable", file=path.name)) from error


def _show_recorded(session: Session, answer: RecordWire, as_json: bool) -> int:
    import msgspec

    from shirorom.edge.cli.table import cell_words

    if as_json:
        print_json(msgspec.to_builtins(answer))
        return 0
    mark = None if answer.cell.mark is None else Mark(answer.cell.mark)
    words = cell_words(session.texts, mark, answer.cell.error)
    console = session.console()
    if answer.practice:
        console.print(session.t("cli.practice"), style="bold", soft_wrap=True)
    console.print(session.t("cli.recorded", index=answer.index, size=answer.size), soft_wrap=True)
    console.print(f"{session.t(f'carrier.{answer.cell.carrier}')}: {words}", soft_wrap=True)
    return 0


def _show_history(session: Session, answer: HistoryWire) -> None:
    from shirorom.edge.cli.table import grouped, jst, moment

    console = session.console()
    if answer.practice:
        console.print(session.t("cli.practice"), style="bold", soft_wrap=True)
    console.print(grouped(answer.imei), style="bold")
    if not answer.entries:
        say(session.t("cli.history.none"))
        return
    rows = []
    for entry in answer.entries:
        at = jst(moment(entry.asked_at or entry.recorded_at))
        rows.append((f"#{entry.index}", at, session.t(f"carrier.{entry.carrier}"), _entry_words(session, entry)))
    for line in aligned(rows):
        console.print(line, soft_wrap=True)
    for change in answer.changes:
        since, until = (jst(moment(at)) for at in change.between)
        key = "cli.history.change" if change.expected else "cli.history.unexpected"
        words = (_mark_or_none(session, change.from_), _mark_or_none(session, change.to))
        console.print(
            session.t(
                key,
                carrier=session.t(f"carrier.{change.carrier}"),
                before=words[0],
                after=words[1],
                since=since,
                until=until,
            ),
            soft_wrap=True,
        )


def _entry_words(session: Session, entry: HistoryEntryWire) -> str:
    from shirorom.edge.cli.table import cell_words

    kind = session.t(f"cli.kind.{entry.kind}")
    if entry.kind != "reading":
        declared = (entry.raw, entry.ground) if entry.kind == "notice" else ()
        return " ".join(word for word in (kind, *declared, entry.sentence, entry.by) if word)
    mark = None if entry.mark is None else Mark(entry.mark)
    way = session.t(f"cli.channel.{entry.channel}")
    raw = session.t("cli.raw", raw=entry.raw or "", sentence="").strip()
    return " ".join(word for word in (cell_words(session.texts, mark, entry.error), raw, way, entry.by) if word)


def _mark_or_none(session: Session, mark: str | None) -> str:
    from shirorom.edge.cli.table import cell_words

    return cell_words(session.texts, None if mark is None else Mark(mark), None)
