"""A carrier's feed in: what is refused whole, what is kept, and what a reader then sees of a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.domain.feed import FeedKind, sequence_of
from shirorom.domain.fold import Recorded, fold
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel
from shirorom.service.import_feed import FeedRowsError, Wishes
from tests.feed_kit import Importer, Publisher, lifted, notice, restricted
from tests.logs import START, imei

DOCOMO = CarrierId.DOCOMO
DELTA = FeedKind.DELTA


@pytest.fixture
def importer(tmp_path: Path) -> Iterator[Importer]:
    made = Importer(tmp_path / "data")
    made.keys.add(Publisher().key())
    yield made
    made.close()


def refused(importer: Importer, content: bytes, wishes: Wishes | None = None) -> str:
    """The code by which a feed is refused; nothing may have changed."""
    before = importer.size, sorted(importer.data.glob("segments/*"))
    with pytest.raises(ShiroromError) as caught:
        importer(content, wishes=wishes)
    assert (importer.size, sorted(importer.data.glob("segments/*"))) == before
    return caught.value.code


def marks(importer: Importer, n: int, carrier: CarrierId = DOCOMO) -> tuple[Mark | None, Channel | None, str | None]:
    cell = importer.room.cell(imei(n), carrier, as_of=START)
    return cell.mark, cell.channel, cell.error


# What comes of a feed


def test_a_full_list_enrols_its_carrier(importer: Importer) -> None:
    """What it names is answered by its notices, what it does not name is －, another carrier is not asked still."""
    done = importer(Publisher().feed([notice(1), restricted(2), notice(3, NoticeKind.INSTALMENTS_STARTED)]))
    assert done.enrols
    assert [marks(importer, n) for n in (1, 2, 3, 4)] == [
        (Mark.CLEAR, Channel.NOTICE, None),
        (Mark.RESTRICTED, Channel.NOTICE, None),
        (Mark.CAUTION, Channel.NOTICE, None),
        (Mark.NO_RECORD, Channel.NOTICE, None),
    ]
    assert marks(importer, 1, CarrierId.AU) == (None, None, "not-asked")


def test_a_delta_alone_enrols_nobody(importer: Importer) -> None:
    """Absence says something only where the whole book is here."""
    importer(Publisher().feed([restricted(2)], kind=DELTA))
    assert marks(importer, 2) == (Mark.RESTRICTED, Channel.NOTICE, None)
    assert marks(importer, 4) == (None, None, "not-asked")


def test_a_book_is_as_old_as_its_newest_feed(importer: Importer) -> None:
    """A mark heard long ago is fresh while the carrier goes on publishing, and grows old when it stops."""
    publisher = Publisher()
    importer(publisher.feed([notice(1)], 0))
    importer.clock.at = START + timedelta(hours=40)
    assert importer.room.cell(imei(1), DOCOMO, as_of=importer.clock.at).stale
    importer(publisher.feed([], 1, DELTA, made_at=START + timedelta(hours=39)))
    assert not importer.room.cell(imei(1), DOCOMO, as_of=importer.clock.at).stale
    assert not importer.room.cell(imei(9), DOCOMO, as_of=importer.clock.at).stale


def test_only_a_lifting_ends_a_restriction(importer: Importer) -> None:
    """A later full list that does not name the phone ends nothing; `lifted` does."""
    publisher = Publisher()
    importer(publisher.feed([notice(1), restricted(1)], 0))
    importer(publisher.feed([notice(1)], 1), wishes=Wishes(smaller=True))
    assert marks(importer, 1)[0] is Mark.RESTRICTED
    importer(publisher.feed([lifted(1)], 2, DELTA))
    assert marks(importer, 1)[0] is Mark.CLEAR


def test_nobody_lifts_anothers_entry(importer: Importer) -> None:
    """au's lifting leaves docomo's restriction as it is."""
    au = Publisher(CarrierId.AU, "au.test/feed")
    importer.keys.add(au.key())
    importer(Publisher().feed([restricted(1)]))
    importer(au.feed([lifted(1)]), CarrierId.AU)
    assert marks(importer, 1)[0] is Mark.RESTRICTED


def test_the_same_feed_again_changes_nothing(importer: Importer) -> None:
    """Importing twice is importing once; also after later feeds."""
    publisher = Publisher()
    first = publisher.feed([notice(1)])
    importer(first)
    importer(publisher.feed([restricted(1)], 1, DELTA))
    again = importer(first)
    assert (again.already, importer.size) == (True, 2)


def test_a_bent_copy_is_not_what_was_imported(importer: Importer) -> None:
    """Cut off, or with another row under the same head: refused as if it were new, and nothing changes."""
    content = Publisher().feed([restricted(1), notice(2)])
    importer(content)
    for bent in (content[:-40], content.replace(b'"restricted","effective_on":null,"ground":"unpaid"',
                                                b'"registered","effective_on":null,"ground":null')):  # fmt: skip
        assert bent != content
        with pytest.raises(ShiroromError) as error:
            importer(bent)
        assert error.value.code in ("feed-unreadable", "feed-root")
    assert importer.size == 1


def test_a_dry_run_changes_nothing(importer: Importer) -> None:
    """It says what would be, and keeps nothing."""
    tried = importer(Publisher().feed([notice(1)]), wishes=Wishes(dry_run=True))
    assert (tried.accepted, tried.taken, tried.enrols) == (None, 1, True)
    assert importer.size == 0
    assert not (importer.data / "segments").exists()


def test_the_record_stays_sound(importer: Importer) -> None:
    """fsck re-derives signature, rows and root; readings and feeds stand in one log."""
    importer(Publisher().feed([restricted(n) for n in range(3_000)]))
    importer(Publisher().feed([], 1, DELTA))
    assert importer.findings() == []


@pytest.mark.parametrize("place", ["head", "rows", "gone", "short"])
def test_a_damaged_segment_is_no_answer(importer: Importer, place: str) -> None:
    """Not an absence, not an old answer: an error; and fsck names the entry."""
    importer(Publisher().feed([restricted(n) for n in range(100)]))
    (segment,) = importer.data.glob("segments/*.seg")
    content = segment.read_bytes()
    at = {"head": 30, "rows": -30}.get(place, 0)
    damaged = bytearray(content)
    damaged[at] ^= 1
    match place:
        case "gone":
            segment.unlink()
        case "short":
            segment.write_bytes(content[:-1])
        case _:
            segment.write_bytes(damaged)
    anew = Importer(importer.data)
    for n in (1, 5_000):
        if place == "rows" and n == 5_000:
            continue  # absence is read in the head, which is whole
        with pytest.raises(StorageError) as caught:
            anew.room.cell(imei(n), DOCOMO, as_of=START)
        assert caught.value.code == "segment-corrupt"
    anew.close()
    assert importer.findings() == [("segment", "differs")]


def test_rows_are_durable_before_the_entry(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log fails, the rows may lie there unnamed; an entry never stands without its rows."""

    def fails(*_: object, **__: object) -> None:
        raise StorageError("storage-full")

    content = Publisher().feed([restricted(1)])
    with monkeypatch.context() as patch:
        patch.setattr(importer.room.log, "append", fails)
        with pytest.raises(StorageError):
            importer(content)
    assert len(list(importer.data.glob("segments/*.seg"))) == 1
    assert (importer.findings(), marks(importer, 1)) == ([], (None, None, "not-asked"))
    importer(content)
    assert marks(importer, 1)[0] is Mark.RESTRICTED


