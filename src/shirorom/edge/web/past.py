"""A phone's history as the page shows it: every entry, oldest first, and what changed between them."""

from __future__ import annotations

import asyncio
from typing import Any

from shirorom.domain.fold import Recorded
from shirorom.domain.history import Change
from shirorom.domain.imei import Imei
from shirorom.domain.notice import Notice
from shirorom.domain.reading import Correction, Reading, Withdrawal
from shirorom.edge.web.look import CLASS_OF, Speech
from shirorom.edge.web.parts import Parts


async def past_of(parts: Parts, imei: Imei, speech: Speech, *, practice: bool = False) -> dict[str, Any]:
    """One number's entries and changes, worded. `practice`: those of the practice room, whatever the number."""
    found = await asyncio.to_thread(parts.history, imei, practice=practice)
    withdrawn = {entry.statement.index for entry in found.entries if isinstance(entry.statement, Withdrawal)}
    return {
        "grouped": imei.grouped,
        "entries": [_entry(entry, withdrawn, speech) for entry in found.entries],
        "changes": [_change(change, speech) for change in found.changes],
    }


def _entry(entry: Recorded, withdrawn: set[int], speech: Speech) -> dict[str, Any]:
    said = entry.statement
    row: dict[str, Any] = {
        "at": entry.recorded_at,
        "index": entry.index,
        "carrier": speech.carrier(said.carrier),
        "struck": entry.index in withdrawn,
        "kind": "",
        "note": None,
        "css": None,
        "word": None,
        "raw": None,
        "by": getattr(said, "by", ""),
        "channel": None,
    }
    match said:
        case Reading():
            row |= {
                "at": said.asked_at,
                "kind": speech.t("ui.kind.reading"),
                "css": CLASS_OF[said.mark],
                "word": speech.word(said.mark) if said.mark else speech.t(f"code.{said.error}.title"),
                "raw": speech.t("ui.cell.raw", raw=said.glyph, sentence=said.sentence)
                if said.sentence
                else speech.t("ui.cell.raw_only", raw=said.glyph),
                "channel": speech.t(f"ui.channel.{said.channel.value}"),
            }
        case Withdrawal():
            row |= {"kind": speech.t("ui.kind.withdrawal"), "note": f"{said.index} ・ {said.reason}"}
        case Correction():
            row |= {"kind": speech.t("ui.kind.correction"), "note": said.reason}
        case Notice():
            row |= {"kind": speech.t("ui.kind.notice"), "note": _declared(said, speech)}
    return row


def _declared(notice: Notice, speech: Speech) -> str:
    what = speech.t(f"ui.notice.{notice.kind.value}")
    if notice.effective_on is None:
        return what
    return speech.t("ui.notice.from", what=what, on=notice.effective_on.isoformat())


def _change(change: Change, speech: Speech) -> dict[str, str]:
    first, second = change.between
    return {
        "text": speech.t(
            "ui.history.change",
            carrier=speech.carrier(change.carrier),
            **{"from": speech.word(change.from_), "to": speech.word(change.to)},
        ),
        "between": speech.t("ui.history.between", first=speech.clock(first), second=speech.clock(second)),
        "says": speech.t("ui.history.expected" if change.expected else "ui.history.unexpected"),
    }
