"""Rows of a parquet file: its column names, then its rows as text, some thousand at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.adapters.tables.limits import Limits, broken, engine, too_large, unreadable
from shirorom.ports.tables import RawRow

if TYPE_CHECKING:
    import polars as pl

ROWS_AT_ONCE = 50_000
EXACT_MAX = 10**15


class Columnar:
    """An open parquet file."""

    def __init__(self, path: Path, limits: Limits) -> None:
        engine()
        import polars as pl

        self._limits = limits
        try:
            self._frame = pl.scan_parquet(path, hive_partitioning=False, glob=False)
            schema = self._frame.collect_schema()
            self.count = int(self._frame.select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, OSError, ValueError) as error:
            raise unreadable("parquet") from error
        if self.count > limits.rows:
            raise too_large("rows", limits.rows)
        if len(schema) > limits.columns:
            raise too_large("columns", limits.columns)
        self._columns = [_as_text(name, dtype) for name, dtype in schema.items()]
        self.names = tuple(schema)

    def frames(self) -> Iterator[pl.DataFrame]:
        """All rows, as text. Raises RequestError: `table-broken`, `table-cell-too-long`."""
        import polars as pl

        texts = self._frame.select(self._columns)
        try:
            for start in range(0, self.count, ROWS_AT_ONCE):
                frame = texts.slice(start, ROWS_AT_ONCE).collect()
                longest = frame.select(pl.all().str.len_bytes().max()).row(0) if frame.height else ()
                if max((n or 0 for n in longest), default=0) > self._limits.cell_chars * 4:
                    raise too_large("cell", self._limits.cell_chars)
                yield frame
        except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
            raise broken() from error

    def rows(self) -> Iterator[RawRow]:
        """The names as first row, then every row."""
        yield RawRow(1, self.names)
        line = 2
        for frame in self.frames():
            for cells in frame.iter_rows():
                yield RawRow(line, cells)
                line += 1


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text. Numbers kept as floats get all their digits as long as there are that many."""
    import polars as pl

    column = pl.col(name)
    if dtype == pl.Binary or dtype.is_nested() or dtype == pl.Object:
        return pl.lit("").alias(name)  # nothing that a table of phones holds
    if dtype.is_float():
        exact = (column == column.round()) & (column.abs() < EXACT_MAX)
        text = (
            pl.when(exact).then(column.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(column.cast(pl.String))
        )
        text = (
            pl.when(column.abs() >= EXACT_MAX)
            .then(column.cast(pl.Float64).map_elements(_long, pl.String))
            .otherwise(text)
        )
        return text.fill_null("").alias(name)
    return column.cast(pl.String, strict=False).fill_null("").alias(name)


def _long(value: float) -> str:
    from shirorom.adapters.tables.workbook import number_text

    return number_text(repr(value))
