"""The counter over a real log and a real queue: what is answered comes from the record, and happens exactly once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.queue import Outcome, Place, PlaceState, Rules, Seat, Why, Wish
from shirorom.domain.errors import RequestError, ShiroromError, StorageError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel, Reading, Withdrawal
from shirorom.edge.cli.context import Options
from shirorom.service.counter import Counter
from shirorom.service.counter_answers import HOLD, Answers, Said
from tests.counter_kit import ANNA, AU, BEN, DOCOMO, device
from tests.logs import SetClock
from tests.web_kit import settings_of

KEY = "key-00000001"
HERE = Place(1, AU)


@dataclass
class Shop:
    """One installation with a clock that stands."""

    composition: Composition
    clock: SetClock
    counter: Counter
    answers: Answers

    def entries(self, imei: Imei) -> list[Recorded]:
        return list(self.composition.rooms.open(True).recorder.entries(imei))

    def add(self, *numbers: int) -> str:
        ((item, _),) = self.counter.add([device(*numbers)], by="Anna")
        return item.id

    def state(self, id_: str, place: Place = HERE) -> PlaceState:
        view = self.counter.view(id_)
        return next(one.state for one in view.places if one.place == place)


def open_shop(data: Path, clock: SetClock, **options: Any) -> Shop:
    composition = Composition(Options(data=data), settings=settings_of(**options))
    composition.clock = clock  # type: ignore[assignment]
    counter, answers = composition.counter, composition.answers
    assert counter is not None
    assert answers is not None
    return Shop(composition, clock, counter, answers)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = open_shop(tmp_path, SetClock())
    yield made
    made.composition.close()


def test_an_answer_is_in_the_record(shop: Shop) -> None:
    """What a clerk answers is a hand reading with their name; the place is answered because the log says so."""
    id_ = shop.add(1)
    kept = shop.answers.answer(KEY, id_, HERE, Said("○", "文"), seat=ANNA)
    (entry,) = shop.entries(device(1).imeis[0])
    reading = entry.statement
    assert isinstance(reading, Reading)
    assert (reading.mark, reading.sentence, reading.channel, reading.by) == (Mark.CLEAR, "文", Channel.HAND, "Anna")
    assert (kept.index, shop.state(id_)) == (entry.index, PlaceState.ANSWERED)


def test_answers_from_elsewhere_count(shop: Shop) -> None:
    """A reading that came by another way, before or after, answers the place too: the record is asked, not the desk."""
    shop.composition.record(device(1).imeis[0], DOCOMO, "△", by="somebody")
    id_ = shop.add(1)
    assert shop.state(id_, Place(1, DOCOMO)) is PlaceState.ANSWERED
    version = shop.counter.board().version
    shop.composition.record(device(1).imeis[0], AU, "○", by="somebody")
    assert shop.counter.version() != version
    (view,) = shop.counter.board().items
    assert view.verdict.so_far is Mark.CAUTION
    assert shop.state(id_) is PlaceState.ANSWERED


def test_answers_that_the_program_read_count(shop: Shop) -> None:
    """What the program read on the page within the age limit need not be asked again by hand."""
    imei = device(1).imeis[0]
    reading = Reading(
        imei=imei, carrier=AU, mark=Mark.CLEAR, glyph="○", sentence="", asked_at=shop.clock.at, channel=Channel.SITE,
        by="local", practice=True,
    )  # fmt: skip
    shop.composition.rooms.open(True).recorder.record([reading])
    assert shop.state(shop.add(1)) is PlaceState.ANSWERED


def test_an_answer_grows_old(shop: Shop) -> None:
    """After the age limit the place is open again, though nothing was written; and the phone is back on the list."""
    id_ = shop.add(1)
    for n, carrier in enumerate(CarrierId):
        shop.answers.answer(f"key-0000000{n}", id_, Place(1, carrier), Said("○"), seat=ANNA)
    (view,) = shop.counter.board().items
    assert (view.done, view.verdict.kind) == (True, VerdictKind.CLEAR)
    shop.clock.at += timedelta(hours=12)
    later = open_shop(shop.composition.data, SetClock(shop.clock.at + timedelta(hours=13)))
    assert later.state(id_) is PlaceState.OPEN
    later.composition.close()


def test_the_same_key_records_once(shop: Shop) -> None:
    """However often an answer is sent: one entry, and the same index each time."""
    id_ = shop.add(1)
    indexes = {shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA).index for _ in range(3)}
    assert (len(indexes), len(shop.entries(device(1).imeis[0]))) == (1, 1)


def test_another_answer_under_the_key_is_refused(shop: Shop) -> None:
    """And nothing is recorded of it."""
    id_ = shop.add(1)
    shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    with pytest.raises(RequestError) as refused:
        shop.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    assert refused.value.code == "idempotency-key-reused"
    assert len(shop.entries(device(1).imeis[0])) == 1


def test_two_answers_alike_are_two(shop: Shop) -> None:
    """Asked twice in the same second with the same symbol, by two keys: two readings, none adopted by the other."""
    id_ = shop.add(1)
    for key in (KEY, "key-00000002"):
        shop.answers.answer(key, id_, HERE, Said("○", asked_at=shop.clock.at), seat=ANNA)
    assert len(shop.entries(device(1).imeis[0])) == 2


class Killed(BaseException):
    """Stands for the end of the process: nothing that cleans up may see it as an error."""


def kill_before(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """The next call of this step ends the process before it does anything."""

    def killed(*_: object, **__: object) -> None:
        raise Killed

    owner: Any = {"begin": type(shop.counter.queue), "record": Answers, "finish": type(shop.counter.queue)}[step]
    monkeypatch.setattr(owner, {"record": "_record"}.get(step, step), killed)


@pytest.mark.parametrize("step", ["begin", "record", "finish"])
def test_cut_off_anywhere_and_sent_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Killed before the key is kept, before the log has it, before the key learns of it: sent again, one entry."""
    first = open_shop(tmp_path, SetClock())
    id_ = first.add(1)
    with monkeypatch.context() as patch:
        kill_before(first, patch, step)
        with pytest.raises(Killed):
            first.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    recorded = len(first.entries(device(1).imeis[0]))
    assert recorded == (1 if step == "finish" else 0)
    first.composition.close()
    second = open_shop(tmp_path, SetClock(first.clock.at + HOLD))
    kept = second.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    (entry,) = second.entries(device(1).imeis[0])
    assert (kept.index, second.state(id_)) == (entry.index, PlaceState.ANSWERED)
    assert second.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA).index == entry.index
    second.composition.close()


