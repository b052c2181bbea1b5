"""The book of units in the one JSON form: what an import did, units with what is known about them."""

from __future__ import annotations

from datetime import date

import msgspec

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.export_row import Complaint
from shirorom.domain.errors import ShiroromError
from shirorom.edge.wire import at
from shirorom.edge.words import Words
from shirorom.service.watch_book import UnitView
from shirorom.service.watch_import import Imported

LISTED_MAX = 1_000
"""Errors, notices and changes that are sent each; the counts are of all."""


class ColumnWire(msgspec.Struct, frozen=True):
    """What a column was taken for, and why (`given`, `remembered`, `heading`, `part`, `content`)."""

    field: str
    heading: str
    why: str


class RowErrorWire(msgspec.Struct, frozen=True):
    """What is wrong with a row, by its line in the file; `text` and `fix` in the caller's language."""

    line: int
    column: str
    code: str
    text: str
    fix: str


class RowChangeWire(msgspec.Struct, frozen=True):
    """A row that is new (no fields) or changes these fields of its unit."""

    line: int
    key: str
    fields: tuple[str, ...]


class ImportedWire(msgspec.Struct, frozen=True):
    """What an import did; `applied` is false for a dry run, and where `strict` kept everything out.

    `missing`: watched units that the file does not hold; `gone`: how many of them were marked so (`complete`); `doubt`:
    the code of why they were not.
    """

    applied: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    refused: int
    missing: int
    gone: int
    doubt: str | None
    practice: int
    fields: dict[str, int]
    columns: tuple[ColumnWire, ...]
    totals: tuple[int, ...]
    errors: tuple[RowErrorWire, ...]
    notices: tuple[RowErrorWire, ...]
    changes: tuple[RowChangeWire, ...]


class ChangedWire(msgspec.Struct, frozen=True):
    """The newest change of a phone that was told."""

    carrier: str
    before: str
    after: str
    at: str


class UnitWire(msgspec.Struct, frozen=True):
    """One unit. `marks`: each carrier's, null where no answer decides; `errors`: `carrier:code` of what is missing.

    `covered_until`: the first day without cover.
    """

    seq: int
    key: str
    imeis: tuple[str, ...]
    status: str
    store: str
    person: str
    model: str
    price_yen: int | None
    cost_yen: int | None
    bought_on: date | None
    sold_on: date | None
    receipt: str
    warranty: str
    covered_until: date | None
    practice: bool
    marks: dict[str, str | None]
    verdict: str
    errors: tuple[str, ...]
    changed: ChangedWire | None


class UnitsWire(msgspec.Struct, frozen=True):
    """Units; `next`: send it as `after` for the next page, null at the end."""

    units: tuple[UnitWire, ...]
    next: str | None


def imported_of(imported: Imported, words: Words) -> ImportedWire:
    """What an import did, on the wire."""
    return ImportedWire(
        applied=imported.applied, rows=len(imported.file.rows), new=imported.new, changed=imported.changed,
        unchanged=imported.unchanged, refused=imported.refused, missing=imported.missing, gone=imported.gone,
        doubt=imported.doubt or None, practice=imported.practice, fields=dict(imported.fields),
        columns=tuple(ColumnWire(g.field.value, g.heading, g.why.value) for g in imported.file.layout.guesses),
        totals=imported.file.totals,
        errors=tuple(_row_error(one, words) for one in imported.errors[:LISTED_MAX]),
        notices=tuple(_row_error(one, words) for one in imported.notices[:LISTED_MAX]),
        changes=tuple(RowChangeWire(one.line, one.unit.key, one.fields) for one in imported.changes[:LISTED_MAX]),
    )  # fmt: skip


def error_of(complaint: Complaint) -> ShiroromError:
    """A complaint as an error, to be worded as every other."""
    return ShiroromError(complaint.code, **dict(complaint.details))


def _row_error(complaint: Complaint, words: Words) -> RowErrorWire:
    details = dict(complaint.details)
    text, fix = (words.t(f"code.{complaint.code}.{part}", **details) for part in ("text", "fix"))
    return RowErrorWire(complaint.line, complaint.column, complaint.code, text, fix)


def unit_of(view: UnitView) -> UnitWire:
    """A unit on the wire."""
    unit, answers = view.booked.unit, view.answers
    last = answers.changed
    return UnitWire(
        seq=view.booked.seq, key=unit.key, imeis=tuple(imei.digits for imei in unit.device.imeis),
        status=unit.status.value, store=unit.store, person=unit.person, model=unit.model, price_yen=unit.price_yen,
        cost_yen=unit.cost_yen, bought_on=unit.bought_on, sold_on=unit.sold_on, receipt=unit.receipt,
        warranty=unit.warranty, covered_until=unit.covered_until, practice=view.booked.practice,
        marks={one.value: mark or None for one, mark in zip(CARRIERS, answers.words.marks, strict=True)},
        verdict=answers.words.verdict, errors=answers.words.errors,
        changed=None if last is None else ChangedWire(
            last.carrier.value, last.before.value, last.after.value, at(last.at)
        ),
    )  # fmt: skip
