"""What carrying alerts out asks of the outside world: a store of endpoints and messages, a poster, a mailer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shirorom.domain.desk.alerts import Alert, AlertEvent

HOOKS_MAX = 32


class DeliveryError(Exception):
    """A message did not arrive. `outcome`: one word of why, for the log; never a text of the other side."""

    def __init__(self, outcome: str, status: int | None = None) -> None:
        super().__init__(outcome)
        self.outcome, self.status = outcome, status


@dataclass(frozen=True, slots=True)
class Hook:
    """An endpoint. `salt`: what its secret is made of; `salt_before` signs too until `before_until`.

    `waiting`: messages not delivered yet. `off_why`: `failing` (all retries were used up), `gone` (410).
    """

    seq: int
    name: str
    url: str
    salt: bytes
    salt_before: bytes | None
    before_until: datetime | None
    made_at: datetime
    made_by: str
    off_at: datetime | None
    off_why: str
    waiting: int


@dataclass(frozen=True, slots=True)
class News:
    """One event of an alert. `seq`: the cursor of every outlet."""

    seq: int
    event: AlertEvent
    alert: Alert
    at: datetime


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to deliver from `next_at` on. `news`, `alert`: what it tells; none for a test."""

    id: str
    body: bytes
    next_at: datetime
    news: int | None = None
    alert: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """A message and how often it was tried."""

    seq: int
    id: str
    hook: str
    news: int | None
    alert: int | None
    body: bytes
    made_at: datetime
    tries: int
    next_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver: its HTTP status, or why there was none. Milliseconds."""

    message: str
    alert: int | None
    at: datetime
    took_ms: int
    status: int | None
    outcome: str


class Outlets(Protocol):
    """Endpoints, messages, attempts, mails. Every change is one durable transaction."""

    def hooks(self) -> Sequence[Hook]:
        """Every endpoint, by name."""
        ...

    def hook(self, name: str) -> Hook:
        """One of them. Raises ShiroromError `hook-not-found`."""
        ...

    def add_hook(self, name: str, url: str, salt: bytes, *, by: str, at: datetime) -> Hook:
        """A new one, which hears what happens from now on. Raises `hook-name-taken`, `hooks-full`."""
        ...

    def remove_hook(self, name: str) -> None:
        """With its messages and its log. Raises `hook-not-found`."""
        ...

    def rotate(self, name: str, salt: bytes, *, until: datetime) -> Hook:
        """Another secret; the one before signs too until then. Raises `hook-not-found`."""
        ...

    def news(self, after: int, *, count_max: int) -> Sequence[News]:
        """What happened to alerts, oldest first; each alert as it stands now."""
        ...

    def news_end(self) -> int:
        """The newest cursor."""
        ...

    def unspread(self, hook: str, *, count_max: int) -> Sequence[News]:
        """News that were not made into messages for this endpoint yet."""
        ...

    def spread(self, hook: str, messages: Sequence[NewMessage], *, until: int, at: datetime) -> None:
        """Put messages in line and move the endpoint's cursor to `until`; news that have a message get no second."""
        ...

    def take(self, hook: str, *, now: datetime, until: datetime) -> Message | None:
        """The next message that is due, held for the caller until then. None: none, or another holds the endpoint.

        In order of the news. One that failed and waits for its next try holds back all that come after it; one that
        waits for the end of quiet hours holds back nothing.
        """
        ...

    def attempted(
        self, message: Message, attempt: Attempt, *, done: bool, next_at: datetime | None, off: str = ""
    ) -> None:
        """Note an attempt; let go of the endpoint. `off`: switch it off, and why."""
        ...

    def replay(self, hook: str, *, since: int, message: str | None, at: datetime) -> int:
        """Put delivered messages in line again (one by its id, or those of alerts from `since` on); returns how many.

        The endpoint is switched on. Raises `hook-not-found`, `message-not-found`.
        """
        ...

    def untold(self, hook: str, *, since: int, count_max: int) -> Sequence[News]:
        """The raising of alerts from `since` on for which this endpoint never had a message."""
        ...

    def attempts(self, hook: str, *, count_max: int) -> Sequence[Attempt]:
        """The delivery log, newest first."""
        ...

    def mail(self, outlet: str, day: date) -> Mail | None:
        """The digest of a morning, where one was begun."""
        ...

    def mail_before(self, outlet: str, day: date) -> Mail | None:
        """The newest digest of an earlier morning."""
        ...

    def put_mail(self, mail: Mail) -> None:
        """Begin a digest, or note how it went."""
        ...


@dataclass(frozen=True, slots=True)
class Mail:
    """One digest. `news`: the last that it tells. `sent_at` None: not yet, or nobody knows."""

    outlet: str
    day: date
    message_id: str
    news: int
    made_at: datetime
    sent_at: datetime | None = None
    tries: int = 0
    next_at: datetime | None = None


class Poster(Protocol):
    """Posts to addresses of strangers, and to no other place than the name in the URL means on the open internet."""

    def check(self, url: str) -> None:
        """Look at the address alone, without connecting. Raises RequestError `hook-target`."""
        ...

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Post once and return the status; never follows a redirect, never reads an answer's body.

        Raises:
            DeliveryError: `refused-target`, `name-unknown`, `unreachable`, `tls`, `timeout`, `no-answer`.
        """
        ...


class Mailer(Protocol):
    """Hands mails to the shop's mail server."""

    def send(self, to: Sequence[str], subject: str, text: str, *, message_id: str, at: datetime) -> None:
        """Send one plain text. Raises DeliveryError: `unreachable`, `refused`, `sign-in`, `timeout`."""
        ...
