"""Turns how the register stands, and what it says of phones, into what its page shows. Nothing here decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.notice import NoticeKind
from shirorom.domain.verdict import Cell
from shirorom.edge.web.look import CLASS_OF, CLASS_OF_VERDICT, Speech
from shirorom.edge.web.parts import PracticeFeeds
from shirorom.service.feeds import Accepted
from shirorom.service.register_status import Book, RegisterStatus, key_id
from shirorom.service.screen_answers import Said

ROOT_SHOWN = 16
"""Hex digits of a root."""
MOVED_SHOWN = timedelta(minutes=10)
"""How long it is told what the last press did."""


@dataclass(frozen=True, slots=True)
class Pip:
    """One carrier's answer in small: class, word, and what is to be said of it."""

    carrier: str
    css: str
    word: str
    notes: tuple[str, ...]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Phone:
    """One number of a phone with its answers; the first of a phone has the verdict."""

    number: str
    pips: tuple[Pip, ...]
    css: str
    verdict: str | None
    practice: bool


class RegisterViewer:
    """Words for one reader."""

    def __init__(self, speech: Speech) -> None:
        self._s = speech

    def status(self, status: RegisterStatus) -> dict[str, object]:
        """Books and register."""
        return {
            "books": [self._book(book) for book in status.books],
            "feeds": [self._feed(one) for one in self._newest(status)],
            "enrolled": len(status.enrolled),
            "any": any(book.count for book in status.books),
            "out": self._out(status),
            "trouble": status.trouble,
            "laid": status.laid
            and {
                "as_of": status.laid.as_of,
                "carriers": self._s.names(status.laid.carriers),
                "note": "whole" if status.laid.whole else "doubtful",
            },
            "log": {"size": status.head.size, "root": status.head.root.hex()[:ROOT_SHOWN]},
            "as_of": status.as_of,
        }

    def _out(self, status: RegisterStatus) -> dict[str, object] | None:
        out = status.out
        if out is None:
            return None
        return {
            "size": out.size,
            "root": out.root.hex()[:ROOT_SHOWN],
            "phones": out.phones,
            "changed": out.changed,
            "behind": out.behind,
            "published_at": out.published_at,
        }

    def _book(self, book: Book) -> dict[str, object]:
        state = "none" if not book.count else "partly" if book.enrolled_at is None else "enrolled"
        return {
            "carrier": self._s.carrier(book.carrier),
            "state": state,
            "enrolled_at": book.enrolled_at,
            "heard_at": book.heard_at,
            "stale": book.stale,
            "rows": book.rows,
            "rows_since": book.rows_since,
        }

    @staticmethod
    def _newest(status: RegisterStatus) -> list[Accepted]:
        """Of all carriers together, the newest first."""
        return sorted((one for book in status.books for one in book.feeds), key=lambda one: -one.index)

    def _feed(self, one: Accepted) -> dict[str, object]:
        manifest = one.feed.manifest
        return {
            "carrier": self._s.carrier(manifest.carrier),
            "sequence": manifest.sequence,
            "kind": self._s.t(f"registry.kind.{manifest.kind.value}"),
            "made_at": manifest.made_at,
            "accepted_at": one.recorded_at,
            "rows": one.feed.count,
            "key": key_id(one),
            "by": one.feed.by,
            "index": one.index,
        }

    def answers(self, devices: Sequence[Device], said: Sequence[Said]) -> list[Phone]:
        """A line for each number of each phone."""
        return [phone for device, one in zip(devices, said, strict=True) for phone in self._phone(device, one)]

    def _phone(self, device: Device, said: Said) -> list[Phone]:
        width, kind = len(CARRIERS), said.verdict.kind
        return [
            Phone(
                number=imei.grouped,
                pips=tuple(self._pip(cell) for cell in said.cells[place * width : (place + 1) * width]),
                css=CLASS_OF_VERDICT[kind],
                verdict=None if place else self._verdict(kind),
                practice=said.practice,
            )
            for place, imei in enumerate(device.imeis)
        ]

    def _verdict(self, kind: VerdictKind) -> str:
        return self._s.word(None if kind is VerdictKind.UNDETERMINED else Mark(kind.value))

    def _pip(self, cell: Cell) -> Pip:
        notes = [self._s.t("ui.cell.stale")] if cell.stale else []
        word = self._s.word(cell.mark)
        if cell.error == "not-asked":
            word = self._s.t("mark.unknown.not_asked")
        elif cell.error is not None:
            word = self._s.t("mark.unknown.failed")
            notes.append(self._s.t(f"code.{cell.error}.title"))
        return Pip(self._s.carrier(cell.carrier), CLASS_OF[cell.mark], word, tuple(notes), cell.asked_at)

    def practice(self, feeds: PracticeFeeds, said: Said, status: RegisterStatus) -> dict[str, object]:
        """What there is to try, and what the last press did."""
        enrolled: frozenset[CarrierId] = frozenset(status.enrolled)
        (phone,) = self._phone(feeds.device, said)
        mark = next(cell.mark for cell in said.cells if cell.carrier is feeds.carrier)
        moved = feeds.last if feeds.last is not None and self._s.now - feeds.last.at < MOVED_SHOWN else None
        return {
            "ready": feeds.carrier in enrolled,
            "all": enrolled == frozenset(CARRIERS),
            "phone": phone,
            "carrier": self._s.carrier(feeds.carrier),
            "next": (NoticeKind.LIFTED if mark is Mark.RESTRICTED else NoticeKind.RESTRICTED).value,
            "moved": None
            if moved is None
            else {
                "before": {"css": CLASS_OF[moved.before], "word": self._s.word(moved.before)},
                "after": {"css": CLASS_OF[moved.after], "word": self._s.word(moved.after)},
                "changed": moved.before is not moved.after,
                "seconds": f"{max(moved.seconds, 0.01):.2f}",
            },
        }
