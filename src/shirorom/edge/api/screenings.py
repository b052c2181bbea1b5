"""Screening jobs over HTTP: a table in, a job with its progress, the table with its answers out.

What is wrong with the file is found by the job, not by the upload: the job then has failed and says why.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any

import msgspec
from litestar import get, post
from litestar.openapi.spec import Example
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.response.streaming import ASGIStreamingResponse

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.api.once import once
from shirorom.edge.api.pictures import RAW, XLSX_MEDIA
from shirorom.edge.api.routes import answer, language_called
from shirorom.edge.api.watch_book import TABLE_MEDIA
from shirorom.edge.http.cursors import After, cursor_to, place_of
from shirorom.edge.http.guard import OPT, Takes, spooled_of
from shirorom.edge.http.problems import BODY, KEY, SIGNED, STORAGE, PlacedError, about
from shirorom.edge.web.page import AnyRequest, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Role, Who, person_of
from shirorom.edge.wire import at as time_text
from shirorom.edge.words import Words
from shirorom.ports.screenings import Form, Screening, State
from shirorom.ports.tables import TableKind
from shirorom.service.screenings import PAGE_MAX, Asker, Screenings

BYTES_MAX = 1_000_000_000
CHUNK_BYTES = 256 * 1024
NAME_CHARS_MAX = 200
STAFF = {WHO: Who.STAFF}
LIST = "screenings"
TAKES_TABLE = Takes(TABLE_MEDIA, BYTES_MAX, to_disk=True, file_seconds_max=1_800.0)
"""Half an hour: a gigabyte over the line of a shop."""
MEDIA = {
    TableKind.CSV: "text/csv",
    TableKind.TSV: "text/tab-separated-values",
    TableKind.XLSX: XLSX_MEDIA,
    TableKind.PARQUET: "application/vnd.apache.parquet",
}
RESULT_MEDIA = tuple(MEDIA.values())
HERE = ("screenings-elsewhere", *STORAGE, *SIGNED)
Text = Annotated[str, msgspec.Meta(max_length=NAME_CHARS_MAX)]


class AddedColumn(StrEnum):
    """A column that is added, as `shirorom screen --add` names it (service/screen.py `NAMES`)."""

    IMEI = "imei"
    DOCOMO = "docomo"
    AU = "au"
    SOFTBANK = "softbank"
    RAKUTEN = "rakuten"
    VERDICT = "verdict"
    PRACTICE = "practice"
    ERROR = "error"


WITHOUT_RECORD = frozenset({AddedColumn.IMEI, AddedColumn.ERROR})
"""Those that there are with `numbers_only`."""


class ScreeningRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job by its id."""

    id: Annotated[str, msgspec.Meta(max_length=64, description="Its id.")]


class ScreeningErrorWire(msgspec.Struct, frozen=True):
    """Why a job failed, as a problem would say it."""

    code: str
    text: str
    fix: str


class ScreeningRowWire(msgspec.Struct, frozen=True):
    """A row that is wrong, by its line in the file."""

    line: int
    code: str


class ScreeningCountsWire(msgspec.Struct, frozen=True):
    """What came of the rows. `verdicts`, `errors`: how many rows of each; `bad`: the first hundred wrong ones."""

    phones: int
    practice: int
    verdicts: dict[str, int]
    errors: dict[str, int]
    bad: tuple[ScreeningRowWire, ...]


class ScreeningWire(msgspec.Struct, frozen=True):
    """One job. `rows` are done, of about `rows_about`; `progress` is their share (0–1), null where it is not known.

    `state`: `queued`, `running`, `done` (fetch its result before `expires_at`), `failed` (`error` says why),
    `cancelled`.
    """

    id: str
    state: State
    format: TableKind
    rows: int
    rows_about: int | None
    progress: float | None
    created_at: str
    expires_at: str
    error: ScreeningErrorWire | None
    counts: ScreeningCountsWire | None


class ScreeningsWire(msgspec.Struct, frozen=True):
    """Jobs, newest first. `next`: send it as `after` for those that follow; null: there are no more."""

    screenings: tuple[ScreeningWire, ...]
    next: str | None


SCREENING_WIRES: tuple[type[msgspec.Struct], ...] = (ScreeningRequest, ScreeningWire, ScreeningsWire)


@post("/v1/screenings", status_code=202, opt={OPT: TAKES_TABLE, **STAFF}, **about(
    "screen", "screenings", "Screen a table", {202: ScreeningWire}, *RAW, "body-invalid", "table-empty",
    "screenings-full", *KEY, *HERE))  # fmt: skip
@once
async def post_screening(
    request: AnyRequest,
    format: Annotated[  # a name of the address
        TableKind, QueryParameter(description="The kind of file that comes out.")
    ] = TableKind.CSV,
    column: Annotated[
        list[Text] | None,
        QueryParameter(description="A column that holds numbers, by its heading; else they are found."),
    ] = None,
    sheet: Annotated[Text | None, QueryParameter(description="Of a workbook; else the first.")] = None,
    numbers_only: Annotated[bool, QueryParameter(description="Read the numbers, and say nothing of them.")] = False,
    escape: Annotated[bool, QueryParameter(description="No cell of a csv is taken for a formula.")] = False,
    add: Annotated[
        list[AddedColumn] | None,
        QueryParameter(
            description="A column to add; else all of them. With `numbers_only`: `imei` or `error`.",
            examples=[Example(value=[AddedColumn.VERDICT, AddedColumn.ERROR])],
        ),
    ] = None,
    added_only: Annotated[bool, QueryParameter(description="The file's own columns are left out.")] = False,
) -> ASGIResponse:
    """A csv, tsv, xlsx or parquet file (1 GB), screened as `shirorom screen` does it: one row out for each row in.

    Answered once the file is kept; the job does the rest (`Location` says where to look). A file that cannot be read
    makes a job that failed. Nobody is asked: it is answered from what is recorded and published.
    """
    if numbers_only and not set(add or ()) <= WITHOUT_RECORD:
        raise PlacedError(RequestError("body-invalid"), "/add")
    jobs, asker = jobs_of(request), asker_of(request)
    await asyncio.to_thread(jobs.start)  # before a gigabyte is on its way
    names = tuple(name.value for name in add or ())
    form = Form(format, tuple(column or ()), sheet, numbers_only, escape, add=names, added_only=added_only)
    body = await spooled_of(request.scope).path()
    job = await asyncio.to_thread(jobs.add, body, form, asker.person)
    response = answer(request, screening_of(job, _words(request)), status=202)
    response.headers["location"] = f"/v1/screenings/{job.id}"
    return response


