"""Look-ups: whatever way a device goes, it gets the answer that the parser and the fold give; nothing else is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError, StorageError
from shirorom.domain.imei import Imei
from shirorom.edge.api.looking import FEW, FRESH_S, FRESH_S_MAX, Looking, Texts
from shirorom.edge.lookup_columns import are_test, keys_of
from shirorom.service.lookup_plain import PlainLookup
from tests.feed_kit import notice, restricted
from tests.logs import SetClock, imei
from tests.lookup_kit import CLEAR, READ, RESTRICTED, UNHEARD, answered, book_kit, hand_in, looking, plainly
from tests.scale import scaled
from tests.unit.test_parse import SPELLINGS
from tests.web_kit import Kit, settings_of
from tests.wide import wide


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """A book, its register, a reading of one phone and an old one of another."""
    made = book_kit(tmp_path_factory.mktemp("data"))
    made.record(imei(READ), CarrierId.AU, "△")
    made.record(imei(CLEAR), CarrierId.AU, "○", hours_ago=30)
    yield made
    made.close()


def verdicts(found: dict[str, Any]) -> list[str]:
    return [one.get("verdict") or one["error"] for one in found["results"]]


# Numbers


@pytest.mark.parametrize("place", ["alone", "among few", "among many"])
def test_every_spelling_of_a_restricted_phone_is_restricted(kit: Kit, place: str) -> None:
    """One number in dozens of spellings, by every way of reading: never anything but restricted."""
    texts = [spell(imei(RESTRICTED).digits) for spell in SPELLINGS.values()]
    texts += [f"{by}".join(imei(RESTRICTED).digits[n : n + 3] for n in (0, 3, 6, 9, 12)) for by in " -/.ー"]
    texts += [wide(text) for text in texts]
    assert len(texts) > 60
    one, found = looking(kit), list[str]()
    size = {"alone": 1, "among few": FEW, "among many": len(texts)}[place]
    for first in range(0, len(texts), size):
        found += verdicts(answered(one, texts[first : first + size]))
    assert set(found) == {"restricted"}


SEPARATORS = st.text(st.sampled_from(" -\u2010\u2013\u00a0\u3000"), max_size=1)


@settings(max_examples=scaled(2_000), deadline=None)
@given(st.lists(SEPARATORS, min_size=14, max_size=14), st.lists(st.booleans(), min_size=15, max_size=15))
def test_no_mixture_hides_a_restriction(kit: Kit, between: list[str], widened: list[bool]) -> None:
    """Separators anywhere and full-width digits among others: restricted, or an error that says what is wrong."""
    digits = [wide(one) if full else one for one, full in zip(imei(RESTRICTED).digits, widened, strict=True)]
    text = "".join(one + by for one, by in zip(digits, [*between, ""], strict=True))
    (said,) = verdicts(answered(looking(kit), [text]))
    assert said == "restricted" or said.startswith("imei-")


def test_errors_stand_in_their_places(kit: Kit) -> None:
    """A bad number has its code where its answer would be, without the number; the others are answered."""
    wrong = imei(RESTRICTED).digits[:14] + str((int(imei(RESTRICTED).digits[14]) + 1) % 10)
    same, five = imei(UNHEARD).digits, [imei(n).digits for n in range(1, 6)]
    devices: list[Texts] = ["", wrong, imei(RESTRICTED).digits, [same, same], five, [], "3.58E+14", "0" * 15]
    for some in (devices, devices * 3):
        found = answered(looking(kit), some)
        assert verdicts(found)[:8] == [
            "imei-not-found", "imei-check-digit", "restricted", "undetermined", "device-too-many", "imei-not-found",
            "imei-spreadsheet", "imei-repeated",
        ]  # fmt: skip
        assert wrong not in json.dumps(found)


def test_numbers_of_one_phone_are_judged_together(kit: Kit) -> None:
    """A phone with a restricted second number is restricted; its cells are four for each number, in their order."""
    (found,) = answered(looking(kit), [[imei(CLEAR).digits, f"IMEI2: {imei(RESTRICTED).digits}"]])["results"]
    assert (found["imeis"], found["verdict"]) == ([imei(CLEAR).digits, imei(RESTRICTED).digits], "restricted")
    assert [cell["carrier"] for cell in found["cells"]] == ["docomo", "au", "softbank", "rakuten"] * 2


NUMBERS = st.integers(1, 6).map(lambda n: imei(n).digits)
ODD = st.sampled_from(
    ["", "x", "3.58E+14", "\ud800", "0" * 15, imei(1).digits[:14], f"{imei(1).digits[:14]}42", "\n" * 15]
)
TEXT = st.one_of(
    NUMBERS, ODD, st.builds(lambda n, spell: SPELLINGS[spell](n), NUMBERS, st.sampled_from(list(SPELLINGS)))
)
DEVICES = st.lists(st.one_of(NUMBERS, TEXT, st.lists(TEXT, max_size=3)), min_size=1, max_size=3 * FEW)


@settings(max_examples=scaled(1_000), deadline=None)
@given(DEVICES)
def test_every_way_gives_the_plain_answer(kit: Kit, devices: list[Texts]) -> None:
    """By the column, one by one, without a register and without numpy: what the parser, the fold and JSON give."""
    wanted = plainly(kit, devices)
    composition = kit.composition
    plain = PlainLookup(composition.rooms, composition.clock)
    ways = [
        looking(kit),
        looking(kit, by_column=False),
        Looking(lambda: plain, composition.clock, 24.0),
        Looking(lambda: plain, composition.clock, 24.0, by_column=False),
    ]
    for way in ways:
        assert answered(way, devices)["results"] == wanted
    for device, answer in zip(devices, wanted, strict=True):
        assert answered(ways[0], [device])["results"] == [answer]


@given(st.lists(st.one_of(st.from_regex(r"[0-9]{15}", fullmatch=True), NUMBERS, ODD), max_size=40))
def test_a_column_reads_what_an_imei_is(texts: list[str]) -> None:
    """Fifteen digits are taken where `Imei` takes them, with its key and its test ranges; nothing else is."""
    wanted = []
    for text in texts:
        try:
            wanted.append(Imei(text))
        except NumberError:
            wanted.append(None)
    sound, keys = keys_of(texts)
    good = [one for one in wanted if one is not None]
    assert sound.tolist() == [one is not None for one in wanted]
    assert keys.tolist() == [int(one.key) for one in good]
    assert are_test(keys).tolist() == [one.is_test for one in good]


@pytest.mark.parametrize("first", [*range(1_000, 1_019), 4_399, 4_400, 4_499, 4_500, 8_599, 8_600, 8_699, 8_700])
def test_test_ranges_are_those_of_an_imei(first: int) -> None:
    """At the ends of each range."""
    keys = np.array([first * 10**8, first * 10**8 + 10**8 - 1], np.uint64)
    keys = keys[keys > 0]
    assert are_test(keys).tolist() == [Imei.of_key(f"{key:014d}").is_test for key in keys.tolist()]


# What the answers are of


def test_the_answer_says_of_what_it_is(kit: Kit) -> None:
    """Size and root of the log, and how old each enrolled carrier's book is."""
    found = answered(looking(kit), [imei(CLEAR).digits])
    head = kit.parts.rooms.open(True).log.head()
    (log,) = found["logs"]
    assert (log["practice"], log["size"], log["root"]) == (True, head.size, head.root.hex())
    assert [(book["carrier"], book["stale"]) for book in log["books"]] == [("docomo", False)]


