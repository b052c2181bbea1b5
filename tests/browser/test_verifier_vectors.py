"""The offline page agrees with the golden vectors, with `shirorom verify` on changed sheets, and with its fold."""

from __future__ import annotations

import copy
import json
import random
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from shirorom.adapters.timestamp import Rfc3161Stamps
from shirorom.domain.fold import Recorded, Statement
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.domain.reading import Channel
from shirorom.domain.sheet import cells_of
from shirorom.domain.verdict import decide
from shirorom.log.statement import encode_statement
from shirorom.log.times import time_text
from shirorom.service.sheet_forms import cell_form, verdict_form
from shirorom.service.trust import Trust
from shirorom.service.verify import Verify
from tests import entries as say
from tests.browser.page_kit import chromium
from tests.browser.verifier_kit import examined, insides, verifier
from tests.scale import scaled
from tests.sheet_maker import ONE, TWO, Key, World, canonical, cell, example, reading, sheet, signed
from tests.stamp_maker import Authority

pytestmark = pytest.mark.asyncio(loop_scope="module")
VECTORS = Path(__file__).parent.parent / "vectors" / "sheets"
NOW = "2026-12-23T09:00:00Z"
FOLD = """histories => histories.map(([sheet, told]) => {
  const cells = inside.cellsOf(sheet, told);
  return [cells, inside.verdictOf(cells)];
})"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def inside(browser: Browser) -> AsyncIterator[Page]:
    """The modules alone."""
    async with insides(browser) as page:
        yield page


def vectors() -> dict[str, dict[str, Any]]:
    """The golden vectors, by name."""
    read = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(VECTORS.glob("*.json"))}
    return {name: vector for name, vector in read.items() if "outcome" in vector}


def pem(certificate: str) -> str:
    """A certificate as a reader pastes it."""
    return f"-----BEGIN CERTIFICATE-----\n{certificate}\n-----END CERTIFICATE-----"


def given(vector: dict[str, Any]) -> str:
    """What the vector's reader trusts, as it is pasted."""
    keys_file = [] if vector["keys_file"] is None else [json.dumps(vector["keys_file"])]
    assert not (keys_file and vector["keys"])
    return "\n".join([*vector["keys"], *keys_file, *map(pem, vector["authorities"])])


async def test_golden_vectors(inside: Page) -> None:
    """Every vector comes out as it says, refused by the step that it says."""
    told = vectors()
    assert len(told) >= 40
    differ = {}
    for name, vector in told.items():
        ((outcome, decided, why),) = await examined(
            inside, [vector["file"]], given(vector), vector["now"], practice=vector["practice"]
        )
        if (outcome, decided) != (vector["outcome"], vector["step"]):
            differ[name] = (outcome, decided, why)
    assert differ == {}


async def test_golden_vectors_on_the_page(browser: Browser) -> None:
    """Some of each outcome, chosen as files on the page itself, come out the same."""
    told = vectors()
    some = [name for start in ("holds", "consistent", "undetermined", "refused") for name in told if start in name]
    async with verifier(browser, now=NOW) as page:
        await page.admit()
        for vector in (told[name] for name in some[::9] if told[name]["practice"]):
            assert vector["now"] == NOW
            await page.trust(given(vector))
            await page.give(vector["file"].encode())
            assert await page.outcome() == (vector["outcome"], vector["step"])


# -- changed sheets ------------------------------------------------------------------------------------------------


def rich() -> tuple[World, dict[str, Any]]:
    """Two numbers, every kind of statement, evidence, a tie."""
    world = World()
    world.others(9)
    one = reading("docomo", "caution", "2026-11-22T03:00:00Z", page="ab" * 32)
    a = world.record(one, "2026-11-22T03:00:05Z")
    wrong = reading("au", "restricted", "2026-11-22T03:01:00Z")
    b = world.record(wrong, "2026-11-22T03:01:05Z")
    taken = {
        "at": "2026-11-22T03:02:00Z", "by": "店員A", "carrier": "au", "imei": ONE, "index": b, "kind": "withdrawal",
        "reason": "打ち間違い", "v": 1,
    }  # fmt: skip
    world.record(taken, "2026-11-22T03:02:05Z")
    two = reading("au", "clear", "2026-11-23T03:00:00Z", TWO, channel="site", screenshot="cd" * 32)
    c = world.record(two, "2026-11-23T03:00:05Z")
    word = {
        "carrier": "rakuten", "declares": "instalments-started", "effective_on": None, "ground": None, "imei": TWO,
        "kind": "notice", "practice": True, "purchased_on": "2026-01-05", "sequence": 3, "v": 1,
    }  # fmt: skip
    d = world.record(word, "2026-11-23T03:01:00Z")
    world.others(4, "2026-11-23T03:02:00Z")
    heard = {"mark": "caution", "asked_at": "2026-11-23T03:01:00Z", "channel": "notice", "index": d, "error": None}
    cells = [
        cell(ONE, "docomo", one, a, stale=True), cell(ONE, "au"), cell(ONE, "softbank"), cell(ONE, "rakuten"),
        cell(TWO, "docomo"), cell(TWO, "au", two, c), cell(TWO, "softbank"), cell(TWO, "rakuten", **heard),
    ]  # fmt: skip
    evidence = [
        {"index": a, "what": "page", "digest": "ab" * 32}, {"index": c, "what": "screenshot", "digest": "cd" * 32},
        {"index": None, "what": "picture", "digest": "ef" * 32},
    ]  # fmt: skip
    tie = {"code": "34679A", "at": "2026-11-23T03:20:00Z", "picture": "ef" * 32, "numbers": [ONE, TWO], "matches": True}
    made = sheet(world, cells, ("undetermined", "caution", False), imeis=[ONE, TWO], evidence=evidence, tie=tie)
    return world, made


