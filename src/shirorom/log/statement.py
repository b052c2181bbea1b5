"""Statements as canonical bytes: RFC 8785 JSON with a version, so that one statement has one form and one commitment.

The fields of every form stand in the order of their names, all are present, numbers are integers: what msgspec
writes is then what RFC 8785 asks for. Reading is strict: bytes that writing would not have given are refused.
"""

from __future__ import annotations

from typing import Literal, Protocol, assert_never

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.feed import Feed, FeedKind, Manifest
from shirorom.domain.fold import Statement
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.log.entry import MalformedError
from shirorom.log.times import date_of, time_of, time_text


class _Form(Protocol):
    """A statement as it is written."""

    def value(self) -> Statement: ...


class _Reading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asked_at: str
    by: str
    carrier: CarrierId
    channel: Channel
    error: str | None
    glyph: str
    imei: str
    kind: Literal["reading"]
    mark: Mark | None
    page: str | None
    practice: bool
    screenshot: str | None
    sentence: str
    v: Literal[1]

    @classmethod
    def of(cls, r: Reading) -> _Reading:
        return cls(
            time_text(r.asked_at), r.by, r.carrier, r.channel, r.error, r.glyph, r.imei.digits, "reading",
            r.mark, r.page, r.practice, r.screenshot, r.sentence, 1,
        )  # fmt: skip

    def value(self) -> Reading:
        return Reading(
            imei=Imei(self.imei), carrier=self.carrier, mark=self.mark, glyph=self.glyph, sentence=self.sentence,
            asked_at=time_of(self.asked_at), channel=self.channel, by=self.by, practice=self.practice,
            page=self.page, screenshot=self.screenshot, error=self.error,
        )  # fmt: skip


class _Withdrawal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    by: str
    carrier: CarrierId
    imei: str
    index: int
    kind: Literal["withdrawal"]
    reason: str
    v: Literal[1]

    @classmethod
    def of(cls, w: Withdrawal) -> _Withdrawal:
        return cls(time_text(w.at), w.by, w.carrier, w.imei.digits, w.index, "withdrawal", w.reason, 1)

    def value(self) -> Withdrawal:
        return Withdrawal(
            imei=Imei(self.imei), carrier=self.carrier, index=self.index, reason=self.reason,
            at=time_of(self.at), by=self.by,
        )  # fmt: skip


class _Correction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: str
    by: str
    carrier: CarrierId
    imei: str
    kind: Literal["correction"]
    reason: str
    v: Literal[1]

    @classmethod
    def of(cls, c: Correction) -> _Correction:
        return cls(time_text(c.at), c.by, c.carrier, c.imei.digits, "correction", c.reason, 1)

    def value(self) -> Correction:
        return Correction(
            imei=Imei(self.imei), carrier=self.carrier, reason=self.reason, at=time_of(self.at), by=self.by
        )


class _Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    carrier: CarrierId
    declares: NoticeKind
    effective_on: str | None
    ground: Ground | None
    imei: str
    kind: Literal["notice"]
    practice: bool
    purchased_on: str | None
    sequence: int
    v: Literal[1]

    @classmethod
    def of(cls, n: Notice) -> _Notice:
        effective_on = n.effective_on.isoformat() if n.effective_on else None
        purchased_on = n.purchased_on.isoformat() if n.purchased_on else None
        return cls(
            n.carrier, n.kind, effective_on, n.ground, n.imei.digits, "notice", n.practice, purchased_on, n.sequence, 1
        )

    def value(self) -> Notice:
        return Notice(
            kind=self.declares, imei=Imei(self.imei), carrier=self.carrier, ground=self.ground,
            effective_on=None if self.effective_on is None else date_of(self.effective_on),
            purchased_on=None if self.purchased_on is None else date_of(self.purchased_on),
            sequence=self.sequence, practice=self.practice,
        )  # fmt: skip