def test_cut_off_control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: without the look into the log, what was cut off after it would be recorded twice."""
    shop = open_shop(tmp_path, SetClock())
    id_ = shop.add(1)
    with monkeypatch.context() as patch:
        kill_before(shop, patch, "finish")
        with pytest.raises(Killed):
            shop.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    monkeypatch.setattr(Answers, "_found", lambda *_: None)
    shop.clock.at += HOLD
    shop.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    assert len(shop.entries(device(1).imeis[0])) == 2
    shop.composition.close()


def test_a_key_that_is_held_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an attempt runs, another with its key is told to wait, and records nothing."""
    id_ = shop.add(1)
    inside, go = threading.Event(), threading.Event()
    real: Callable[..., int] = Answers._record

    def slow(*args: Any) -> int:
        inside.set()
        assert go.wait(20)
        return real(*args)

    monkeypatch.setattr(Answers, "_record", slow)
    thread = threading.Thread(target=lambda: shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA))
    thread.start()
    assert inside.wait(20)
    with pytest.raises(RequestError) as refused:
        shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    go.set()
    thread.join()
    assert refused.value.code == "idempotency-in-progress"
    assert len(shop.entries(device(1).imeis[0])) == 1


def test_a_failed_attempt_can_be_repeated_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log could not be written nothing is acknowledged, and the same key works as soon as it can."""
    id_ = shop.add(1)

    def full(*_: object) -> int:
        raise StorageError("storage-full")

    with monkeypatch.context() as patch:
        patch.setattr(Answers, "_record", full)
        with pytest.raises(StorageError):
            shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    assert shop.state(id_) is PlaceState.OPEN
    assert shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA).index == 0


def test_an_answer_is_never_refused_for_a_claim(shop: Shop) -> None:
    """It was read: somebody else's hold, or the phone taken off the list, does not lose it."""
    id_ = shop.add(1)
    shop.counter.claim(id_, HERE, BEN)
    assert shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA).index == 0
    shop.counter.remove(id_)
    assert shop.answers.answer("key-00000002", id_, Place(1, DOCOMO), Said("○"), seat=ANNA).index == 1