def test_a_reading_has_its_moment_and_a_book_has_not(kit: Kit) -> None:
    """`asked_at` where a person read it; of a carrier's book the age stands in `books`."""
    read, booked = answered(looking(kit), [imei(READ).digits, imei(RESTRICTED).digits])["results"]
    assert [set(cell) for cell in read["cells"][:3]] == [
        {"carrier", "mark"}, {"carrier", "mark", "asked_at"}, {"carrier", "mark", "error"},
    ]  # fmt: skip
    assert set(booked["cells"][0]) == {"carrier", "mark"}


def test_practice_and_real_stay_apart(tmp_path: Path) -> None:
    """In one call test numbers are answered by the practice log and the others by the real one, each in its place."""
    kit = book_kit(tmp_path, settings_of(practice=False))
    real = Imei.of_key(f"{35 * 10**12 + 7:014d}").digits
    one = looking(kit)
    for devices in ([real, imei(RESTRICTED).digits], [real, imei(RESTRICTED).digits] * FEW):
        found = answered(one, devices)
        said = [(result["practice"], result["verdict"]) for result in found["results"][:2]]
        assert said == [(False, "undetermined"), (True, "restricted")]
        assert [log["practice"] for log in found["logs"]] == [False, True]
        assert found["logs"][0]["books"] == []
    assert [log["practice"] for log in answered(one, ["x"] * 3)["logs"]] == []
    kit.close()