class _Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    by: str
    carrier: CarrierId
    count: int
    feed: FeedKind
    key: str | None
    kind: Literal["feed"]
    made_at: str
    manifest_count: int
    manifest_root: str
    practice: bool
    root: str
    segment: str
    sequence: int
    signature: str | None
    v: Literal[1]

    @classmethod
    def of(cls, f: Feed) -> _Feed:
        m = f.manifest
        return cls(
            f.by, m.carrier, f.count, m.kind, f.key, "feed", time_text(m.made_at), m.count, m.root.hex(), m.practice,
            f.root.hex(), f.segment, m.sequence, f.signature, 1,
        )  # fmt: skip

    def value(self) -> Feed:
        manifest = Manifest(
            self.carrier, self.feed, self.sequence, self.manifest_count, bytes.fromhex(self.manifest_root),
            self.practice, time_of(self.made_at),
        )  # fmt: skip
        return Feed(manifest, self.count, bytes.fromhex(self.root), self.segment, self.key, self.signature, self.by)


class _Kind(msgspec.Struct, frozen=True):
    kind: str


_FORMS: dict[str, msgspec.json.Decoder[_Form]] = {
    "reading": msgspec.json.Decoder(_Reading),
    "withdrawal": msgspec.json.Decoder(_Withdrawal),
    "correction": msgspec.json.Decoder(_Correction),
    "notice": msgspec.json.Decoder(_Notice),
}
_FEED = msgspec.json.Decoder(_Feed)
_KIND = msgspec.json.Decoder(_Kind)
_ENCODE = msgspec.json.Encoder().encode


def kind_of(statement: Statement) -> str:
    """The kind that an entry shows for a statement."""
    match statement:
        case Reading():
            return "reading"
        case Withdrawal():
            return "withdrawal"
        case Correction():
            return "correction"
        case Notice():
            return "notice"
        case _:
            assert_never(statement)


def encode_statement(statement: Statement) -> bytes:
    """The one form of a statement. Raises ValueError where it has none: a time within a second, a lone surrogate."""
    match statement:
        case Reading():
            return _ENCODE(_Reading.of(statement))
        case Withdrawal():
            return _ENCODE(_Withdrawal.of(statement))
        case Correction():
            return _ENCODE(_Correction.of(statement))
        case Notice():
            return _ENCODE(_Notice.of(statement))
        case _:
            assert_never(statement)


def decode_statement(data: bytes) -> Statement:
    """The statement of these bytes. Raises MalformedError unless `encode_statement` gives the same bytes again."""
    try:
        form = _FORMS[_KIND.decode(data).kind]
        statement = form.decode(data).value()
        canonical = encode_statement(statement) == data
    except (msgspec.MsgspecError, ShiroromError, ValueError, KeyError, RecursionError) as error:
        raise MalformedError("statement") from error
    if not canonical:
        raise MalformedError("statement")
    return statement


def publisher_key(carrier: CarrierId) -> str:
    """The key of the chain that a publisher's feeds make: fourteen times one digit, which no phone ever has.

    `Imei` refuses such numbers, so no statement about a phone can stand in the chain, nor a feed in a phone's.
    """
    return str(_PUBLISHERS.index(carrier) + 1) * 14


_PUBLISHERS = (CarrierId.DOCOMO, CarrierId.AU, CarrierId.SOFTBANK, CarrierId.RAKUTEN)
"""In the log for ever: a new one goes to the end."""


def encode_feed(feed: Feed) -> bytes:
    """The one form of an accepted feed."""
    return _ENCODE(_Feed.of(feed))


def decode_feed(data: bytes) -> Feed:
    """The feed of these bytes. Raises MalformedError unless `encode_feed` gives the same bytes again."""
    try:
        feed = _FEED.decode(data).value()
        canonical = encode_feed(feed) == data
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError("feed") from error
    if not canonical:
        raise MalformedError("feed")
    return feed