def test_of_two_at_the_same_time_one_is_refused(importer: Importer) -> None:
    """Whoever read the place before another feed came does not append behind it."""
    done = importer(Publisher().feed([restricted(1)]))
    assert done.accepted is not None
    with pytest.raises(ShiroromError) as caught:
        importer.room.recorder.record_feed(done.accepted.feed, count_expected=0)
    assert (caught.value.code, importer.size) == ("feed-conflict", 1)


def test_readers_that_walk_the_log_pass_over_feeds(importer: Importer) -> None:
    """A feed is no entry about a phone: not read as one, and nothing that can be taken back."""
    importer(Publisher().feed([restricted(1)]))
    recorder = importer.room.recorder
    assert (recorder.read(0, count_max=9), recorder.entry(0)) == (([], 1), None)


# What is refused, whole


def test_a_feed_of_another_carrier(importer: Importer) -> None:
    """By its own words, and by its key: au's key never signs for docomo."""
    au = Publisher(CarrierId.AU, "au.test/feed")
    importer.keys.add(au.key())
    assert refused(importer, au.feed([notice(1)])) == "feed-other-carrier"
    liar = Publisher(DOCOMO, "au.test/feed")
    assert refused(importer, liar.feed([notice(1)])) == "feed-other-carrier"


def test_a_feed_without_signature(importer: Importer) -> None:
    """Never taken unasked; with `--unsigned` as practice, and nobody's word."""
    content = Publisher().feed([restricted(1)], signed=False)
    assert refused(importer, content) == "feed-unsigned"
    done = importer(content, wishes=Wishes(FeedKind.FULL))
    assert done.accepted is not None
    assert done.accepted.feed.key is None


def test_a_key_that_nobody_added(importer: Importer) -> None:
    """An unknown key is no key."""
    assert refused(importer, Publisher(name="other.test/feed").feed([notice(1)])) == "feed-key-unknown"


