"""What stands at each carrier about one phone, as the watch keeps it: the marks, and the changes with their places.

Pure, and derived from the phone's entries alone by `domain/fold.py` and `domain/history.py`. Answers of every channel
count, and no age limit: what is kept is the last known mark with its age, and whoever shows it says how old it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST, Recorded, State, fold, readings_that_count
from shirorom.domain.history import Change, beginning_of, located_changes
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Notice
from shirorom.domain.reading import Correction


@dataclass(frozen=True, slots=True)
class Standing:
    """One carrier's last known mark about one phone.

    Attributes:
        mark: What stands; None where all that was ever answered was taken back or had an unknown symbol.
        raw: The newest answer's symbol as shown; it differs from `mark` where a × stands though it `vanished`.
        asked_at: When the newest answer that counts was given.
        since: When the first of the unbroken row of answers was given that say the same as the newest; of a restriction
            that a notice announced, when its day began.
        index: The newest answer's entry.
    """

    carrier: CarrierId
    mark: Mark | None
    raw: str | None
    asked_at: datetime | None
    since: datetime | None
    vanished: bool
    index: int | None


@dataclass(frozen=True, slots=True)
class News:
    """A change of what a carrier said.

    Attributes:
        index: The entry of the later word.
        came: How many entries the log had when it changed; a unit that came to the book later does not hear of it.
        explained_at: A person's correction.
        day: The day (JST) by which it changed, where no entry made it; the notice of `index` had named that day.
    """

    change: Change
    index: int
    imei: Imei
    came: int
    explained_at: datetime | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class PhoneStanding:
    """Everything that the watch keeps of one phone (`phone`: the first 14 digits).

    `due`: the next day (JST) that a notice names; then it may stand differently without a further entry.
    """

    phone: str
    standings: tuple[Standing, ...] = ()
    news: tuple[News, ...] = ()
    due: date | None = None


SizeAt = Callable[[datetime], int]
"""How many entries the log had at a moment."""


def stand(entries: Sequence[Recorded], phone: str, *, now: datetime, size_at: SizeAt) -> PhoneStanding:
    """What the entries of one phone say. A clock that is behind the newest entry hides none of them."""
    if not entries:
        return PhoneStanding(phone)
    imei = Imei.of_key(phone)
    as_of = max(now, *(entry.recorded_at for entry in entries))
    asked = [carrier for carrier in CarrierId if any(entry.statement.carrier is carrier for entry in entries)]
    standings = tuple(
        _standing(fold(entries, carrier=carrier, imei=imei, as_of=as_of), entries, carrier) for carrier in asked
    )
    today = as_of.astimezone(JST).date()
    return PhoneStanding(phone, standings, _news(entries, today, size_at), _due(entries, today))


def _due(entries: Sequence[Recorded], today: date) -> date | None:
    named = (entry.statement.effective_on for entry in entries if isinstance(entry.statement, Notice))
    return min((day for day in named if day is not None and day > today), default=None)


def _standing(state: State, entries: Sequence[Recorded], carrier: CarrierId) -> Standing:
    by_notice = state.notice is not None and state.mark is state.book and not state.vanished
    if state.notice is not None and by_notice:
        heard_at = state.notice.recorded_at
        day = state.restriction.effective_on if state.restriction is not None else None
        since = heard_at if day is None else max(heard_at, beginning_of(day))
        return Standing(carrier, state.mark, None, heard_at, since, False, state.notice.index)
    if state.reading is None:
        return Standing(carrier, state.mark, None, None, None, state.vanished, None)
    newest, since = state.reading.reading, state.reading.reading.asked_at
    for earlier in reversed(readings_that_count([e for e in entries if e.statement.carrier is carrier])):
        if earlier.reading.mark is not newest.mark:
            break
        since = earlier.reading.asked_at
    return Standing(carrier, state.mark, newest.glyph, newest.asked_at, since, state.vanished, state.reading.index)


def _news(entries: Sequence[Recorded], today: date, size_at: SizeAt) -> tuple[News, ...]:
    found = []
    for located in located_changes(entries, by=today):
        change, index, day = located.change, located.index, located.day
        came = index if day is None else size_at(beginning_of(day))
        explained = (
            entry.statement.at
            for entry in entries
            if isinstance(entry.statement, Correction)
            and entry.statement.carrier is change.carrier
            and entry.index >= max(came, index + 1)
            and change.from_ is Mark.RESTRICTED
        )
        found.append(News(change, index, located.imei, came, next(explained, None), day))
    return tuple(found)