@pytest.mark.parametrize(("said", "code"), [
    (Said("O"), "glyph-unknown"),
    (Said("○", asked_at=SetClock().at + timedelta(minutes=5)), "time-in-future"),
    (Said("○", screenshot="0" * 64), "screenshot-unknown"),
])  # fmt: skip
def test_what_can_never_be_recorded_leaves_nothing(shop: Shop, said: Said, code: str) -> None:
    """Refused before anything is kept: the key stays free for the corrected answer."""
    id_ = shop.add(1)
    with pytest.raises(RequestError) as refused:
        shop.answers.answer(KEY, id_, HERE, said, seat=ANNA)
    assert refused.value.code == code
    assert shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA).index == 0


def test_no_answer_is_not_in_the_log(shop: Shop) -> None:
    """0: nobody is asked again, the verdict stays ？, the record is untouched."""
    id_ = shop.add(1)
    kept = shop.answers.outcome(KEY, id_, HERE, Outcome.NO_ANSWER, seat=ANNA)
    assert (kept.index, shop.state(id_)) == (None, PlaceState.NO_ANSWER)
    assert shop.entries(device(1).imeis[0]) == []
    assert shop.counter.view(id_).verdict.kind is VerdictKind.UNDETERMINED


def test_undo_takes_back_ones_own_last(shop: Shop) -> None:
    """Answers go one by one, newest first, each withdrawn and visible; another's answer is not touched."""
    id_ = shop.add(1)
    shop.answers.answer(KEY, id_, HERE, Said("×"), seat=BEN)
    shop.answers.answer("key-00000002", id_, Place(1, DOCOMO), Said("○"), seat=ANNA)
    shop.answers.outcome("key-00000003", id_, Place(1, CarrierId.RAKUTEN), Outcome.NO_ANSWER, seat=ANNA)
    places = [shop.answers.undo(id_, seat=ANNA, reason="r").place.carrier for _ in range(2)]
    assert places == [CarrierId.RAKUTEN, DOCOMO]
    with pytest.raises(ShiroromError) as refused:
        shop.answers.undo(id_, seat=ANNA, reason="r")
    assert refused.value.code == "nothing-to-undo"
    kinds = [type(entry.statement) for entry in shop.entries(device(1).imeis[0])]
    assert kinds == [Reading, Reading, Withdrawal]
    assert (shop.state(id_), shop.state(id_, Place(1, DOCOMO))) == (PlaceState.ANSWERED, PlaceState.OPEN)