def test_a_practice_key_does_not_sign_for_real(importer: Importer) -> None:
    """Practice and real keys are apart."""
    real = Publisher(practice=False)
    content = real.feed([], 0)
    assert refused(importer, content) == "feed-key-unknown"


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [(1, None, "feed-key-not-yet"), (-9, -2, "feed-key-over"), (-9, -0.5, "feed-key-over")],
)
def test_a_key_out_of_its_time(tmp_path: Path, since: float, until: float | None, code: str) -> None:
    """In force when the feed was made and when it came; hours from now."""
    importer = Importer(tmp_path / "data")
    begin, end = (None if at is None else START + timedelta(hours=at) for at in (since, until))
    assert begin is not None
    importer.keys.add(Publisher().key(begin, end))
    assert refused(importer, Publisher().feed([notice(1)])) == code
    importer.close()


def test_a_revoked_key(importer: Importer) -> None:
    """From the moment of its revocation nothing new is believed by it; what was accepted stays."""
    publisher = Publisher()
    importer(publisher.feed([notice(1)], 0))
    importer.keys.revoke(publisher.signer.key.id.hex(), START, "lost")
    assert refused(importer, publisher.feed([], 1, DELTA)) == "feed-key-revoked"
    assert (marks(importer, 1)[0], importer.findings()) == (Mark.CLEAR, [])


def test_a_rotated_key(importer: Importer) -> None:
    """A second key of the carrier goes on where the first ended."""
    importer(Publisher().feed([notice(1)], 0))
    second = Publisher(name="docomo.test/2027")
    importer.keys.add(second.key())
    importer(second.feed([restricted(1)], 1, DELTA))
    assert marks(importer, 1)[0] is Mark.RESTRICTED


def test_feeds_out_of_order(importer: Importer) -> None:
    """An older one, another one of the same number, one after a gap; a full list may follow a gap."""
    publisher = Publisher()
    importer(publisher.feed([notice(1)], 5))
    assert refused(importer, publisher.feed([notice(1), notice(2)], 5)) == "feed-replayed"
    assert refused(importer, publisher.feed([restricted(1)], 4, DELTA)) == "feed-replayed"
    assert refused(importer, publisher.feed([restricted(1)], 7, DELTA)) == "feed-gap"
    importer(publisher.feed([notice(1), notice(2)], 9))
    assert importer.size == 2


def test_a_feed_from_the_future(importer: Importer) -> None:
    """Its age could not be told."""
    assert refused(importer, Publisher().feed([], made_at=START + timedelta(hours=1))) == "feed-time"


def test_a_full_list_that_shrank(importer: Importer) -> None:
    """Held back until a person says that it is right; one that shrank a little is not."""
    publisher = Publisher()
    importer(publisher.feed([notice(n) for n in range(100)], 0))
    importer(publisher.feed([notice(n) for n in range(95)], 1))
    smaller = publisher.feed([notice(n) for n in range(90)], 2)
    assert refused(importer, smaller) == "feed-shrunk"
    importer(smaller, wishes=Wishes(smaller=True))
    assert importer.size == 3


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b'"registered"', b'"instalments-paid"', "feed-root"),
        (b'"row":2', b'"row":3', "feed-rows"),
        (b'"row":2', b'"row":1', "feed-rows"),
        (b'"row":2', b'"row":2 ', "feed-rows"),
        (b'"row":2', b'"row":2,"row":2', "feed-rows"),
        (b'"row":2', b'"row":2.0', "feed-rows"),
        (b'"row":2', b'"more":1,"row":2', "feed-rows"),
        (b'"purchased_on":null,"row":2', b'"row":2,"purchased_on":null', "feed-rows"),
        (b"count 2", b"count 1", "feed-signature"),
        (b"sequence 0", b"sequence 1", "feed-signature"),
        (b"sequence 0", b"sequence 00", "feed-unreadable"),
        (b'"seed":"', b'"seed":"0', "feed-unreadable"),
        (b'{"manifest"', b' {"manifest"', "feed-unreadable"),
        (b'"row":2}\n', b'"row":2}', "feed-unreadable"),
        (b'"row":2}\n', b'"row":2}\r\n', "feed-rows"),
        (b"\n{", b"\n\n{", "feed-rows"),
        (b'"row":2}\n', b'"row":2}\n\x00\n', "feed-rows"),
    ],
)  # fmt: skip
def test_one_change_anywhere(importer: Importer, old: bytes, new: bytes, code: str) -> None:
    """Bytes other than those that were signed are refused, and a reader takes only the one form of them."""
    content = Publisher().feed([notice(1), notice(2)])
    assert content.count(old)
    assert refused(importer, content.replace(old, new)) == code


