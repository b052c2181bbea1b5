"""A check as people read it in a terminal: verdict, four carriers by one to four numbers, why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.domain.mark import Mark, symbol_of
from shirorom.edge.cli.wrap import columns, fold, fold_line, pad

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from shirorom.domain.assessment import Assessment
    from shirorom.edge.wire import AdviceWire, CellWire, CheckWire, SourceWire
    from shirorom.edge.words import Words

STYLES = {"clear": "green", "caution": "yellow", "restricted": "bold red", "no-record": "", "unknown": "magenta"}
"""Colour beside symbol and word, never instead of them."""

WIDTH_MAX = 100
CELL_COLUMNS_MIN = 26
"""Narrower columns break the words of a mark: then numbers stand below each other."""
CELL_COLUMNS_MAX = 60
SENTENCE_CHARS_MAX = 80
ADVICE_A_ROLE_MAX = 2
GAP = "  "

Line = tuple[str, str]  # text, style


def show_check(
    console: Console, assessment: Assessment, check: CheckWire, texts: Words, *, sources: bool = False
) -> None:
    """Print a whole answer; with `sources`, also what each sentence rests on.

    No drawn lines: terminals disagree on their width, and on that of ○ △ ×.
    """
    from shirorom.edge.words import verdict_sentence

    width = min(console.width, WIDTH_MAX)

    def put(text: str | Text = "", style: str = "") -> None:
        console.print(text, style=style, soft_wrap=True)

    if check.practice:
        put(fold(texts.t("cli.practice"), width), "bold")
        put()
    put(verdict_line(check, texts), STYLES[style_key(check.verdict)])
    put(fold(verdict_sentence(assessment, texts), width, indent=GAP))
    put(fold(texts.t(f"verdict.{check.verdict}.text"), width, indent=GAP))
    if not check.complete:
        put(fold(texts.t("cli.incomplete"), width, indent=GAP))
    put()
    for line in cells_lines(check, texts, width=width):
        put(line)
    notes = Footnotes(shown=sources)
    put(texts.t("cli.heading.reasons"), "bold")
    for reason in check.reasons:
        put(fold(f"{reason.text}{notes.mark(reason.source)}", width, indent="    ", first="  - "))
    put(texts.t("cli.heading.advice"), "bold")
    for title, advices in by_role(check.advice, texts):
        put(fold(title, width, indent=GAP))
        for advice in advices:
            put(fold(f"{advice.text}{notes.mark(advice.source)}", width, indent="    ", first="  - "))
    if notes.sources:
        put(texts.t("cli.heading.sources"), "bold")
    for n, source in enumerate(notes.sources, start=1):
        put(f"  [{n}] {source.title} ({source.read_on})")
        put(f"      {source.url}")


class Footnotes:
    """Sources, each once, numbered in the order in which they are first named; none where they are not shown."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self.sources: list[SourceWire] = []

    def mark(self, source: SourceWire | None) -> str:
        """The number to put behind a sentence; empty without a source."""
        if source is None or not self._shown:
            return ""
        if source not in self.sources:
            self.sources.append(source)
        return f" [{self.sources.index(source) + 1}]"


def by_role(advices: Sequence[AdviceWire], texts: Words) -> Iterator[tuple[str, list[AdviceWire]]]:
    """Advice under its role, a few each; what holds for every role is said once, last."""
    roles = tuple(dict.fromkeys(advice.role for advice in advices))
    codes = {role: {advice.code for advice in advices if advice.role == role} for role in roles}
    common = set.intersection(*codes.values()) if len(roles) > 1 else set()
    for role in roles:
        own = [advice for advice in advices if advice.role == role and advice.code not in common]
        if own:
            yield texts.t(f"role.{role}"), own[:ADVICE_A_ROLE_MAX]
    shared = [advice for advice in advices if advice.role == roles[0] and advice.code in common] if roles else []
    if shared:
        yield texts.t("cli.everybody"), shared[:ADVICE_A_ROLE_MAX]


def verdict_line(check: CheckWire, texts: Words) -> str:
    """The verdict as symbol and words; where it is undetermined, with the worst mark known so far."""
    words = f"{check.symbol} {texts.t(f'verdict.{check.verdict}.title')}"
    if check.verdict == "undetermined" and check.so_far is not None:
        so_far = mark_words(texts, Mark(check.so_far))
        words = f"{words} {texts.t('cli.so_far', mark=so_far)}"
    return words


def cells_lines(check: CheckWire, texts: Words, *, width: int) -> Iterator[Text]:
    """Rows carriers, columns numbers; where there is no room for all columns, one block for each number."""
    names = {carrier.value: texts.t(f"carrier.{carrier.value}") for carrier in CarrierId}
    first = max(columns(name) for name in (*names.values(), texts.t("cli.heading.carrier")))
    imeis = check.device.imeis
    room = (width - first) // len(imeis) - len(GAP)
    blocks = [imeis] if room >= CELL_COLUMNS_MIN else [(imei,) for imei in imeis]
    room = min((width - first) // len(blocks[0]) - len(GAP), CELL_COLUMNS_MAX)
    cells = {(cell.carrier, cell.imei): cell for cell in check.cells}
    as_of = moment(check.as_of)
    for block in blocks:
        widths = [first, *[room] * len(block)]
        yield from _row(
            [[(texts.t("cli.heading.carrier"), "")], *([(grouped(imei), "bold")] for imei in block)], widths
        )
        for carrier, name in names.items():
            lines = [cell_lines(cells[carrier, imei], texts, as_of=as_of) for imei in block]
            yield from _row([[(name, "")], *lines], widths)
        yield from _row([[("", "")]], [first])


def cell_lines(cell: CellWire, texts: Words, *, as_of: datetime) -> list[Line]:
    """One cell: symbol and word; age and way; the answer as it was shown; or why there is none, and what was before."""
    mark = None if cell.mark is None else Mark(cell.mark)
    lines = [(cell_words(texts, mark, cell.error), STYLES[style_key(cell.mark)])]
    if cell.error not in (None, "not-asked"):
        lines.append((texts.t(f"code.{cell.error}.title"), ""))
    return lines + [(line, "") for line in _below(cell, texts, as_of)]


def _row(cells: Sequence[Sequence[Line]], widths: Sequence[int]) -> Iterator[Text]:
    """The lines of one row, each cell folded to its column; nothing behind the last word."""
    from rich.text import Text

    folded = [
        [(part, style) for text, style in cell for part in fold_line(text, width)]
        for cell, width in zip(cells, widths, strict=True)
    ]
    for n in range(max(len(cell) for cell in folded)):
        line = Text()
        for cell, width in zip(folded, widths, strict=True):
            text, style = cell[n] if n < len(cell) else ("", "")
            line.append(pad(text, width), style=style).append(GAP)
        line.rstrip()
        yield line


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
        asked = age(texts, as_of - moment(cell.asked_at))
        words = [texts.t("cli.asked", age=asked, channel=texts.t(f"cli.channel.{cell.channel}"))]
        words += [texts.t("cli.stale")] if cell.stale else []
        words += [f"#{cell.index}"] if cell.index is not None else []
        lines.append(" ".join(words))
    if cell.raw:
        said = shorten(cell.sentence or "", SENTENCE_CHARS_MAX)
        lines.append(texts.t("cli.raw", raw=cell.raw, sentence=said).strip())
    if cell.last is not None:
        last = mark_words(texts, Mark(cell.last.mark))
        lines.append(texts.t("cli.last", mark=last, age=age(texts, as_of - moment(cell.last.asked_at))))
    return lines