def test_undo_that_was_cut_off(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Withdrawn in the record and not yet noted here: the next undo finishes it, and withdraws nothing twice."""
    id_ = shop.add(1)
    shop.answers.answer(KEY, id_, HERE, Said("×"), seat=ANNA)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise Killed

        patch.setattr(type(shop.counter.queue), "taken_back", killed)
        with pytest.raises(Killed):
            shop.answers.undo(id_, seat=ANNA, reason="r")
    shop.answers.undo(id_, seat=ANNA, reason="r")
    assert [type(entry.statement) for entry in shop.entries(device(1).imeis[0])] == [Reading, Withdrawal]


def test_an_undone_phone_is_open_again(shop: Shop) -> None:
    """A phone that was done comes back into the queue when its last answer is taken back."""
    shop.counter.set_rules(Rules(skip=frozenset(set(CarrierId) - {AU})))
    id_ = shop.add(1)
    shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    assert shop.counter.board().items[0].done
    assert shop.counter.queue.item(id_).closed_at is not None
    shop.answers.undo(id_, seat=ANNA, reason="r")
    assert shop.counter.next(BEN, Wish()) is not None
    assert shop.counter.queue.item(id_).closed_at is None


def test_next_and_claims_over_the_service(shop: Shop) -> None:
    """Two people are led to two phones; a question that is held is refused with the holder's name."""
    first, second = shop.add(1), shop.add(2)
    one, two = shop.counter.next(ANNA, Wish()), shop.counter.next(BEN, Wish())
    assert one is not None
    assert two is not None
    assert (one.item.id, two.item.id) == (first, second)
    with pytest.raises(ShiroromError) as refused:
        shop.counter.claim(first, one.place, BEN)
    assert (refused.value.code, refused.value.details["name"]) == ("place-claimed", "Anna")
    with pytest.raises(ShiroromError):
        shop.counter.next(ANNA, Wish(item="gone"))


def test_order_follows_the_shops_own_answers(shop: Shop) -> None:
    """A model that au knew before is asked at au first; an older answer about the phone itself weighs more."""
    shop.answers.answer(KEY, shop.add(1), HERE, Said("○"), seat=ANNA)
    assert shop.counter.queue.item(shop.add(2)).order[0] is AU
    shop.composition.record(device(3).imeis[0], CarrierId.RAKUTEN, "△", by="x", asked_at=shop.clock.at)
    assert shop.counter.queue.item(shop.add(3)).order[:2] == (CarrierId.RAKUTEN, AU)


def test_a_practice_number_never_goes_to_a_real_carrier(tmp_path: Path) -> None:
    """With real carriers a test number has no question at all: no address is given out for it."""
    shop = open_shop(tmp_path, SetClock(), practice=False)
    id_ = shop.add(1)
    assert {one.why for one in shop.counter.view(id_).places} == {Why.PRACTICE}
    assert shop.counter.next(ANNA, Wish()) is None
    with pytest.raises(RequestError) as refused:
        shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    assert refused.value.code == "place-off"
    shop.composition.close()


def test_many_clerks_answer(shop: Shop) -> None:
    """Eight people with sixteen phones, until nothing is left: every question answered once, by one of them."""
    ids = [shop.add(n) for n in range(16)]

    def clerk(n: int) -> None:
        seat = Seat(n, f"clerk-{n}")
        while (task := shop.counter.next(seat, Wish())) is not None:
            key = f"key-{task.item.id}-{task.place.name}-{n}"
            shop.answers.answer(key, task.item.id, task.place, Said("－"), seat=seat)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(clerk, range(8)))
    for n in range(16):
        carriers = [e.statement.carrier for e in shop.entries(device(n).imeis[0]) if isinstance(e.statement, Reading)]
        assert sorted(carriers) == sorted(CarrierId)
    assert all(shop.counter.view(id_).done for id_ in ids)


def test_evidence_stands_beside_the_answer(shop: Shop) -> None:
    """A picture that was checked before is named in the reading; a page that comes with it is kept and named."""
    id_ = shop.add(1)
    room = shop.composition.rooms.open(True)
    digest = room.blobs.put(b"picture")
    shop.counter.queue.keep_screenshot(id_, HERE, digest, shop.clock.at)
    shop.answers.answer(KEY, id_, HERE, Said("○", screenshot=digest, page=b"<p>"), seat=ANNA)
    reading = shop.entries(device(1).imeis[0])[0].statement
    assert isinstance(reading, Reading)
    assert reading.page is not None
    assert (reading.screenshot, room.blobs.get(reading.page)) == (digest, b"<p>")
    other = Place(1, DOCOMO)
    with pytest.raises(RequestError):  # the same picture is no evidence for another place
        shop.answers.answer("key-00000002", id_, other, Said("○", screenshot=digest), seat=ANNA)


def test_two_numbers_are_two_questions(shop: Shop) -> None:
    """A dual-SIM phone is asked for both numbers, and one answer says nothing of the other."""
    id_ = shop.add(1, 2)
    shop.answers.answer(KEY, id_, HERE, Said("○"), seat=ANNA)
    assert shop.state(id_, replace(HERE, number=2)) is PlaceState.OPEN
    assert shop.counter.queue.item(id_).device == Device(device(1, 2).imeis)
    with pytest.raises(RequestError):
        shop.answers.answer("key-00000002", id_, Place(3, AU), Said("○"), seat=ANNA)
