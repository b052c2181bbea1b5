"""What scanner.js takes for a code, a person's typing or a single key: rules, tried on made-up sequences of keys.

The file runs as it is, in node, in a small world with a clock of its own (`scanner_world.cjs`); the browser tests
beside this one show that a real browser's events are such as these.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import shirorom.edge.web
from tests.wide import wide

HERE = Path(__file__).parent
SCRIPT = Path(shirorom.edge.web.__file__).parent / "static" / "scanner.js"
GAP, TORN, MACHINE = 80, 250, 30
APART = TORN + 1
CODE = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=8, max_size=32)
ENDS = st.sampled_from(["Enter", "NumpadEnter", "Tab"])


class World:
    """The script in node; each run begins anew."""

    def __init__(self, script: Path) -> None:
        node = shutil.which("node")
        assert node is not None
        command = [node, str(HERE / "scanner_world.cjs"), str(script)]
        self._node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, events: Sequence[dict[str, Any]], busy: tuple[float, float] = (0, 0)) -> dict[str, Any]:
        """What comes of these events."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({"events": events, "busy": busy}) + "\n")
        self._node.stdin.flush()
        answer: dict[str, Any] = json.loads(self._node.stdout.readline())
        return answer

    def close(self) -> None:
        self._node.communicate()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The product's own script."""
    made = World(SCRIPT)
    yield made
    made.close()


@dataclass
class Keys:
    """Keys with their moments; time only goes on."""

    at: float = 1_000.0
    events: list[dict[str, Any]] = field(default_factory=list)

    def press(self, char: str, gap: float, **more: Any) -> None:
        self.at += gap
        named = len(char) > 1
        kind = f"Digit{char}" if char.isdigit() else char if named else f"Key{char.upper()}"
        key = "Enter" if char == "NumpadEnter" else char
        written = {"writes": char} if not named else {}
        self.events.append({"type": "keydown", "at": self.at, "key": key, "code": kind} | written | more)

    def code(self, text: str, end: str | None, gaps: Sequence[float], first: float = APART, **more: Any) -> None:
        for place, char in enumerate(text):
            self.press(char, gaps[place % len(gaps)] if place else first, **more)
        if end is not None:
            self.press(end, gaps[len(text) % len(gaps)], **more)


def gaps(low: float, high: float) -> st.SearchStrategy[list[int]]:
    """Pauses between the keys of one code."""
    return st.lists(st.integers(int(low), int(high)), min_size=1, max_size=33)


SCAN = st.tuples(st.just("scan"), CODE, ENDS, gaps(0, GAP))
LONE = st.tuples(st.just("lone"), st.sampled_from("0123456789SZN"), st.none(), st.just([0]))
TYPED = st.tuples(st.just("typed"), CODE, st.sampled_from(["Enter", None]), gaps(GAP + 1, 900))


@given(acts=st.lists(st.one_of(SCAN, LONE, TYPED), max_size=8), where=st.sampled_from(["body", "field"]))
def test_scans_are_whole_and_typing_is_left(world: World, acts: list[Any], where: str) -> None:
    """In any mix, exactly the scans are heard, each whole; typing stays, and no end key of a person is swallowed."""
    keys, wanted, left = Keys(), [], ""
    for what, text, end, pauses in acts:
        if what != "scan":
            left += text
        else:
            wanted.append(text)
        keys.code(text, end, pauses, where=where)
    heard = world.run(keys.events)
    assert heard["scans"] == wanted
    assert len(heard["swallowed"]) == len(wanted)
    assert heard["value"] == (left if where == "field" else "")


@given(
    acts=st.lists(st.one_of(SCAN, LONE), max_size=10),
    pauses=st.lists(st.integers(APART, 2_000), min_size=10, max_size=10),
    busy=st.tuples(st.integers(0, 6_000), st.integers(0, 1_500)),
)
def test_single_keys_and_scans_never_clash(
    world: World, acts: list[Any], pauses: list[int], busy: tuple[int, int]
) -> None:
    """Every lone key is told once, no key of a code is, every code is whole: also when the page was busy for long."""
    keys, lone, scans = Keys(), [], []
    for (what, text, end, within), pause in zip(acts, pauses, strict=False):
        if what == "lone":
            lone.append([len(keys.events), text])
        else:
            scans.append(text)
        keys.code(text, end, within, first=pause)
    heard = world.run(keys.events, (1_000 + busy[0], 1_000 + busy[0] + busy[1]))
    assert heard["keys"] == lone
    assert heard["scans"] == scans


@given(text=CODE, end=ENDS, stall=st.integers(GAP + 1, TORN), data=st.data(), speed=st.integers(0, MACHINE))
def test_a_stalled_scan_is_no_number(
    world: World, text: str, end: str, stall: int, data: st.DataObject, speed: int
) -> None:
    """A scanner that pauses within a code gives nothing rather than its second part; its end key presses nothing."""
    where = data.draw(st.integers(1, len(text) - 1))
    keys = Keys()
    for place, char in enumerate(text):
        keys.press(char, APART if place == 0 else stall if place == where else speed, where="field")
    keys.press(end, speed, where="field")
    heard = world.run(keys.events)
    assert heard["scans"] == []
    assert heard["swallowed"] == [len(text)]
    assert heard["said"] == ["torn"]


