"""An app with a book and a register to look up in; and the plainest way to the same answer, which tests hold it to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from shirorom.domain.errors import NumberError
from shirorom.domain.feed import FeedKind
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Notice, NoticeKind
from shirorom.domain.reading import Channel
from shirorom.domain.tables.number import device_of
from shirorom.edge.api.looking import Looking, Texts
from shirorom.edge.lookup_wire import LookupCellWire, LookupWire
from shirorom.edge.wire import at
from shirorom.service.screen_answers import Known, Said
from shirorom.service.settings import Settings
from tests.feed_kit import Publisher, notice, restricted
from tests.web_kit import Kit, settings_of

RESTRICTED, CLEAR, CAUTION, UNHEARD, READ = 1, 2, 3, 4, 5
"""Test numbers by what docomo's book, or a reading by hand of au (`READ`), says of them."""


def book_kit(data: Path, settings: Settings | None = None, *, published: bool = True, **options: Any) -> Kit:
    """The app, a full list of docomo, a reading, and the register of it."""
    kit = Kit(data, settings or settings_of(), **options)
    kit.composition.feeds.keys.add(Publisher().key())
    hand_in(kit, [restricted(RESTRICTED), notice(CLEAR), notice(CAUTION, NoticeKind.INSTALMENTS_STARTED)], 0)
    if published:
        kit.composition.register.now(True)
    return kit


def hand_in(kit: Kit, notices: Sequence[Notice], sequence: int, *, minutes_ago: int = 10) -> None:
    """Docomo's next feed; its register is not published."""
    now = kit.composition.clock.now().astimezone(UTC).replace(microsecond=0)
    kind = FeedKind.DELTA if sequence else FeedKind.FULL
    content = Publisher().feed(notices, sequence, kind, made_at=now - timedelta(minutes=minutes_ago - sequence))
    import io

    kit.composition.feeds.take(io.BytesIO(content), Publisher().carrier, "local")


def looking(kit: Kit, **options: Any) -> Looking:
    """Answers of the kit's record, looked at anew."""
    return Looking(kit.composition.register.lookups, kit.composition.clock, 24.0, **options)


def answered(one: Looking, devices: Sequence[Texts]) -> dict[str, Any]:
    """One request's answer."""
    found: dict[str, Any] = msgspec.json.decode(asyncio.run(one(devices)))
    return found


def plainly(kit: Kit, devices: Sequence[Texts]) -> list[dict[str, Any]]:
    """The results by the parser, the fold and the JSON encoder, phone by phone."""
    return [msgspec.json.decode(msgspec.json.encode(_one(kit, one))) for one in devices]


def _one(kit: Kit, texts: Texts) -> LookupWire:
    try:
        device = device_of([texts] if isinstance(texts, str) else texts)
    except NumberError as error:
        return LookupWire(error=error.code)
    (said,) = Known(kit.composition.rooms, kit.composition.clock)([device])
    return _wire(tuple(imei.digits for imei in device.imeis), said)


def _wire(imeis: tuple[str, ...], said: Said) -> LookupWire:
    cells = tuple(
        LookupCellWire(
            carrier=cell.carrier.value,
            mark=_word(cell.mark),
            stale=cell.stale,
            error=cell.error,
            asked_at=at(cell.asked_at) if cell.asked_at and cell.channel in (Channel.HAND, Channel.SITE) else None,
        )
        for cell in said.cells
    )
    verdict = said.verdict
    return LookupWire(imeis, verdict.kind.value, _word(verdict.so_far), verdict.complete, said.practice, cells)


def _word(mark: Mark | None) -> str | None:
    return None if mark is None else mark.value


def hours_ago(hours: float) -> datetime:
    return datetime.now(UTC) - timedelta(hours=hours)
