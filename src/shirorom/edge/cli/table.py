"""A check as people read it in a terminal: verdict, four carriers by one to four numbers, why, and what to do next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.domain.mark import Mark, symbol_of
from shirorom.edge.cli.wrap import fold

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from shirorom.edge.wire import CellWire, CheckWire, Words

STYLES = {"clear": "green", "caution": "yellow", "restricted": "bold red", "no-record": "", "unknown": "magenta"}
"""Colour beside symbol and word, never instead of them."""

SENTENCE_COLUMNS_MAX = 60


def show_check(console: Console, check: CheckWire, texts: Words) -> None:
    """Print a whole answer."""
    width = min(console.width, 100)
    if check.practice:
        console.print(f"{texts.t('cli.practice')}\n", style="bold", soft_wrap=True)
    console.print(verdict_line(check, texts), style=STYLES[style_key(check.verdict)], soft_wrap=True)
    console.print(fold(texts.t(f"verdict.{check.verdict}.text"), width, indent="  "), soft_wrap=True)
    if not check.complete:
        console.print(fold(texts.t("cli.incomplete"), width, indent="  "), soft_wrap=True)
    console.print()
    console.print(cells_table(check, texts))
    console.print()
    for heading, lines in (("reasons", check.reasons), ("advice", check.advice)):
        if lines:
            console.print(texts.t(f"cli.heading.{heading}"), style="bold")
        for line in lines:
            console.print(fold(line.text, width, indent="  ", first="- "), soft_wrap=True)
            if line.source is not None:
                console.print(f"  {line.source.title} <{line.source.url}>", style="dim", soft_wrap=True)


def verdict_line(check: CheckWire, texts: Words) -> str:
    """The verdict as symbol and words; where it is undetermined, with the worst mark known so far."""
    words = f"{check.symbol} {texts.t(f'verdict.{check.verdict}.title')}"
    if check.verdict == "undetermined" and check.so_far is not None:
        so_far = mark_words(texts, Mark(check.so_far))
        words = f"{words} {texts.t('cli.so_far', mark=so_far)}"
    return words


def cells_table(check: CheckWire, texts: Words) -> Table:
    """Rows carriers, columns numbers. ASCII rules only: terminals disagree on the width of drawn lines."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    as_of = moment(check.as_of)
    table = Table(box=box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True), pad_edge=False)
    table.add_column(texts.t("cli.heading.carrier"), no_wrap=True)
    for imei in check.device.imeis:
        table.add_column(Text(grouped(imei)), overflow="fold")
    cells = {(cell.carrier, cell.imei): cell for cell in check.cells}
    for carrier in CarrierId:
        row = [cell_text(cells[carrier.value, imei], texts, as_of=as_of) for imei in check.device.imeis]
        table.add_row(Text(texts.t(f"carrier.{carrier.value}")), *row)
    return table


def cell_text(cell: CellWire, texts: Words, *, as_of: datetime) -> Text:
    """One cell: symbol and word; age and way; the answer as it was shown; or why there is none, and what was before."""
    from rich.text import Text

    mark = None if cell.mark is None else Mark(cell.mark)
    text = Text(cell_words(texts, mark, cell.error), style=STYLES[style_key(cell.mark)])
    for line in _below(cell, texts, as_of):
        text.append(f"\n{line}", style="not bold default")
    return text


def cell_words(texts: Words, mark: Mark | None, error: str | None) -> str:
    """Symbol and word of a cell: its mark, or whether nobody asked (未照会) or no answer came (照会失敗)."""
    if mark is not None:
        return mark_words(texts, mark)
    word = texts.t("mark.unknown.not_asked" if error in (None, "not-asked") else "mark.unknown.failed")
    return f"{symbol_of(None)} {word}" + (f" ({error})" if error not in (None, "not-asked") else "")


def mark_words(texts: Words, mark: Mark) -> str:
    """○ 現在制限なし: never the symbol alone."""
    return f"{mark.symbol} {texts.t(f'mark.{mark.value}.word')}"


def style_key(mark: str | Mark | None) -> str:
    """The key of a mark or verdict in `STYLES`."""
    return str(mark) if mark is not None and str(mark) in STYLES else "unknown"


def age(texts: Words, elapsed: timedelta) -> str:
    """How long ago, in the largest unit that is at least one."""
    seconds = int(elapsed.total_seconds())
    if seconds < 60:
        return texts.t("cli.age.now")
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length:
            return texts.t(f"cli.age.{unit}", count=seconds // length)
    raise AssertionError("unreachable: at least a minute has passed")


def moment(text: str) -> datetime:
    """A time of the wire, aware UTC."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def jst(at: datetime) -> str:
    """A moment for Japanese eyes, with its zone."""
    return at.astimezone(JST).strftime("%Y-%m-%d %H:%M JST")


def grouped(imei: str) -> str:
    """AA-BBBBBB-CCCCCC-D."""
    return f"{imei[:2]}-{imei[2:8]}-{imei[8:14]}-{imei[14:]}"


def shorten(text: str, chars_max: int) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= chars_max else f"{line[: chars_max - 1]}…"


def _below(cell: CellWire, texts: Words, as_of: datetime) -> list[str]:
    lines = []
    if cell.asked_at is not None:
        words = [age(texts, as_of - moment(cell.asked_at)), texts.t(f"cli.channel.{cell.channel}")]
        words += [texts.t("cli.stale")] if cell.stale else []
        words += [f"#{cell.index}"] if cell.index is not None else []
        lines.append(" ".join(words))
    if cell.raw:
        said = shorten(cell.sentence or "", SENTENCE_COLUMNS_MAX)
        lines.append(texts.t("cli.raw", raw=cell.raw, sentence=said).strip())
    if cell.last is not None:
        last = mark_words(texts, Mark(cell.last.mark))
        lines.append(texts.t("cli.last", mark=last, age=age(texts, as_of - moment(cell.last.asked_at))))
    return lines