@get("/v1/screenings", opt=STAFF, **about(
    "screenings", "screenings", "Your screenings", {200: ScreeningsWire}, "cursor-invalid", "body-invalid",
    *HERE))  # fmt: skip
async def get_screenings(
    request: AnyRequest,
    after: After = None,
    limit: Annotated[int, QueryParameter(ge=1, le=PAGE_MAX)] = PAGE_MAX,
) -> ASGIResponse:
    """Newest first: your own; all of the shop's for its owner."""
    place = place_of(LIST, after, tuple[datetime, str])
    jobs, asker = jobs_of(request), asker_of(request)
    found = await asyncio.to_thread(jobs.page, asker, after=place, count_max=limit + 1)
    shown = found[:limit]
    more = cursor_to(LIST, (shown[-1].created_at, shown[-1].id)) if len(found) > limit else None
    words = _words(request)
    return answer(request, ScreeningsWire(tuple(screening_of(job, words) for job in shown), more))


@get("/v1/screenings/{screening:str}", opt=STAFF, **about(
    "screening", "screenings", "One screening", {200: ScreeningWire}, "screening-not-found", *HERE))  # fmt: skip
async def get_screening(request: AnyRequest, screening: FromPath[str]) -> ASGIResponse:
    """How far it is, what came of it, or why it failed."""
    job = await asyncio.to_thread(jobs_of(request).job, screening, asker_of(request))
    return answer(request, screening_of(job, _words(request)))


@post("/v1/screenings/removals", status_code=200, opt=STAFF, **about(
    "screeningRemove", "screenings", "Cancel or remove a screening", {200: ScreeningWire}, *BODY,
    "screening-not-found", *HERE))  # fmt: skip
async def post_removal(request: AnyRequest, data: JSONBody[ScreeningRequest]) -> ASGIResponse:
    """Stop it, if it has not ended (`cancelled`), and remove it with its files at once. It is not there any more."""
    job = await asyncio.to_thread(jobs_of(request).remove, data.id, asker_of(request))
    return answer(request, screening_of(job, _words(request)))


@get("/v1/screenings/{screening:str}/result", opt=STAFF, **about(
    "screeningResult", "screenings", "A screening's file", {}, "screening-not-found", "screening-not-done",
    *HERE))  # fmt: skip
async def get_result(request: AnyRequest, screening: FromPath[str]) -> ASGIResponse:
    """The table with the columns added (docs: `shirorom screen`), until `expires_at`."""
    job, path = await asyncio.to_thread(jobs_of(request).result, screening, asker_of(request))
    file = await asyncio.to_thread(_open, path)
    name = f"screening-{job.id[:8]}.{job.form.kind.value}"
    return ASGIStreamingResponse(
        iterator=_chunks(file),
        media_type=MEDIA[job.form.kind],
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "content-length": str(os.fstat(file.fileno()).st_size),
        },
    )


def jobs_of(request: AnyRequest) -> Screenings:
    """The service."""
    jobs = web_of(request).parts.screenings
    if jobs is None:
        raise RequestError("not-found")
    return jobs


def asker_of(request: AnyRequest) -> Asker:
    """Who calls, as the jobs know them."""
    person = person_of(request)
    if person is None:
        raise RequestError("not-found")
    return Asker(person.id, owner=person.role is Role.OWNER)


def screening_of(job: Screening, words: Words) -> ScreeningWire:
    """A job as it is sent."""
    about_, counts = job.rows_about, job.counts
    return ScreeningWire(
        id=job.id,
        state=job.state,
        format=job.form.kind,
        rows=job.rows,
        rows_about=about_,
        progress=round(min(1.0, job.rows / about_), 3) if about_ else None,
        created_at=time_text(job.created_at),
        expires_at=time_text(job.expires_at),
        error=None if job.error is None else _error(ShiroromError(job.error[0], **job.error[1]), words),
        counts=None
        if counts is None
        else ScreeningCountsWire(
            counts.phones,
            counts.practice,
            dict(counts.verdicts),
            dict(counts.errors),
            tuple(ScreeningRowWire(line, code) for line, code in counts.bad),
        ),
    )


def _error(error: ShiroromError, words: Words) -> ScreeningErrorWire:
    text, fix = (words.t(f"code.{error.code}.{part}", **error.details) for part in ("text", "fix"))
    return ScreeningErrorWire(error.code, text, fix)


def _words(request: AnyRequest) -> Words:
    return web_of(request).parts.words(language_called(request))


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except FileNotFoundError:  # its time ended in between
        raise RequestError("screening-not-found") from None


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
    finally:
        file.close()


SCREENINGS: tuple[Any, ...] = (post_screening, get_screenings, post_removal, get_screening, get_result)
"""Not served on a public page."""