def test_an_old_book_decides_nothing(tmp_path: Path) -> None:
    """Days after the carrier's last feed a ○ and a － are stale and undetermined, a × stands."""
    kit = book_kit(tmp_path)
    clock = SetClock(kit.composition.clock.now() + timedelta(hours=30))
    kit.composition.clock = clock  # type: ignore[assignment]
    kit.composition.__dict__.pop("register", None)
    found = answered(looking(kit), [imei(n).digits for n in (RESTRICTED, CLEAR, UNHEARD)])
    assert [book["stale"] for book in found["logs"][0]["books"]] == [True]
    assert [one["cells"][0].get("stale") for one in found["results"]] == [True] * 3
    assert verdicts(found) == ["restricted", "undetermined", "undetermined"]
    kit.close()


def test_a_register_that_does_not_hold_changes_no_answer(tmp_path: Path) -> None:
    """Missing, cut off, flipped, of another log: the record answers instead, and says the same."""
    kit = book_kit(tmp_path)
    devices = [imei(n).digits for n in range(1, 6)]
    wanted = answered(looking(kit), devices)["results"]
    assert "no-record" in json.dumps(wanted)
    (base,) = (kit.composition.data / "register" / "practice").glob("r-*.reg")
    sound = base.read_bytes()
    for bad in (b"", sound[: len(sound) // 2], bytes([*sound[:-1], sound[-1] ^ 1]), None):
        if bad is None:
            base.unlink()
        else:
            base.write_bytes(bad)
        again = Kit(tmp_path, settings_of())
        assert not again.composition.register.lookup.sight(True).by_register
        assert answered(looking(again), devices)["results"] == wanted
        again.close()
    kit.close()


@dataclass
class Broken:
    """A record that cannot be read, until it can."""

    kit: Kit
    broken: bool = True

    def __call__(self) -> Any:
        if self.broken:
            raise StorageError("log-corrupt", index=0)
        return self.kit.composition.register.lookups()


def test_a_record_that_does_not_hold_answers_nothing(kit: Kit) -> None:
    """Also after it had held: nobody is answered from what was seen long ago; once it holds, all goes on."""

    async def story() -> None:
        now, source = [0.0], Broken(kit, broken=False)
        one = Looking(source, kit.composition.clock, 24.0, monotonic=lambda: now[0])
        await one([imei(1).digits])
        source.broken = True
        now[0] += FRESH_S_MAX
        for _ in range(2):
            with pytest.raises(StorageError):
                await one([imei(1).digits])
        source.broken = False
        assert b"restricted" in await one([imei(RESTRICTED).digits])

    asyncio.run(story())


def test_what_is_new_is_answered_in_time(tmp_path: Path) -> None:
    """A moment serves others for a while; a notice is in every answer that begins FRESH_S_MAX after it."""
    kit = book_kit(tmp_path)

    async def story() -> None:
        now = [0.0]
        one = looking(kit, monotonic=lambda: now[0])
        before = await one([imei(CLEAR).digits])
        hand_in(kit, [restricted(CLEAR), notice(UNHEARD)], 1)
        assert await one([imei(CLEAR).digits]) == before  # one moment for many requests
        now[0] += FRESH_S
        assert await one([imei(CLEAR).digits]) == before  # and while the next look is under way
        now[0] += FRESH_S_MAX - FRESH_S
        (found,) = json.loads(await one([imei(CLEAR).digits]))["results"]
        assert found["verdict"] == "restricted"

    asyncio.run(story())
    kit.close()


def test_ten_thousand_at_once(kit: Kit) -> None:
    """The most that is taken, plain and odd ones mixed: as many answers, in order."""
    plain, odd = imei(RESTRICTED).digits, imei(CLEAR).grouped
    found = answered(looking(kit), [plain, plain, plain, odd] * 2_500)
    assert len(found["results"]) == 10_000
    assert verdicts(found)[:4] == verdicts(found)[-4:]
    assert verdicts(found)[:3] == ["restricted"] * 3