@given(
    presses=st.lists(st.tuples(st.sampled_from("0189AZ"), st.integers(0, 400)), max_size=60), end=st.integers(0, 400)
)
def test_never_a_part(world: World, presses: list[tuple[str, int]], end: int) -> None:
    """Whatever the pauses: what is heard is everything since the last long pause, never a part of it."""
    keys, since = Keys(), ""
    for char, gap in presses:
        keys.press(char, gap)
        since = char if gap > TORN else since + char
    keys.press("Enter", end)
    assert world.run(keys.events)["scans"] in ([], [since])


@given(text=CODE, data=st.data())
def test_other_characters_are_no_code(world: World, text: str, data: st.DataObject) -> None:
    """An address or a password has characters that no number has: nothing of it is taken for one."""
    keys = Keys()
    where = data.draw(st.integers(0, len(text)))
    for place, char in enumerate(text[:where] + "." + text[where:]):
        keys.press(char, 5 if place else APART, **({"code": "Period"} if char == "." else {}))
    keys.press("Enter", 5)
    assert world.run(keys.events)["scans"] == []


@pytest.mark.parametrize("end", [None, "Enter"])
def test_without_end_key_nothing_is_taken(world: World, end: str | None) -> None:
    """Without an end key the digits stay where they are; an Enter that a person presses later is theirs."""
    keys = Keys()
    keys.code("001001010000013", None, [5], where="field")
    if end:
        keys.press(end, 700, where="field")
    heard = world.run(keys.events)
    assert (heard["scans"], heard["swallowed"], heard["value"]) == ([], [], "001001010000013")


def test_short_codes_press_nothing(world: World) -> None:
    """A price tag's short code is no number; its Enter is swallowed all the same, and no single key is told."""
    keys = Keys()
    keys.code("12345", "Enter", [8])
    heard = world.run(keys.events)
    assert (heard["scans"], heard["keys"], heard["swallowed"]) == ([], [], [5])


def test_second_end_key_presses_nothing(world: World) -> None:
    """A scanner that sends Enter twice (CR and LF) is heard once, and neither Enter reaches a button."""
    keys = Keys()
    keys.code("001001010000013", "Enter", [8])
    keys.press("Enter", 8)
    heard = world.run(keys.events)
    assert (heard["scans"], heard["swallowed"]) == (["001001010000013"], [15, 16])


@pytest.mark.parametrize("held", ["ctrlKey", "altKey", "metaKey", "repeat"])
def test_shortcuts_are_not_heard(world: World, held: str) -> None:
    """Keys with a modifier, and a key that is held down, are nobody's code and no single key."""
    keys = Keys()
    keys.press("1", APART, **{held: True})
    assert world.run(keys.events)["keys"] == []


def test_soft_keyboard(world: World) -> None:
    """A keyboard that names no key is heard by what it writes, full-width too; the field is put back."""
    events: list[dict[str, Any]] = []
    for place, char in enumerate(wide("001001010000013")):
        at = 2_000.0 + 20 * place
        unnamed = {"key": "Unidentified", "keyCode": 229, "where": "field", "writes": char}
        events.append({"type": "keydown", "at": at} | unnamed)
        events.append({"type": "input", "at": at + 1, "where": "field", "inputType": "insertText", "data": char})
    events.append({"type": "keydown", "at": 2_320.0, "key": "Enter", "keyCode": 13, "where": "field"})
    heard = world.run(events)
    assert (heard["scans"], heard["value"]) == (["001001010000013"], "")


def test_key_without_code(world: World) -> None:
    """A remote desktop that passes the character alone is heard by it."""
    keys = Keys()
    keys.code("r8yw123456", "Enter", [8], code="")
    assert world.run(keys.events)["scans"] == ["R8YW123456"]


CONTROLS = {
    "no wait for a burst": (
        "setTimeout(() => (timer = setTimeout(settle, 0, true)), event.timeStamp + GAP_MS - performance.now())",
        "setTimeout(settle, 0, true)",
    ),
    "no second look after a busy moment": (
        "setTimeout(() => (timer = setTimeout(settle, 0, true)), ",
        "setTimeout(() => settle(true), ",
    ),
    "torn codes count": ("return long && !torn ? text : null;", "return long ? text : null;"),
}


@pytest.mark.parametrize("what", CONTROLS)
def test_control(tmp_path: Path, what: str) -> None:
    """Control: with one guard taken out, a property above is broken by a plain example."""
    guard, without = CONTROLS[what]
    source = SCRIPT.read_text(encoding="utf-8")
    assert guard in source
    (tmp_path / "scanner.js").write_text(source.replace(guard, without), encoding="utf-8")
    world = World(tmp_path / "scanner.js")
    keys = Keys()
    if what == "torn codes count":
        keys.code("001001010000013", "Enter", [8, 8, 120, *[8] * 13])
        heard = world.run(keys.events)
        wrong = heard["scans"] != []
    else:
        keys.code("001001010000013", "Enter", [8])
        heard = world.run(keys.events, (1_252, 1_340) if "busy" in what else (0, 0))
        wrong = heard["keys"] != []
    world.close()
    assert wrong