def test_each_row_is_told_by_its_line(importer: Importer) -> None:
    """Numbered by line and row, by a code, without the phone's number."""
    rows = [notice(1), restricted(2), notice(3)]
    content = Publisher().feed(rows).replace(imei(2).digits.encode(), imei(2).digits.encode()[:14] + b"x")
    with pytest.raises(FeedRowsError) as caught:
        importer(content)
    assert [(one.line, one.row, one.code) for one in caught.value.faults] == [(3, 2, "imei-length")]
    assert imei(2).key not in str(caught.value.details)


def _with_wrong_digit() -> bytes:
    """A feed that its publisher signed, with a check digit that does not hold."""
    from shirorom.log.feed import Envelope, encode_head, encode_manifest, leaves_of, root_of
    from shirorom.log.feed_rows import RowReader
    from tests.feed_kit import Publisher as Signs

    content = Signs().feed([notice(1), restricted(2), restricted(3)])
    head, _, rows = content.partition(b"\n")
    wrong = imei(3).key.encode() + str((int(imei(3).digits[14]) + 1) % 10).encode()
    rows = rows.replace(imei(3).digits.encode(), wrong)
    reader = RowReader(3, practice=True)
    reader.take(rows, 2)
    reader.finish()
    from dataclasses import replace

    from shirorom.log.feed import decode_head, decode_manifest

    envelope = decode_head(head)
    root = root_of(leaves_of(reader.records, envelope.seed, row_max=3))
    text = encode_manifest(replace(decode_manifest(envelope.text), root=root))
    return encode_head(Envelope(text, (Signs().line(text),), envelope.seed)) + b"\n" + rows


def test_partial_leaves_out_what_cannot_be(importer: Importer) -> None:
    """What the publisher signed wrongly stays out by name of its line; the rest is taken, and fsck agrees."""
    content = _with_wrong_digit()
    assert refused(importer, content) == "feed-rows"
    done = importer(content, wishes=Wishes(partial=True))
    assert (done.taken, [(one.line, one.code) for one in done.faults]) == (2, [(4, "imei-check-digit")])
    assert (marks(importer, 2)[0], marks(importer, 3)[0]) == (Mark.RESTRICTED, Mark.NO_RECORD)
    assert importer.findings() == []


# Rules over all feeds

_kinds = st.sampled_from(NoticeKind)


@st.composite
def bookings(draw: st.DrawFn) -> Notice:
    kind = draw(_kinds)
    grounded = kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
    ground = draw(st.none() | st.sampled_from(Ground)) if grounded else None
    days = st.none() | st.dates(START.date() - timedelta(days=3), START.date() + timedelta(days=3))
    return notice(draw(st.integers(1, 3)), kind, ground=ground, effective_on=draw(days))


_feeds = st.lists(
    st.lists(bookings(), max_size=6, unique_by=lambda one: (one.imei, one.kind, one.ground)), min_size=1, max_size=3
)
few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(feeds=_feeds)
def test_imported_is_as_good_as_recorded(tmp_path_factory: pytest.TempPathFactory, feeds: list[list[Notice]]) -> None:
    """The fold of imported notices is that of the same notices recorded one by one."""
    importer = Importer(tmp_path_factory.mktemp("fold") / "data")
    importer.keys.add(Publisher().key())
    alone = []
    for sequence, some in enumerate(feeds):
        importer(Publisher().feed(some, sequence, DELTA))
        for row, one in enumerate(some, 1):
            numbered = Notice(
                one.kind,
                one.imei,
                DOCOMO,
                one.ground,
                one.effective_on,
                None,
                sequence_of(sequence, row),
                practice=True,
            )
            alone.append(Recorded(sequence, START, numbered))
    for n in (1, 2, 3):
        imported = fold(importer.room.recorder.entries(imei(n)), carrier=DOCOMO, imei=imei(n), as_of=START)
        assert imported == fold(alone, carrier=DOCOMO, imei=imei(n), as_of=START)
    importer.close()


@few
@given(rows=st.permutations(range(6)))
def test_the_order_of_lines_is_irrelevant(tmp_path_factory: pytest.TempPathFactory, rows: list[int]) -> None:
    """The same lines in another order are the same feed: the signature holds, the segment is the same."""
    importer = Importer(tmp_path_factory.mktemp("order") / "data")
    importer.keys.add(Publisher().key())
    head, *lines = Publisher().feed([restricted(n) for n in range(6)]).splitlines(keepends=True)
    done = importer(head + b"".join(lines[row] for row in rows))
    other = Importer(tmp_path_factory.mktemp("order") / "data")
    other.keys.add(Publisher().key())
    same = other(head + b"".join(lines))
    assert done.accepted is not None
    assert same.accepted is not None
    assert done.accepted.feed == same.accepted.feed
    importer.close()
    other.close()
