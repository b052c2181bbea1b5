"""A shop takes snapshots in order and only whole; what is refused leaves what was there."""

from __future__ import annotations

import errno
import os
import random
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from shirorom.adapters import durable
from shirorom.adapters.sealed_box import CHUNK, HpkeBox
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.adapters.snapshot_files import POINTER, GivenFiles, SnapshotFiles, _sealed, _unsealed
from shirorom.domain.errors import ShiroromError
from shirorom.domain.mark import Mark
from shirorom.log.entry import MalformedError
from shirorom.log.note import VerifierKey
from shirorom.log.shop_key import ShopKey
from shirorom.register.content import Content
from shirorom.register.format import Stamp
from shirorom.register.rows import Row
from shirorom.register.snapshot_head import Holds
from shirorom.service.snapshot_apply import ApplySnapshot, look
from tests import register_kit as kit
from tests import snapshot_kit as snapshots
from tests.logs import SetClock
from tests.snapshot_kit import box

DOCOMO = kit.ENROLLED[0]
KEY = 100_100_000_000
BAD: list[Row] = [(KEY, DOCOMO, Mark.RESTRICTED), (KEY + 1, DOCOMO, Mark.CAUTION)]
LATER: list[Row] = [(KEY, DOCOMO, Mark.CAUTION), (KEY + 2, DOCOMO, Mark.RESTRICTED)]
MAKER = snapshots.SIGNER.key


