"""An export against the book: what is new, what changed and in which fields, what is the same, what is missing.

Pure. Only columns that the file has are compared, so a shorter export empties nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from shirorom.domain.desk.export_row import Complaint, ReadRow
from shirorom.domain.desk.stock import Status, Unit


@dataclass(frozen=True, slots=True)
class Changed:
    """A unit that the file says something new of: its line, and the attributes of `Unit` that differ (none: new)."""

    line: int
    unit: Unit
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What importing a file would do. `missing`: keys of watched units that the file does not hold, in order."""

    new: tuple[Changed, ...]
    changed: tuple[Changed, ...]
    unchanged: int
    errors: tuple[Complaint, ...]
    notices: tuple[Complaint, ...]
    refused: int
    missing: tuple[str, ...]


FIELDS = (
    "device", "status", "store", "person", "model", "price_yen", "cost_yen", "bought_on", "sold_on", "receipt",
    "warranty", "covered_until",
)  # fmt: skip


def diff(rows: Sequence[ReadRow], known: Mapping[str, Unit], watched: Collection[str]) -> Diff:
    """Compare rows (`check_rows` has been over them) with the units of the same keys.

    Args:
        rows: Of the whole file.
        known: Units of the book by key, of the file's keys at least.
        watched: The keys of every watched unit of the book.
    """
    new: list[Changed] = []
    changed: list[Changed] = []
    errors: list[Complaint] = []
    notices: list[Complaint] = []
    unchanged = refused = 0
    for row in rows:
        unit = None if row.errors else _unit(row, known.get(row.key))
        errors += row.errors
        if unit is None:
            refused += 1
            continue
        notices += row.notices
        before = known.get(row.key)
        if before is None:
            new.append(Changed(row.line, unit))
        elif before == unit:
            unchanged += 1
        else:
            fields = tuple(name for name in FIELDS if getattr(before, name) != getattr(unit, name))
            changed.append(Changed(row.line, unit, fields))
    held = {row.key for row in rows}
    missing = tuple(sorted(key for key in watched if key not in held))
    return Diff(tuple(new), tuple(changed), unchanged, _sorted(errors), _sorted(notices), refused, missing)


def gone(unit: Unit) -> Unit:
    """A unit that the POS no longer holds."""
    return replace(unit, status=Status.GONE)


def _unit(row: ReadRow, before: Unit | None) -> Unit | None:
    """The unit as it would stand; None: the row cannot be taken, and says why."""
    if row.device is None:
        raise ValueError("a row without error has a device")
    if before is not None:
        unit = replace(before, device=row.device, **row.values)
    else:
        values = {"status": Status.STOCK, **row.values}
        unit = Unit(key=row.key, device=row.device, **values)
    if unit.status is Status.SOLD and unit.sold_on is None:
        row.errors.append(Complaint(row.line, "", "row-sold-without-day"))
        return None
    return unit


def _sorted(complaints: Sequence[Complaint]) -> tuple[Complaint, ...]:
    return tuple(sorted(complaints, key=lambda one: (one.line, one.column, one.code)))
