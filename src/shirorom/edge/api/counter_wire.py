"""The queue as it is sent, worded in the caller's language."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shirorom.domain.desk.queue import Claim, ItemView, PlaceView, Row, Rules, rows
from shirorom.domain.mark import symbol_of
from shirorom.edge.api.counter_bodies import (
    CounterWire,
    ItemWire,
    PersonWire,
    PlaceWire,
    RulesWire,
    TaskWire,
)
from shirorom.edge.web.look import official_url
from shirorom.edge.wire import at
from shirorom.edge.words import Words
from shirorom.ports.facts import Facts
from shirorom.service.counter import Board, Task
from shirorom.service.settings import Settings


class _Head(msgspec.Struct, frozen=True):
    """`CounterWire` with its items encoded before: one board is made once for everybody."""

    version: str
    now: str
    practice: bool
    person: PersonWire
    rules: RulesWire
    items: msgspec.Raw


assert _Head.__struct_fields__ == CounterWire.__struct_fields__  # one form, two ways to make it


def counter_of(board: Board, words: Words, person: PersonWire, now: datetime, *, practice: bool) -> bytes:
    """The whole queue, encoded."""
    items = board.made.get(words.lang)
    if items is None:
        items = msgspec.json.encode([item_of(view, board.claims, words) for view in board.items])
        board.made[words.lang] = items
    rules = rules_of(board.rules)
    return msgspec.json.encode(_Head(board.version, at(now), practice, person, rules, msgspec.Raw(items)))


def rules_of(rules: Rules) -> RulesWire:
    """The shop's choice."""
    return RulesWire(rules.stop_at_restricted, tuple(sorted(rules.skip)))


def item_of(view: ItemView, claims: Sequence[Claim], words: Words) -> ItemWire:
    """One phone."""
    mine = [claim for claim in claims if claim.item == view.item.id]
    return ItemWire(
        id=view.item.id,
        number=view.item.number,
        imeis=tuple(imei.digits for imei in view.item.device.imeis),
        added_at=at(view.item.added_at),
        by=view.item.by,
        state="done" if view.done else "open",
        claimed_by=mine[0].seat.name if mine else None,
        verdict=view.verdict.kind.value,
        symbol=view.verdict.kind.symbol,
        so_far=view.verdict.so_far.value if view.verdict.so_far else None,
        complete=view.verdict.complete,
        summary=summary(view, words),
        planned=view.item.wanted is not None,
        places=tuple(_place(one, mine) for one in view.places),
    )


def _place(one: PlaceView, claims: Sequence[Claim]) -> PlaceWire:
    claim = next((claim for claim in claims if claim.place == one.place), None)
    cell = one.cell
    return PlaceWire(
        place=one.place.name,
        carrier=one.place.carrier.value,
        imei=one.imei.digits,
        state=one.state.value,
        why=one.why.value if one.why else None,
        mark=cell.mark.value if cell.mark else None,
        symbol=symbol_of(cell.mark),
        raw=cell.raw,
        sentence=cell.sentence,
        asked_at=at(cell.asked_at) if cell.asked_at else None,
        channel=cell.channel.value if cell.channel else None,
        stale=cell.stale,
        index=cell.index,
        claimed_by=claim.seat.name if claim else None,
    )


def summary(view: ItemView, words: Words) -> str:
    """ドコモ：○ ・ 他3社は未照会. What was not asked is always said."""
    all_rows = rows(view)
    told = [_row(row, words) for row in all_rows if row.asked]
    rest = len(all_rows) - len(told)
    if rest:
        told.append(words.t("counter.summary.rest" if told else "counter.summary.none", n=rest))
    return words.t("counter.summary.join").join(told)


def _row(row: Row, words: Words) -> str:
    name = words.t(f"carrier.{row.carrier.value}")
    if row.failed and all(mark is None for mark in row.marks):
        return words.t("counter.summary.failed", carrier=name)
    return words.t("counter.summary.row", carrier=name, marks="".join(symbol_of(mark) for mark in row.marks))


def task_of(task: Task | None, words: Words, settings: Settings, facts: Facts) -> TaskWire | None:
    """A place that was taken."""
    if task is None:
        return None
    carrier = task.place.carrier
    return TaskWire(
        item=task.item.id,
        place=task.place.name,
        imei=task.imei.digits,
        carrier=carrier.value,
        carrier_name=words.t(f"carrier.{carrier.value}"),
        url=official_url(carrier, settings, facts),
        claim_until=at(task.until),
    )
