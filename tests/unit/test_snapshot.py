"""Snapshots as bytes: they answer as the register they were made of; a delta leads where a whole one leads."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.log.entry import MalformedError
from shirorom.log.note import NoteError
from shirorom.register import payload, snapshot
from shirorom.register.applied import Applied
from shirorom.register.build import build_packed
from shirorom.register.content import Content
from shirorom.register.format import Layout
from shirorom.register.lookup import Register, open_register
from shirorom.register.rows import Row
from shirorom.register.snapshot import MalformedSnapshotError
from shirorom.register.snapshot_head import Holds, Kind, decode_head, encode_head
from shirorom.register.values import CAUTION, CLEAR, NO_RECORD, UNDETERMINED
from tests import register_kit as kit
from tests import snapshot_kit as snapshots

DOCOMO = kit.ENROLLED[0]
KEY = 100_100_000_000
ROWS: list[Row] = [
    (KEY, DOCOMO, Mark.RESTRICTED),
    (KEY + 1, DOCOMO, Mark.CAUTION),
    (KEY + 2, DOCOMO, Mark.CLEAR),
    (KEY + 3, kit.ENROLLED[1], Mark.RESTRICTED, kit.DAY + timedelta(days=2)),
    (KEY + 3, kit.ENROLLED[2], Mark.CLEAR),
]


def applied_of(content: Content, native: bool = True) -> Applied:
    """What a shop has, out of a file."""
    found = snapshot.read(snapshots.made(content))
    came = snapshot.applied(found, None)
    register = open_register(build_packed(came.packed, came.stamp, Layout.COMPACT))
    if not native:
        register.base.kernel, register.base.value_of = None, register.base.index.value_of
    return Applied(found.head, register, ())


def expected(register: Register, asked: np.ndarray, on: date, holds: Holds) -> np.ndarray:
    """The register's answers; of △ and × alone all others are undetermined."""
    codes = register.codes(asked, on=on)
    return codes if holds is Holds.EVERYTHING else np.where(codes < CAUTION, UNDETERMINED, codes)


@pytest.mark.parametrize("native", [True, False], ids=["kernel", "numpy"])
@pytest.mark.parametrize("holds", list(Holds))
@settings(max_examples=40)
@given(rows=kit.rows(), more=st.lists(kit.keys(), max_size=20), days=st.integers(0, 6))
def test_it_answers_as_its_register(holds: Holds, native: bool, rows: list[Row], more: list[int], days: int) -> None:
    """Any rows, phones in it or not, on any day: the same out of the snapshot, but for what is not handed on."""
    asked, on = kit.keys_of([*(row[0] for row in rows), *more]), kit.DAY + timedelta(days=days)
    codes = applied_of(snapshots.content(rows, holds), native).codes(asked, on=on)
    assert np.array_equal(codes, expected(kit.register(rows), asked, on, holds))


@pytest.mark.parametrize("holds", list(Holds))
@settings(max_examples=40)
@given(before=kit.rows(), after=kit.rows(), days=st.integers(0, 5))
def test_a_delta_leads_where_a_whole_one_leads(holds: Holds, before: list[Row], after: list[Row], days: int) -> None:
    """From any rows to any others, some days later: laid over what was there, it gives what is there now."""
    old, new = snapshots.content(before, holds), snapshots.content(after, holds, kit.stamp(size=9, days=days))
    found = snapshot.read(snapshots.made(new, old))
    assert found.head.kind is Kind.DELTA
    assert payload.same(snapshot.applied(found, old).packed, new.packed)


def test_a_delta_holds_what_changed() -> None:
    """One phone that came, one that left, one with another mark, one whose day moved: four, however many others."""
    others: list[Row] = [(KEY + 1_000 + n, DOCOMO, Mark.CAUTION) for n in range(500)]
    now: list[Row] = [
        (KEY, DOCOMO, Mark.CAUTION),
        (KEY + 3, kit.ENROLLED[1], Mark.RESTRICTED, kit.DAY + timedelta(days=4)),
        (KEY + 9, DOCOMO, Mark.RESTRICTED),
    ]
    old, new = snapshots.content([*ROWS, *others]), snapshots.content([*now, *others], stamp=kit.stamp(size=9))
    found = snapshot.read(snapshots.made(new, old))
    assert found.packed().keys.tolist() == [KEY, KEY + 1, KEY + 3, KEY + 9]
    assert found.packed().values.tolist()[1] == 0


def test_only_what_is_bad_travels() -> None:
    """By default a ○ is not handed on, not even the ○ of another carrier of a phone with a △."""
    held = snapshots.content(ROWS).packed
    assert held.keys.tolist() == [KEY, KEY + 1, KEY + 3]
    assert held.values.tolist() == [3, 2, 2 << 2]
    assert held.pending.days.tolist() == [(kit.DAY + timedelta(days=2) - date(1970, 1, 1)).days]


def test_a_delta_over_something_else_is_refused() -> None:
    """Over another state, even of the same phones from another day of the log."""
    old, new = snapshots.content(ROWS), snapshots.content(ROWS[:2], stamp=kit.stamp(size=9))
    found = snapshot.read(snapshots.made(new, old))
    for other in (None, snapshots.content(ROWS[:3]), snapshots.content(ROWS, stamp=kit.stamp(size=8))):
        with pytest.raises(MalformedSnapshotError) as refused:
            snapshot.applied(found, other)
        assert refused.value.part == "base"