def places(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where a value that is no list or object stands, and every list and object that can lose a part."""
    if isinstance(value, dict):
        return [place for name, part in value.items() for place in places(part, (*above, name))]
    if isinstance(value, list):
        return [(*above, n) for n in range(len(value))] + [
            place for n, part in enumerate(value) for place in places(part, (*above, n))
        ]
    return [above]


def changed(value: Any, place: tuple[Any, ...], chance: random.Random) -> Any:
    """A copy in which one value is another of its kind, or one item of a list is gone, doubled or swapped."""
    made = copy.deepcopy(value)
    holder = made
    for name in place[:-1]:
        holder = holder[name]
    old = holder[place[-1]]
    if isinstance(old, dict | list):
        match chance.randrange(3):
            case 0:
                del holder[place[-1]]
            case 1:
                holder.insert(place[-1], copy.deepcopy(old))
            case _:
                other = chance.randrange(len(holder))
                holder[place[-1]], holder[other] = holder[other], old
    else:
        holder[place[-1]] = _other(old, chance)
    return made


def _other(old: Any, chance: random.Random) -> Any:
    match old:
        case bool():
            return not old
        case int():
            return chance.choice([old + 1, max(0, old - 1), 0, 2**53 - 1])
        case None:
            return chance.choice(["x", 0, False, "clear", "2026-11-23T03:00:00Z"])
        case str() if old and chance.random() < 0.6:
            at = chance.randrange(len(old))
            return old[:at] + chance.choice("0123456789abcdefZ+/○") + old[at + 1 :]
        case _:
            return chance.choice([None, "", "clear", "restricted", "docomo", "au", "site", "off", 1])


def difference(one: Any, other: Any, above: str = "") -> str:
    """Where two values first differ, for people."""
    if type(one) is type(other) and isinstance(one, dict) and one.keys() == other.keys():
        return next((difference(one[n], other[n], f"{above}.{n}") for n in one if one[n] != other[n]), "nothing")
    if type(one) is type(other) and isinstance(one, list) and len(one) == len(other):
        parts = enumerate(zip(one, other, strict=True))
        return next((difference(a, b, f"{above}[{n}]") for n, (a, b) in parts if a != b), "nothing")
    return f"{above}: {one!r} → {other!r}"


def verdict_here(text: str, key: Key) -> tuple[str, str | None]:
    """What `shirorom verify` says."""
    told = Verify(Rfc3161Stamps())(
        text.encode(), Trust(given=(key.text,)), now=datetime(2026, 12, 23, 9, tzinfo=UTC), admit_practice=True
    )
    return told.outcome.value, next((step.code.value for step in told.steps if not step.ok), None)


async def test_every_change_is_refused(inside: Page) -> None:
    """A value changed in a signed sheet: never holds, and the page names the same step as `shirorom verify`."""
    world, made = rich()
    bundle = signed(made, world.key)
    assert await examined(inside, [json.dumps(bundle)], world.key.text) == [("holds", None, [None] * 13)]
    chance = random.Random(5)
    spots = chance.sample(places(bundle), min(len(places(bundle)), 40 + scaled(6_000)))
    texts = [json.dumps(changed(bundle, spot, chance)) for spot in spots]
    texts = [text for text in texts if text != json.dumps(bundle)]
    found = await examined(inside, texts, world.key.text)
    for text, (outcome, decided, whys) in zip(texts, found, strict=True):
        assert outcome != "holds", text
        assert (outcome, decided) == verdict_here(text, world.key), (difference(bundle, json.loads(text)), whys)


async def test_a_forger_with_the_key(inside: Page) -> None:
    """Changed and signed again by the issuer's own key: the page and `shirorom verify` still say the same."""
    world, made = rich()
    chance = random.Random(6)
    spots = [chance.choice(places(made)) for _ in range(60 + scaled(6_000))]
    texts = [json.dumps(signed(changed(made, spot, chance), world.key)) for spot in spots]
    found = await examined(inside, texts, world.key.text)
    for text, (outcome, decided, whys) in zip(texts, found, strict=True):
        told = difference(made, json.loads(text)["sheet"])
        assert (outcome, decided) == verdict_here(text, world.key), (told, whys)


# -- the fold ------------------------------------------------------------------------------------------------------


def history(chance: random.Random) -> list[Recorded]:
    """Anything that a log may hold of one number at one carrier."""
    said: list[Statement] = []
    for sequence in range(chance.randrange(9)):
        at = chance.randrange(24 * 40)
        mark = chance.choice([*Mark, Mark.RESTRICTED, None])
        kind = chance.choice(list(NoticeKind))
        with_ground = kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
        ground = chance.choice([None, *Ground]) if with_ground else None
        day = (say.START + timedelta(days=chance.randrange(80) - 10)).date()
        match chance.randrange(8):
            case 0:
                said.append(say.withdraw(chance.randrange(8), at))
            case 1:
                said.append(say.correct(at))
            case 2 | 3:
                said.append(say.notice(kind, sequence, ground=ground, on=chance.choice([None, day])))
            case _:
                said.append(say.read(mark, at, channel=chance.choice([Channel.SITE, Channel.HAND])))
    return say.log(*said, at=sorted(chance.randrange(24 * 40) for _ in said))


async def test_the_fold_is_the_same(inside: Page) -> None:
    """Cells and verdict of any history are those of the program's own fold, written a second time."""
    chance = random.Random(7)
    asked, expected = [], []
    for _ in range(scaled(20_000)):
        recorded, age_s_max = history(chance), chance.choice([3_600, 86_400, 5_000_000])
        as_of = say.START + timedelta(hours=chance.choice([24 * 20, 24 * 60]))
        cells = cells_of([say.PHONE], {say.PHONE: recorded}, as_of=as_of, age_s_max=age_s_max)
        told = [
            {"index": r.index, "at": time_text(r.recorded_at), "statement": json.loads(encode_statement(r.statement))}
            for r in recorded
        ]
        asked.append(({"imeis": [ONE], "as_of": time_text(as_of), "age_s_max": age_s_max}, told))
        expected.append((cells, decide(cells)))
    for answer, (cells, verdict), question in zip(await inside.evaluate(FOLD, asked), expected, asked, strict=True):
        assert canonical(answer[0]) == canonical([_plain(cell_form(one)) for one in cells]), question
        assert canonical(answer[1]) == canonical(_plain(verdict_form(verdict))), question


def _plain(form: Any) -> Any:
    return {name: getattr(form, name) for name in form.__struct_fields__}


async def test_example_by_another_maker(inside: Page) -> None:
    """A sheet made without any of the product's code holds here and in `shirorom verify`."""
    world, made = example()
    text = json.dumps(signed(made, world.key))
    assert (await examined(inside, [text], world.key.text))[0][0] == "holds"
    assert verdict_here(text, world.key) == ("holds", None)


async def test_changed_time_stamps_never_hold(inside: Page, tmp_path: Path) -> None:
    """One bit of a token, a certificate or a list of revoked ones: never a stamp that holds."""
    authority = Authority(tmp_path / "authority")
    world, made = example()
    bundle = signed(made, world.key)
    bundle["time"] = [
        authority.stamp(canonical({name: bundle[name] for name in ("format", "sheet", "signatures", "time")}))
    ]
    trust = f"{world.key.text}\n{authority.root_pem}"
    assert [one[0] for one in await examined(inside, [json.dumps(bundle)], trust)] == ["holds"]
    chance, texts, flips = random.Random(8), [], []
    for _ in range(200 + scaled(20_000)):
        bent = copy.deepcopy(bundle)
        stamp = bent["time"][0]
        part, n = chance.choice([("token", None), ("certificates", 0), ("certificates", 1), ("revocation", 0)])
        old = bytearray(b64decode(stamp[part] if n is None else stamp[part][n]))
        at, bit = chance.randrange(len(old)), chance.randrange(8)
        old[at] ^= 1 << bit
        new = b64encode(old).decode()
        if n is None:
            stamp[part] = new
        else:
            stamp[part][n] = new
        texts.append(json.dumps(bent))
        flips.append((part, n, at, bit))
    found = await examined(inside, texts, trust)
    held = [flip for flip, (outcome, _, _) in zip(flips, found, strict=True) if outcome == "holds"]
    assert (held, bundle["time"][0] if held else None) == ([], None)
