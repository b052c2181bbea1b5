"""The counter's queue, shared by everybody who works at it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.given import Begun, Given
from shirorom.domain.desk.queue import Claim, Item, Outcome, Place, Rules, Seat, Told, Wanted
from shirorom.domain.imei import Device


@dataclass(frozen=True, slots=True)
class NewItem:
    """A phone that comes in: its numbers, and the order in which its carriers are asked.

    `wanted`: where the plan of re-checks puts it there, the places of these numbers that it wants.
    """

    device: Device
    order: tuple[CarrierId, ...]
    wanted: Wanted | None = None


class Queue(Protocol):
    """What the shop's counters share: phones, who is at which place, and what was given there.

    Every change is one durable transaction, and no two happen side by side, in whatever thread or process. Nothing
    here is the record of an answer: an answer that counts stands in the log, and its row here only names the entry.
    """

    def version(self, now: datetime) -> tuple[int, int]:
        """Changes so far, and places that are held: differs after all that somebody may see, the end of a lease too."""
        ...

    def rules(self) -> Rules:
        """The shop's choice."""
        ...

    def set_rules(self, rules: Rules) -> None:
        """Choose anew."""
        ...

    def add(
        self, items: Sequence[NewItem], *, ids: Sequence[str], by: str, at: datetime, since: datetime
    ) -> Sequence[tuple[Item, bool]]:
        """Take phones in; for each the item and whether it is new.

        A phone of which any number is in an item that waits, or was closed since `since`, is not added twice: its other
        numbers join that item, which opens again. A phone of the plan that a person takes in is asked everywhere from
        then on; one that the plan has anew is asked what the plan wants now; the plan takes nothing off a person's.

        Raises:
            ShiroromError: `queue-full`, more than `OPEN_MAX` would wait: none was added.
        """
        ...

    def items(self, *, since: datetime) -> Sequence[Item]:
        """Those that wait, and those closed since a moment, oldest first."""
        ...

    def item(self, id_: str) -> Item:
        """One item, also when it was removed. Raises ShiroromError `item-not-found`."""
        ...

    def close_items(self, ids: Sequence[str], at: datetime) -> None:
        """Nothing is left to ask there."""
        ...

    def open_items(self, ids: Sequence[str]) -> None:
        """There is again."""
        ...

    def remove(self, id_: str, at: datetime) -> None:
        """Take a phone off the list; what was answered stays in the record. Raises `item-not-found`."""
        ...

    def remove_items(self, ids: Sequence[str], at: datetime) -> None:
        """The same for many; those that are not there are passed over."""
        ...

    def claims(self, now: datetime) -> Sequence[Claim]:
        """The places that somebody holds now."""
        ...

    def claim(
        self,
        wanted: Sequence[tuple[str, Place]],
        seat: Seat,
        *,
        now: datetime,
        until: datetime,
        seen: int | None = None,
    ) -> tuple[str, Place] | None:
        """Take the first of these that nobody else holds; None: there is none. One page (`tab`) holds one place.

        `seen`: the changes that the wanted places were chosen by. What was finished after that is not given again.
        """
        ...

    def release(self, id_: str, place: Place, seat: Seat) -> None:
        """Let go of a place, if this seat holds it."""
        ...

    def begin(self, given: Given, *, holder: str, now: datetime, until: datetime) -> Begun:
        """Keep what is about to be recorded under its key, and hold it until `until`; durable before it is recorded.

        Raises:
            RequestError: `idempotency-key-reused` (that key came with another body), `idempotency-in-progress` (another
                attempt holds it).
        """
        ...

    def give_up(self, key: str, holder: str) -> None:
        """This attempt failed; another may try at once."""
        ...

    def finish(self, key: str, *, index: int | None, told: bool | None, at: datetime) -> Given:
        """It is recorded (`index`: the log's entry). Lets go of the place; `told`: whether the mark was one but －."""
        ...

    def adopted(self, practice: bool, indexes: Collection[int]) -> Collection[int]:
        """Those of these entries that belong to some key already."""
        ...

    def outcomes(self, ids: Sequence[str]) -> Mapping[tuple[str, Place], Outcome]:
        """Where a person got no answer or left a place out, and did not take that back."""
        ...

    def last_given(self, id_: str, person: int) -> Given | None:
        """What this person gave last at an item and did not take back."""
        ...

    def taken_back(self, key: str, at: datetime) -> None:
        """It no longer counts here."""
        ...

    def told(self, tac: str) -> Mapping[CarrierId, Told]:
        """What the shop's answers about a model say of each carrier."""
        ...

    def keep_screenshot(self, id_: str, place: Place, digest: str, at: datetime) -> None:
        """A picture whose number was checked to be the one asked there."""
        ...

    def has_screenshot(self, id_: str, place: Place, digest: str) -> bool:
        """Whether it was."""
        ...

    def forget(self, before: datetime) -> int:
        """Erase items closed or removed before a moment, with all that hangs on them; returns how many."""


# What a shop keeps of its people (`adapters/desk_sql`). Secrets come in as keyed digests only, 32 bytes each. Times are
# aware UTC, kept to the second. Every method that changes something is durable and whole once it returns.
