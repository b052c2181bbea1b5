"""The payload of a snapshot: the columns say what a reader phone by phone says; no other bytes are read."""

from __future__ import annotations

import random
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.register import payload, rans, serials
from shirorom.register.rans import Coded, CodeError
from shirorom.register.rows import Packed, Pending
from shirorom.register.serials import read_varints, varints
from tests import register_kit as kit
from tests import snapshot_oracle

ENROLLED = 4
NOTHING_AHEAD = Pending(np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.uint32))


def packed_of(rows: list[kit.Row]) -> Packed:
    return kit.register(rows).packed()


@given(kit.rows())
def test_both_readers_agree(rows: list[kit.Row]) -> None:
    """Any phones at any carriers, some with a restriction ahead: written, and read by either."""
    packed = packed_of(rows)
    written = payload.encode(packed)
    read = payload.decode(written, len(packed.keys), ENROLLED)
    assert payload.same(read, packed)
    plain, ahead = snapshot_oracle.read(written, len(packed.keys))
    assert plain == list(zip(packed.keys.tolist(), packed.values.tolist(), strict=True))
    columns = (packed.pending.keys, packed.pending.positions, packed.pending.days)
    assert ahead == list(zip(*(column.tolist() for column in columns), strict=True))


def spread(tacs: int, each: int, seed: int = 1, values: int = 256) -> Packed:
    """Phones of some TACs, of growing density."""
    source = np.random.default_rng(seed)
    keys = [
        tac * 7 * 1_000_000 + np.sort(source.choice(1_000_000 if tac % 3 else 4 * each, each, replace=False))
        for tac in range(tacs)
    ]
    joined = np.concatenate(keys).astype(np.uint64)
    drawn = np.minimum(source.geometric(0.2, len(joined)), values - 1).astype(np.uint8)
    return Packed(joined, drawn, NOTHING_AHEAD)


def test_both_readers_agree_on_many() -> None:
    """Several lanes, several parameters in one group, a last step that does not fill all lanes."""
    packed = spread(6, 501)
    written = payload.encode(packed)
    assert payload.same(payload.decode(written, len(packed.keys), ENROLLED), packed)
    plain, _ = snapshot_oracle.read(written, len(packed.keys))
    assert plain == list(zip(packed.keys.tolist(), packed.values.tolist(), strict=True))


