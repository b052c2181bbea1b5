"""What is seen while carriers are being asked: one line a carrier and number on stderr, live on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import TracebackType
from typing import TYPE_CHECKING, Self

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Device, Imei
from shirorom.domain.reading import Channel
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import say
from shirorom.edge.cli.table import STYLES, cell_words, style_key

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

    from shirorom.domain.verdict import Cell

Key = tuple[Imei, CarrierId]


class Progress:
    """Told of each cell as it becomes known (index None: 記録中) and again once it is durable. A context manager."""

    def __init__(self, session: Session, device: Device, *, only: Collection[CarrierId], record: bool):
        self._session = session
        self._record = record
        self._cells: dict[Key, Cell | None] = {
            (imei, carrier): None for carrier in CarrierId if carrier in only for imei in device.imeis
        }
        self._many = len(device.imeis) > 1
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and not self._session.plain:
            from rich.live import Live

            console = self._session.console(sys.stderr)
            self._live = Live(get_renderable=self._picture, console=console, transient=True, refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def on_cell(self, cell: Cell) -> None:
        """Take one cell of the check; those left out by choice are not shown."""
        key = (cell.imei, cell.carrier)
        if key not in self._cells:
            return
        before, self._cells[key] = self._cells[key], cell
        if self._live is not None:
            self._live.refresh()
        elif before is None and cell.channel is not Channel.HAND and cell.error != "not-asked":
            say(f"{self._who(key)}: {cell_words(self._session.texts, cell.mark, cell.error)}")

    def recorded(self) -> int:
        """Answers of this call that are durable by now."""
        return sum(
            1
            for cell in self._cells.values()
            if cell is not None and cell.index is not None and cell.channel is Channel.SITE
        )

    def _who(self, key: Key) -> str:
        imei, carrier = key
        name = self._session.t(f"carrier.{carrier.value}")
        return f"{name} {imei.masked}" if self._many else name

    def _picture(self) -> RenderableType:
        from rich.spinner import Spinner
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        for key, cell in self._cells.items():
            if cell is None:
                state: RenderableType = Spinner("line", self._session.t("cli.progress.asking"))
            else:
                words = cell_words(self._session.texts, cell.mark, cell.error)
                state = Text(f"{words}  {self._tail(cell)}", style=STYLES[style_key(cell.mark)])
            grid.add_row(Text(self._who(key)), state)
        return grid

    def _tail(self, cell: Cell) -> str:
        if cell.index is not None:
            return self._session.t("cli.progress.recorded", index=cell.index)
        return self._session.t("cli.progress.recording") if self._record and cell.error is None else ""