@pytest.mark.parametrize("other", ["carriers", "holds", "day"])
def test_no_delta_between_different_kinds(other: str) -> None:
    """Where another carrier enrolled, more is handed on, or time went back, only a whole one will do."""
    later, holds = kit.stamp(days=3), Holds.EVERYTHING if other == "holds" else Holds.DOUBTFUL
    stamp = kit.stamp(enrolled=tuple(CarrierId)) if other == "carriers" else kit.stamp()
    new = Content(holds, stamp, snapshots.content(ROWS).packed)
    with pytest.raises(ValueError, match="a delta is"):
        snapshots.made(new, Content(Holds.DOUBTFUL, later if other == "day" else kit.stamp(), new.packed))


# What is refused

SOUND = snapshots.made(snapshots.content(ROWS))


def accepted(content: bytes) -> None:
    """All that a shop checks of a whole file by itself."""
    found = snapshot.read(content)
    found.signed_by([snapshots.SIGNER.key])
    snapshot.applied(found, None)


def test_any_flipped_bit_is_refused() -> None:
    """T7: wherever it is: front, head, signature, payload."""
    accepted(SOUND)
    chosen = random.Random(7)
    for bit in [*range(8 * 64), *(chosen.randrange(8 * len(SOUND)) for _ in range(600))]:
        bent = bytearray(SOUND)
        bent[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises((MalformedSnapshotError, NoteError)):
            accepted(bytes(bent))


def test_any_other_length_is_refused() -> None:
    """Cut off anywhere, or with something behind it."""
    for length in (0, 15, 16, 17, 200, len(SOUND) // 2, len(SOUND) - 1):
        with pytest.raises(MalformedSnapshotError):
            snapshot.read(SOUND[:length])
    with pytest.raises(MalformedSnapshotError):
        snapshot.read(SOUND + b"\0")


def test_another_key_is_refused() -> None:
    """Of the same name: it is the key that counts."""
    found = snapshot.read(snapshots.made(snapshots.content(ROWS), signer=snapshots.STRANGER))
    with pytest.raises(NoteError):
        found.signed_by([snapshots.SIGNER.key])


def resigned(change: Callable[[bytes], bytes], content: bytes = SOUND) -> bytes:
    """The same file with another head, signed by the maker all the same."""
    found = snapshot.read(content)
    text = change(found.note.text)
    note = snapshot.Note(text, (snapshots.sign(text),)).encode()
    return struct.pack("<8sII", b"SHIROSNP", 1, len(note)) + note + found.body


LIES: dict[str, Callable[[bytes], bytes]] = {
    "an unknown kind": lambda t: t.replace(b"kind full", b"kind half"),
    "a kind that its base contradicts": lambda t: t.replace(b"kind full", b"kind delta"),
    "whole books without consent": lambda t: t.replace(b"holds doubtful", b"holds everything"),
    "a consent for nothing": lambda t: t + b"consent x\n",
    "another world": lambda t: t.replace(b"practice yes", b"practice maybe"),
    "a carrier twice": lambda t: t.replace(b"made-at", b"carrier docomo 2026-11-20T03:00:00Z\nmade-at"),
    "a local time": lambda t: t.replace(b"made-at 2026-11-20T04:00:00Z", b"made-at 2026-11-20T04:00:00+"),
    "more phones": lambda t: t.replace(b"count 3", b"count 4"),
    "a count of another spelling": lambda t: t.replace(b"count 3", b"count 03"),
    "another state": lambda t: t.replace(t[t.index(b"\nstate ") :][:15], b"\nstate 0123abcd"),
    "another format": lambda t: t.replace(b"snapshot/v1", b"snapshot/v2"),
}


@pytest.mark.parametrize("lie", LIES)
def test_heads_that_lie_are_refused(lie: str) -> None:
    """A signature does not make a file of what no maker writes."""
    accepted(resigned(lambda text: text))
    with pytest.raises(MalformedSnapshotError):
        accepted(resigned(LIES[lie]))


def test_what_is_signed_but_holds_something_else_is_refused() -> None:
    """A ○ in a file of △ and × alone, a phone without mark in a whole one."""
    sound = snapshots.content(ROWS[:2]).packed
    for value in (CLEAR, NO_RECORD):
        bent = Content(Holds.DOUBTFUL, kit.stamp(), replace(sound, values=np.full_like(sound.values, value)))
        with pytest.raises(MalformedSnapshotError):
            accepted(snapshots.made(bent))


def test_a_head_has_one_spelling() -> None:
    """Read and written again it is the same, consent in Japanese and all."""
    head = snapshot.read(snapshots.made(snapshots.content(ROWS, Holds.EVERYTHING))).head
    text = encode_head(head).replace(b"test/consent", "ドコモ 第7号".encode())
    assert encode_head(decode_head(text)) == text
    for bad in (b" x", b"x ", b"", b"x\x7f", b"x" * 501, b"\xff"):
        with pytest.raises(MalformedError):
            decode_head(text.replace("ドコモ 第7号".encode(), bad))


def test_a_digest_does_not_give_a_phone_away() -> None:
    """The same content twice has two names: nobody finds the one phone in it by trying all numbers."""
    content = snapshots.content(ROWS[:1])
    names = [snapshot.read(snapshots.made(content, salt=salt)).head.digest for salt in (1, 2)]
    assert names[0] != names[1]
    assert sha256(snapshots.made(content, salt=1)).digest() != sha256(snapshots.made(content, salt=2)).digest()
