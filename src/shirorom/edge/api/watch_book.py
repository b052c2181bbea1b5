"""The book of units over HTTP: an export in, units out, for the people of the shop. Numbers are in bodies only."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from shirorom.domain.desk.export_words import Field
from shirorom.domain.desk.stock import Status
from shirorom.domain.errors import RequestError
from shirorom.edge.api.once import once
from shirorom.edge.api.pictures import RAW, XLSX_MEDIA
from shirorom.edge.api.routes import answer, language_called
from shirorom.edge.book_wire import ImportedWire, UnitsWire, imported_of, unit_of
from shirorom.edge.http.cursors import After, Number, cursor_to, place_of
from shirorom.edge.http.guard import OPT, Takes
from shirorom.edge.http.problems import BODY, KEY, STORAGE, about
from shirorom.edge.web.page import web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who
from shirorom.ports.book import Said
from shirorom.service.watch_book import PAGE_MAX, WatchBook
from shirorom.service.watch_import import Imported, Wish

AnyRequest = Request[Any, Any, Any]
BYTES_MAX = 64 * 1024 * 1024
SEARCH_CHARS_MAX = 200
TABLE_MEDIA = frozenset({
    "text/csv", "text/tab-separated-values", XLSX_MEDIA, "application/vnd.apache.parquet", "application/octet-stream",
})  # fmt: skip
TABLE = (
    "table-unreadable", "table-broken", "table-quote-open", "table-empty", "table-too-large", "table-rows-too-many",
    "table-columns-too-many", "table-cell-too-long",
)  # fmt: skip
IMPORT = ("import-column-missing", "import-column-unknown", "import-rows", "stock-full", "desk-missing")
STAFF = {WHO: Who.STAFF}

Flag = Annotated[bool, QueryParameter()]
"""A yes or no of the address."""


class UnitSearch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person has in hand: the last digits of a number, a whole number, a stock key, a receipt."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=SEARCH_CHARS_MAX, description="What to look for.")]


@post("/v1/watch/imports", status_code=200, opt={OPT: Takes(TABLE_MEDIA, BYTES_MAX), **STAFF}, **about(
    "watchImport", "watch", "Import a POS's export", {200: ImportedWire}, *RAW, "body-invalid", *TABLE, *IMPORT, *KEY,
    *STORAGE))  # fmt: skip
@once
async def post_import(
    request: AnyRequest,
    dry_run: Flag = False,
    complete: Flag = False,
    even_most: Flag = False,
    strict: Flag = False,
    map_: Annotated[list[str] | None, QueryParameter(name="map", description="`key=HEADING`.")] = None,
) -> ASGIResponse:
    """A csv, tsv, xlsx or parquet file (64 MB) into the book of units. Rows with errors are named and left out.

    `dry_run`: only say what would change. `strict`: all rows or none (`applied` is then false). `complete`: the file
    holds every unit, and what it does not hold is gone (`even_most`: also where that is most of the book).
    `map=key=HEADING` (repeatable) says what a column is; it is remembered.
    """
    wish = Wish(_said(map_ or ()), dry_run=dry_run, complete=complete, even_most=even_most, strict=strict)
    body = await request.body()
    imported = await asyncio.to_thread(_import, _book(request), body, wish)
    return answer(request, imported_of(imported, web_of(request).parts.words(language_called(request))))


@get("/v1/watch/units", opt=STAFF, **about(
    "watchUnits", "watch", "Units of the book", {200: UnitsWire}, "body-invalid", "cursor-invalid", "desk-missing",
    *STORAGE))  # fmt: skip
async def get_units(
    request: AnyRequest,
    after: After = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    status: Annotated[Status | None, QueryParameter()] = None,
    store: Annotated[str | None, QueryParameter(max_length=SEARCH_CHARS_MAX)] = None,
) -> ASGIResponse:
    """Units in the order of the book, a page at a time: go on with `next` of the answer until it is null."""
    book, place = _book(request), place_of("units", after, Number) or 0
    page = await asyncio.to_thread(lambda: book.units(after=place, count_max=limit, status=status, store=store))
    more = None if page.after is None else cursor_to("units", page.after)
    return answer(request, UnitsWire(tuple(map(unit_of, page.units)), more))


@post("/v1/watch/units/search", status_code=200, opt=STAFF, **about(
    "watchSearch", "watch", "Find units", {200: UnitsWire}, *BODY, "desk-missing", *STORAGE))  # fmt: skip
async def post_search(request: AnyRequest, data: JSONBody[UnitSearch]) -> ASGIResponse:
    """Units by the last 4–6 digits of a number, a whole number, a stock key or a receipt. At most 50."""
    found = await asyncio.to_thread(_book(request).search, data.text)
    return answer(request, UnitsWire(tuple(map(unit_of, found)), None))


def _book(request: AnyRequest) -> WatchBook:
    book = web_of(request).parts.book
    if book is None:
        raise RequestError("desk-missing")
    return book


def _import(book: WatchBook, body: bytes, wish: Wish) -> Imported:
    """The body lies in a private file while it is read."""
    with tempfile.NamedTemporaryFile(prefix="shirorom-") as file:
        file.write(body)
        file.flush()
        return book.importing(Path(file.name), wish)


def _said(words: Sequence[str]) -> Said:
    columns: dict[Field, list[str]] = {}
    for word in words:
        name, mark, heading = word.partition("=")
        if not mark or name not in [field.value for field in Field]:
            raise RequestError("body-invalid")
        columns.setdefault(Field(name), []).append(heading)
    return Said(columns)


WATCH_BOOK = (post_import, get_units, post_search)
"""Not served on a public page."""