def test_groups_of_tacs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where phones make several groups, each is read on its own; a TAC is never in two."""
    monkeypatch.setattr(serials, "GROUP", 700)
    monkeypatch.setattr(snapshot_oracle, "GROUP", 700)
    packed = spread(9, 300)
    written = serials.encode(packed.keys)
    assert len(read_varints(written.lengths, "lengths")) == 4
    assert np.array_equal(serials.decode(written, len(packed.keys)), packed.keys)
    plain, _ = snapshot_oracle.read(payload.encode(packed), len(packed.keys))
    assert [key for key, _ in plain] == packed.keys.tolist()


@pytest.mark.parametrize(("count", "different"), [(0, 1), (1, 1), (255, 1), (256, 2), (5_000, 256), (70_000, 3)])
def test_values_come_back(count: int, different: int) -> None:
    """None, one, all 256; one value alone takes no words."""
    values = np.random.default_rng(count).integers(0, different, count).astype(np.uint8)
    coded = rans.encode(values)
    assert np.array_equal(rans.decode(coded, count), values)
    assert different > 1 or not coded.words.size


def test_values_cost_what_entropy_says() -> None:
    """Within one percent of it, lanes and all, for shares as carriers have them."""
    values = np.random.default_rng(2).choice([1, 4, 16, 64, 3, 12], 200_000, p=[0.37, 0.27, 0.22, 0.1, 0.03, 0.01])
    coded = rans.encode(values.astype(np.uint8))
    shares = np.bincount(values)[np.unique(values)] / len(values)
    bound = -(shares * np.log2(shares)).sum() * len(values) / 8
    assert coded.words.nbytes + coded.states.nbytes < bound * 1.07  # lanes of 256 phones take 4 B each
    assert coded.words.nbytes < bound * 1.01


@given(st.lists(st.integers(0, 2**35 - 1)))
def test_varints_come_back(numbers: list[int]) -> None:
    """One spelling each."""
    written = varints(np.array(numbers, np.int64))
    assert read_varints(written, "x").tolist() == numbers
    assert list(snapshot_oracle._varints(written)) == numbers


@pytest.mark.parametrize("bad", [b"\x80", b"\x81\x80", b"\x80\x00", b"\xff" * 5 + b"\x01", b"\x01\x80"])
def test_other_varints_are_refused(bad: bytes) -> None:
    """Cut off, with a zero at its end, too long."""
    with pytest.raises(CodeError):
        read_varints(bad, "x")


SOUND = spread(3, 40)


def test_any_flipped_bit_is_another_payload() -> None:
    """Each bit counts: what is read from changed bytes is refused or says something else, and nothing runs wild."""
    written = payload.encode(SOUND)
    chosen = random.Random(7)
    for bit in [*range(8 * 48), *(chosen.randrange(8 * len(written)) for _ in range(400))]:
        bent = bytearray(written)
        bent[bit >> 3] ^= 1 << (bit & 7)
        try:
            read = payload.decode(bytes(bent), len(SOUND.keys), ENROLLED)
        except CodeError:
            continue
        assert not payload.same(read, SOUND), bit


def test_random_bytes_are_refused() -> None:
    """With lengths that fit or that do not: one kind of error."""
    chosen = random.Random(3)
    written = payload.encode(SOUND)
    for n in range(100):
        bent = bytearray(written)
        first = chosen.randrange(len(written))
        bent[first : first + 1 + n % 40] = chosen.randbytes(1 + n % 40)
        for content, count in ((bytes(bent), 120), (bytes(bent[:first]), 120), (bytes(bent), chosen.randrange(2**32))):
            try:
                payload.decode(content, count, ENROLLED)
            except CodeError:
                continue


def with_lengths(*lengths: int) -> bytes:
    return struct.pack("<8I", 0, *lengths) + bytes(sum(lengths) % 1_000)


LIES = {
    "lengths beyond the end": (with_lengths(2**32 - 1, 0, 0, 0, 0, 0, 0), 1),
    "more phones than bits": (payload.encode(SOUND), 2**31),
    "fewer phones": (payload.encode(SOUND), 119),
    "less than none": (payload.encode(SOUND), -1),
    "no front": (b"\0" * 31, 0),
}


@pytest.mark.parametrize("lie", LIES)
def test_lengths_are_not_believed(lie: str) -> None:
    """What is larger than what is there is refused before anything is made for it."""
    content, count = LIES[lie]
    with pytest.raises(CodeError):
        payload.decode(content, count, ENROLLED)


def test_a_table_that_lies_is_refused() -> None:
    """TACs of nine digits, more phones than a TAC has serials, serials of seven digits."""
    for table, count in (
        ([100_000_000, 0], 1),
        ([0, 20 * 1_000_000], 1_000_001),
        ([5], 1),
    ):
        written = serials.Gaps(varints(np.array(table, np.int64)), b"\x01", b"\x01" * 130_000)
        with pytest.raises(CodeError):
            serials.decode(written, count)
    far = serials.encode(np.array([999_999], np.uint64))
    wide = serials.Gaps(far.table, far.lengths, far.groups.replace(far.groups[1:], b"\xff" * len(far.groups[1:])))
    with pytest.raises(CodeError):
        serials.decode(wide, 1)


@pytest.mark.parametrize("what", ["shares", "states", "words", "order"])
def test_a_code_that_lies_is_refused(what: str) -> None:
    """Shares that are not whole, states that no writer leaves, words too few or too many."""
    values = np.array([1, 4] * 300, np.uint8)
    sound = rans.encode(values)
    bent = {
        "shares": Coded(sound.symbols, sound.shares + np.uint32(1), sound.states, sound.words),
        "states": Coded(sound.symbols, sound.shares, sound.states & np.uint32(0xFFFF), sound.words),
        "words": Coded(sound.symbols, sound.shares, sound.states, sound.words[:-1]),
        "order": Coded(sound.symbols[::-1].copy(), sound.shares, sound.states, sound.words),
    }[what]
    with pytest.raises(CodeError):
        rans.decode(bent, len(values))


def test_what_lies_ahead_is_a_caution() -> None:
    """A day beside a phone that is no caution, a carrier that is not enrolled, a phone that is not there: refused."""
    rows: list[kit.Row] = [(100_100_000_000, kit.ENROLLED[0], kit.Mark.RESTRICTED, kit.DAY.replace(day=25))]
    packed = packed_of(rows)
    keys, positions, days = packed.pending.keys, packed.pending.positions, packed.pending.days
    assert payload.same(payload.decode(payload.encode(packed), 1, 3), packed)
    for other in (
        Packed(packed.keys, packed.values | np.uint8(1), packed.pending),
        Packed(packed.keys, packed.values, Pending(keys, np.array([3], np.uint8), days)),
        Packed(packed.keys, packed.values, Pending(keys + np.uint64(1), positions, days)),
    ):
        with pytest.raises(CodeError):
            payload.decode(payload.encode(other), 1, 3)