@dataclass
class Shop:
    """A shop's directory, and the use case in it."""

    directory: Path
    clock: SetClock = field(default_factory=lambda: SetClock(snapshots.MADE_AT + timedelta(hours=1)))

    @property
    def use(self) -> ApplySnapshot:
        return snapshots.shop(self.directory, self.clock)

    def apply(self, file: bytes, *keys: VerifierKey, **options: float) -> bool:
        """Whether anything was changed."""
        return not self.use(file, keys=keys, **options).already

    def refused(self, file: bytes, *keys: VerifierKey, **options: float) -> str:
        """The code, after making sure that what is there stayed."""
        before = self.files()
        with pytest.raises(ShiroromError) as error:
            self.use(file, keys=keys, **options)
        assert self.files() == before
        return error.value.code

    def files(self) -> dict[str, bytes]:
        """All that is kept."""
        names = (
            [path for path in self.directory.iterdir() if path.suffix != ".sqlite"] if self.directory.is_dir() else []
        )
        return {path.name: path.read_bytes() for path in names}

    def codes(self) -> list[int]:
        """docomo's of three phones."""
        applied = SnapshotFiles(self.directory).current()
        assert applied is not None
        return [int(code) for code in applied.codes(kit.keys_of([KEY, KEY + 1, KEY + 2]))[:, 0]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """One that took the first snapshot."""
    made = Shop(tmp_path / "snapshot")
    assert made.apply(snapshots.made(first()), MAKER)
    return made


def first(stamp: Stamp | None = None, holds: Holds = Holds.DOUBTFUL) -> Content:
    return snapshots.content(BAD, holds, stamp)


def second(size: int = 9, days: int = 0) -> Content:
    return snapshots.content(LATER, stamp=kit.stamp(size=size, days=days))


def test_whole_ones_and_deltas_go_forward(shop: Shop) -> None:
    """A delta, another one over it, then a whole one."""
    assert shop.codes() == [3, 2, 255]
    assert shop.apply(snapshots.made(second(), first()))
    assert shop.codes() == [2, 255, 3]
    third = snapshots.content(BAD, stamp=kit.stamp(size=10))
    assert shop.apply(snapshots.made(third, second()))
    assert shop.codes() == [3, 2, 255]
    assert shop.apply(snapshots.made(second(size=11)))
    assert shop.codes() == [2, 255, 3]


def test_a_reader_follows(shop: Shop) -> None:
    """One that had the older one open answers from the newer one at its next look; the same one is not read again."""
    reader = SnapshotFiles(shop.directory)
    before = reader.current()
    assert reader.current() is before
    shop.apply(snapshots.made(second(), first()))
    now = reader.current()
    assert now is not None
    assert now is not before
    assert now.head.stamp.log.size == 9


def test_the_same_again_changes_nothing(shop: Shop) -> None:
    """Whichever file leads there."""
    assert not shop.apply(snapshots.made(first()))
    assert not shop.apply(snapshots.made(first(), salt=2))
    assert shop.apply(snapshots.made(second(), first()))
    assert not shop.apply(snapshots.made(second(), first()))
    assert not shop.apply(snapshots.made(second()))


def test_a_delta_with_nothing_there_is_refused(tmp_path: Path) -> None:
    """There is no base at all."""
    assert Shop(tmp_path / "snapshot").refused(snapshots.made(second(), first()), MAKER) == "snapshot-base"


def test_a_delta_out_of_order_is_refused(shop: Shop) -> None:
    """One was left out; or it is over another content of the same log."""
    third = snapshots.content(BAD, stamp=kit.stamp(size=10))
    assert shop.refused(snapshots.made(third, second())) == "snapshot-base"
    other = snapshots.content(LATER)
    assert shop.refused(snapshots.made(third, other)) == "snapshot-base"


def test_older_ones_are_refused(shop: Shop) -> None:
    """A smaller log, an earlier making, a book that is older, a carrier that is gone."""
    shop.apply(snapshots.made(second(), first()))
    assert shop.refused(snapshots.made(first())) == "snapshot-rollback"
    early = snapshots.MADE_AT - timedelta(seconds=1)
    assert (
        shop.refused(snapshots.made(snapshots.content(BAD, stamp=kit.stamp(size=10)), at=early)) == "snapshot-rollback"
    )
    shop.clock.at += timedelta(days=1)
    stamp = kit.stamp(size=10, enrolled=kit.ENROLLED[:1])
    assert shop.refused(snapshots.made(first(stamp)), age_h_max=99) == "snapshot-rollback"
    assert shop.refused(snapshots.made(second(size=10, days=-1)), age_h_max=99) == "snapshot-rollback"


def test_another_past_of_the_log_is_refused(shop: Shop) -> None:
    """The same size with another root."""
    stamp = kit.stamp()
    forked = Stamp(type(stamp.log)(stamp.log.origin, stamp.log.size, bytes(32)), stamp.carriers, stamp.practice)
    assert shop.refused(snapshots.made(first(forked))) == "snapshot-foreign"


def test_another_log_is_refused(shop: Shop, tmp_path: Path) -> None:
    """By its own key or by ours: a key speaks for the log of its name."""
    stamp = kit.stamp(size=9)
    other = Stamp(type(stamp.log)("other.test/log", 9, stamp.log.root), stamp.carriers, stamp.practice)
    signer = Ed25519Signer("other.test/log", bytes(32))
    assert shop.refused(snapshots.made(first(other), signer=signer), signer.key) == "snapshot-foreign"
    assert shop.refused(snapshots.made(first(other), signer=signer)) == "snapshot-foreign"
    assert Shop(tmp_path / "new").refused(snapshots.made(first(other)), MAKER) == "snapshot-foreign"


def test_the_other_world_is_refused(tmp_path: Path) -> None:
    """Real in practice, and practice in real."""
    real = first(kit.stamp(practice=False))
    assert Shop(tmp_path / "snapshot").refused(snapshots.made(real), MAKER) == "snapshot-world"
    use = ApplySnapshot(SnapshotFiles(tmp_path / "real"), box(), SetClock(snapshots.MADE_AT), practice=False)
    with pytest.raises(ShiroromError) as error:
        use(snapshots.made(first()), keys=[MAKER])
    assert error.value.code == "snapshot-world"
    use(snapshots.made(real), keys=[MAKER])


def test_old_ones_are_refused(tmp_path: Path) -> None:
    """The newest book counts; how old it may be can be said."""
    shop = Shop(tmp_path / "snapshot")
    shop.clock.at = kit.AS_OF + timedelta(hours=24, seconds=1)
    file = snapshots.made(first())
    assert shop.refused(file, MAKER) == "snapshot-stale"
    assert shop.refused(file, MAKER, age_h_max=24) == "snapshot-stale"
    assert shop.apply(file, MAKER, age_h_max=25)


def test_what_is_of_tomorrow_is_refused(tmp_path: Path) -> None:
    """It would stay fresh for ever. A few minutes are clocks that differ."""
    shop = Shop(tmp_path / "snapshot")
    shop.clock.at = snapshots.MADE_AT - timedelta(minutes=6)
    assert shop.refused(snapshots.made(first()), MAKER) == "snapshot-ahead"
    shop.clock.at = snapshots.MADE_AT - timedelta(minutes=4)
    assert shop.apply(snapshots.made(first()), MAKER)


def test_the_makers_key_is_given_once(shop: Shop, tmp_path: Path) -> None:
    """Without one nothing is taken; then it is remembered; another one has to be given, and the old one still holds."""
    assert Shop(tmp_path / "new").refused(snapshots.made(first())) == "snapshot-key-needed"
    by_stranger = snapshots.made(second(), first(), signer=snapshots.STRANGER)
    assert shop.refused(by_stranger) == "snapshot-signature"
    assert shop.apply(by_stranger, snapshots.STRANGER.key)
    assert shop.apply(snapshots.made(snapshots.content(BAD, stamp=kit.stamp(size=10)), second()))


def test_a_flipped_bit_in_a_file_is_refused(shop: Shop) -> None:
    """T7: plain or encrypted, each with its code, and what was there stays."""
    chosen, plain = random.Random(7), snapshots.made(second(), first())
    for file in (plain, box().seal(plain, [box(2).key, box(1).key])):
        for _ in range(60):
            bit = chosen.randrange(8 * len(file))
            bent = bytearray(file)
            bent[bit >> 3] ^= 1 << (bit & 7)
            assert shop.refused(bytes(bent)) in {
                "snapshot-malformed", "snapshot-signature", "snapshot-sealed", "snapshot-foreign",
            }  # fmt: skip
        for length in (0, 1, 30, len(file) // 2, len(file) - 1):
            assert shop.refused(file[:length]) in {"snapshot-malformed", "snapshot-sealed"}
    assert shop.apply(file)


def test_a_flipped_bit_on_the_disk_is_refused(shop: Shop) -> None:
    """T7: of what was applied no answer is given any more once a bit of it changed."""
    chosen = random.Random(8)
    for path in shop.directory.iterdir():
        if path.suffix == ".sqlite":
            continue
        sound = path.read_bytes()
        for _ in range(40):
            bent = bytearray(sound)
            bit = chosen.randrange(8 * len(sound))
            bent[bit >> 3] ^= 1 << (bit & 7)
            path.write_bytes(bytes(bent))
            with pytest.raises(ShiroromError) as error:
                SnapshotFiles(shop.directory).current()
            assert error.value.code == "snapshot-corrupt"
        path.write_bytes(sound)
    assert shop.codes() == [3, 2, 255]


def test_a_register_that_is_gone_is_refused(shop: Shop) -> None:
    """A pointer to nothing, to nothing in it, or to another one's register."""
    (path,) = shop.directory.glob("*.reg")
    for content in (None, b"", SnapshotFiles):
        if content is None:
            path.unlink()
        elif content == b"":
            path.write_bytes(b"")
        else:
            other = Shop(shop.directory.parent / "other")
            other.apply(snapshots.made(second()), MAKER)
            path.write_bytes(next(other.directory.glob("*.reg")).read_bytes())
        with pytest.raises(ShiroromError) as error:
            SnapshotFiles(shop.directory).current()
        assert error.value.code == "snapshot-corrupt"


def test_a_full_disk_leaves_the_older_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """T5: whichever of the writes fails."""
    write, file = durable.write_durably, snapshots.made(second(), first())
    for failing in range(2):
        left = [failing]

        def full(path: Path, content: bytes, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "full")
            write(path, content)

        monkeypatch.setattr("shirorom.adapters.snapshot_files.write_durably", full)
        with pytest.raises(ShiroromError) as error:
            shop.apply(file)
        assert error.value.code == "storage-full"
        assert shop.codes() == [3, 2, 255]
    monkeypatch.undo()
    assert shop.apply(file)
    assert sorted(name[:2] for name in shop.files()) == ["CU", "s-"]


def test_two_at_once_do_not_go_back(shop: Shop) -> None:
    """While one is applied another one waits for it, then is told to come again."""
    with SnapshotFiles(shop.directory).changing():
        other = SnapshotFiles(shop.directory, busy_ms=10)
        with pytest.raises(ShiroromError) as error, other.changing():
            pass
    assert error.value.code == "data-locked"


def test_a_pointer_that_lies_is_refused(shop: Shop) -> None:
    """Another spelling under a check value that holds, or a path in the place of a name."""
    path = shop.directory / POINTER
    pointer = _unsealed(path.read_bytes())
    for name in ("../CURRENT", "s-1-0.reg", ""):
        path.write_bytes(_sealed(type(pointer)(pointer.format, name, pointer.digest, pointer.keys, pointer.note)))
        with pytest.raises(ShiroromError) as error:
            SnapshotFiles(shop.directory).current()
        assert error.value.code == "snapshot-corrupt"


# A file by itself, and its encryption


def test_look_needs_no_shop() -> None:
    """Whole, readable, signed: and what it says of itself."""
    seen = look(snapshots.made(first()), box(), [MAKER])
    assert (seen.sealed, seen.signers, seen.head.count) == (False, (MAKER,), 2)
    delta = look(box().seal(snapshots.made(second(), first()), [box().key]), box(), [MAKER])
    assert (delta.sealed, delta.head.count) == (True, 3)
    with pytest.raises(ShiroromError) as error:
        look(snapshots.made(first()), box(), [snapshots.STRANGER.key])
    assert error.value.code == "snapshot-signature"


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
def test_each_shop_opens_it(size: int) -> None:
    """Whatever the number of chunks; nobody else, and nobody without a key."""
    content, shops = random.Random(size).randbytes(size), [box(n) for n in (1, 2, 3)]
    sealed = box().seal(content, [one.key for one in shops])
    assert [one.open(sealed) for one in shops] == [content] * 3
    for stranger in (box(4), HpkeBox(lambda: None, os.urandom)):
        with pytest.raises(ShiroromError) as error:
            stranger.open(sealed)
        assert error.value.code == "snapshot-sealed"


def test_chunks_cannot_be_left_out_or_moved() -> None:
    """Nor put under the head of another file."""
    content = bytes(2 * CHUNK + 5)
    sealed = box().seal(content, [box().key])
    front = len(sealed) - len(content) - 3 * 16
    one, two, rest = (
        sealed[front:][: CHUNK + 16],
        sealed[front:][CHUNK + 16 : 2 * (CHUNK + 16)],
        sealed[front:][2 * CHUNK + 32 :],
    )
    for body in (two + one + rest, one + two, one + rest, one + two + rest[:-1], one + two + rest + b"\0"):
        with pytest.raises(ShiroromError) as error:
            box().open(sealed[:front] + body)
        assert error.value.code == "snapshot-malformed"


def test_a_shops_key_shows_typing_errors() -> None:
    """Any other character is refused; blanks around it are not."""
    text = box().key.text
    assert ShopKey.parse(f" {text}\n") == box().key
    for n in range(len(text)):
        with pytest.raises(MalformedError):
            ShopKey.parse(text[:n] + ("A" if text[n] != "A" else "B") + text[n + 1 :])


def test_a_key_that_is_none_is_refused() -> None:
    """Zeros are 32 bytes, but nobody's key."""
    with pytest.raises(ShiroromError) as error:
        box().seal(b"x", [ShopKey(bytes(32))])
    assert error.value.code == "snapshot-shop-key"


def test_what_was_given_out_is_kept(tmp_path: Path) -> None:
    """By the digest of the file, or its beginning; the oldest go."""
    given = GivenFiles(tmp_path / "given")
    for n in range(20):
        given.keep(b"%d" % n, b"whole %d" % n)
    names = [sha256(b"%d" % n).hexdigest() for n in range(20)]
    assert given.since(names[19]) == given.since(names[19][:8]) == b"whole 19"
    assert given.since(names[0]) is None
    assert given.since("../given") is None
    assert len(list((tmp_path / "given").iterdir())) == 16
