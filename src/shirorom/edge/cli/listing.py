"""`shirorom check --list FILE`: many phones one after the other, and able to go on where it was stopped.

    1. read the file: a table or one number a line, in whatever encoding; find the numbers of each row
    2. read the journal beside the output: rows answered there, and not too long ago, are not asked again
    3. ask about each other device; write its answer to the journal, durably, before the next is asked
    4. write the output: every row of the input, its columns as they were, and the shirorom_* columns
    5. remove the journal when nothing is left to ask

Stopped at any point (Ctrl-C, sleep, a power cut), the same command goes on. The output is replaced as a whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.mark import VerdictKind
from shirorom.domain.tables.answer import row_words
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError, sentence
from shirorom.edge.cli.journal import Journal, RowAnswer
from shirorom.edge.cli.rows import Row, Table, read_table, write_table
from shirorom.edge.cli.streams import say

if TYPE_CHECKING:
    from shirorom.domain.assessment import Assessment
    from shirorom.service.check import Check

Only = frozenset[CarrierId] | None


def check_list(
    session: Session, source: Path, output: Path | None, *, only: Only, practice: bool, record: bool, fresh: bool
) -> int:
    """Check every device of a file. Returns 0 when every row has an answer, else 6 (rows name their error)."""
    target = output or source.with_name(f"{source.stem}.shirorom.csv")
    if target.resolve() == source.resolve():
        raise BadCallError(session.t("cli.usage.same-file"))
    tables = session.composition.tables
    table = read_table(tables, source)
    journal = Journal(
        target.with_name(f"{target.name}.journal"),
        scope=_scope(only, practice),
        since=session.composition.now(),
        age_h_max=session.composition.settings.verdict.age_h_max,
    )
    if fresh:
        journal.forget()
    answers = journal.read()
    todo = [row for row in table.rows if row.device is not None and row.key not in answers]
    if answers:
        say(session.t("cli.list.resumed", count=len(answers), left=len(todo)))
    write_table(tables, target, table, answers)  # an output that cannot be written is told before the first question
    wanted = _wanted(session, only, practice)
    try:
        asyncio.run(_ask_all(session, todo, journal, answers, wanted, only=only, practice=practice, record=record))
    except KeyboardInterrupt:
        say(session.t("cli.list.stopped"))
        raise
    finally:  # also on Ctrl-C: what is done is in the output, the rest of its rows are empty
        write_table(tables, target, table, answers)
    return _sum_up(session, table, answers, journal, target)


async def _ask_all(
    session: Session,
    todo: Sequence[Row],
    journal: Journal,
    answers: dict[str, RowAnswer],
    wanted: frozenset[CarrierId],
    *,
    only: Only,
    practice: bool,
    record: bool,
) -> None:
    """Ask about each device in turn; a device that stands in two rows is asked once."""
    if not todo:
        return
    async with session.composition.checking(practice=practice) as checking:
        for count, row in enumerate(todo, start=1):
            if row.key in answers:
                continue
            answer = row_answer(await _ask(checking, row, only=only, record=record), wanted)
            journal.add(row.key, answer)
            answers[row.key] = answer
            words = _words(session, answer)
            say(session.t("cli.list.progress", count=count, total=len(todo), line=row.line, words=words))


async def _ask(checking: Check, row: Row, *, only: Only, record: bool) -> Assessment:
    if row.device is None:
        raise ValueError("only rows with a device are asked")
    return await checking(row.device, only=only, record=record, on_cell=None)


def row_answer(assessment: Assessment, wanted: Collection[CarrierId]) -> RowAnswer:
    """What the columns of one row say: over several numbers, a carrier's worst cell; errors as `carrier:code`.

    A carrier that was left out by choice (not `wanted`) has an empty column and no error.
    """
    words = row_words(assessment.cells, wanted)
    errors = (*words.errors, assessment.storage or "")
    return RowAnswer(
        imeis=" ".join(imei.digits for imei in assessment.device.imeis),
        marks={carrier.value: mark for carrier, mark in zip(CARRIERS, words.marks, strict=True)},
        verdict=assessment.verdict.kind.value,
        error=" ".join(filter(None, errors)),
        asked_at=assessment.as_of,
    )


def _words(session: Session, answer: RowAnswer) -> str:
    kind = VerdictKind(answer.verdict)
    return f"{kind.symbol} {session.t(f'verdict.{answer.verdict}.title')}"


def _sum_up(session: Session, table: Table, answers: Mapping[str, RowAnswer], journal: Journal, target: Path) -> int:
    """Tell rows without answer by their line, and what to do about them."""
    open_ = [row for row in table.rows if row.device is not None and not answers[row.key].answered]
    bad = 0
    for row in table.rows:
        if row.error is None:
            continue
        bad += 1
        say(session.t("cli.list.bad-row", line=row.line, why=sentence(session, row.error)))
    say(session.t("cli.list.done", rows=len(table.rows), bad=bad, open=len(open_), file=str(target)))
    if open_:
        say(session.t("cli.list.again", open=len(open_)))
    else:
        journal.forget()
    return 6 if bad or open_ else 0


def _wanted(session: Session, only: Only, practice: bool) -> frozenset[CarrierId]:
    """The carriers whose answer a row waits for: not those left out by `--only` or switched off."""
    settings = session.composition.settings
    return frozenset(
        carrier
        for carrier in CarrierId
        if (only is None or carrier in only) and (practice or settings.carrier(carrier).access.value != "off")
    )


def _scope(only: Only, practice: bool) -> str:
    """What makes an answer of the journal worth keeping: the same carriers, the same world."""
    carriers = [carrier.value for carrier in CarrierId if only is None or carrier in only]
    return f"{'practice' if practice else 'configured'}:{','.join(carriers)}"
