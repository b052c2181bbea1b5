"""The monitor: a log that goes back, forks, or serves what it did not sign is refused and proved (T8, T10, T11)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shirorom.adapters import monitor_state
from shirorom.adapters.fetch import FileSource
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import Opening
from shirorom.log.note import VerifierKey
from shirorom.service.monitor import monitor
from shirorom.service.monitor_report import Finding, Report, Seen, Wanted
from shirorom.service.openings import openings_of_log, openings_of_sheet
from tests.c2sp import opened
from tests.logs import START
from tests.publishing_kit import PublishedLog


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[PublishedLog]:
    made = PublishedLog(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedLog]:
    """A log of 300 entries that no test changes, and its files as they are."""
    made = PublishedLog(tmp_path_factory.mktemp("standing"))
    made.grow(300, phones=7)
    made.publish()
    yield made
    made.close()


def key_of(shop: PublishedLog) -> VerifierKey:
    return shop.keys.signer(START).key


def look(where: Path, seen: Seen | None = None, **wanted: object) -> Report:
    return monitor(FileSource(where), seen or Seen(), Wanted(**wanted))  # type: ignore[arg-type]


def found(report: Report) -> list[Finding]:
    return [one.finding for one in report.alarms]


def mine_of(shop: PublishedLog) -> dict[str, list[Opening]]:
    return {shop.log.origin: list(openings_of_log(shop.log))}


def test_a_log_that_grows_is_followed(shop: PublishedLog):
    """Look by look, from tile to tile: nothing is found, and the head is remembered."""
    seen = Seen((key_of(shop),))
    for count in (3, 252, 1, 200, 0):
        if count:
            shop.grow(count)
        shop.publish()
        report = look(shop.shelf.root, seen)
        assert report.ok
        seen = report.seen
    assert seen.signed is not None
    assert seen.signed.checkpoint.size == 456


def test_the_first_look_pins_the_keys_and_says_so(standing: PublishedLog):
    """Trust on first use is told: the reader has to compare the fingerprint."""
    report = look(standing.shelf.root)
    assert (report.ok, report.first_use, report.seen.keys) == (True, True, (key_of(standing),))
    assert not look(standing.shelf.root, report.seen).first_use


def test_every_entry_of_ours_is_named(standing: PublishedLog):
    """By index, kind and time, never by number."""
    report = look(standing.shelf.root, keys=[key_of(standing)], openings=mine_of(standing))
    assert report.ok
    assert [one.index for one in report.mine] == list(range(300))


def test_an_opening_without_its_entry_is_an_alarm(standing: PublishedLog):
    """Somebody holds a proof of an entry that the log does not show."""
    openings = list(mine_of(standing)[standing.log.origin])
    openings.append(replace(openings[-1], salt=bytes(32)))
    report = look(standing.shelf.root, keys=[key_of(standing)], openings={standing.log.origin: openings})
    assert found(report) == [Finding.ENTRY_MISSING]


def test_openings_of_another_log_are_no_all_clear(standing: PublishedLog):
    """Nothing was looked for: that must not pass for "all there"."""
    openings = {"shirorom/practice/other": mine_of(standing)[standing.log.origin]}
    assert found(look(standing.shelf.root, keys=[key_of(standing)], openings=openings)) == [Finding.OPENINGS_OTHER]


@pytest.mark.parametrize("left_out", [0, 3])
def test_a_gap_in_a_chain_is_an_alarm(standing: PublishedLog, left_out: int):
    """An entry in the middle, or at the beginning, that a holder was not given."""
    openings = [one for one in mine_of(standing)[standing.log.origin] if one.counter != left_out or one.key[-1] != "1"]
    report = look(standing.shelf.root, keys=[key_of(standing)], openings={standing.log.origin: openings})
    assert found(report) == [Finding.CHAIN_GAP]


def test_a_log_that_went_back_is_proved(shop: PublishedLog, tmp_path: Path):
    """T8: both heads are signed; the files of yesterday are shown again today."""
    shop.grow(5)
    shop.publish()
    shutil.copytree(shop.shelf.root, tmp_path / "yesterday")
    shop.grow(3)
    shop.publish()
    seen = look(shop.shelf.root, keys=[key_of(shop)]).seen
    report = look(tmp_path / "yesterday", seen)
    assert found(report) == [Finding.ROLLED_BACK]
    assert report.seen is seen
    proof = report.proof(seen)
    assert proof is not None
    assert all(opened(head, key_of(shop).text) for head in proof)


def forked(shop: PublishedLog, tmp_path: Path, *, more: int) -> PublishedLog:
    """The same log with the same key, gone another way after its third entry."""
    shop.grow(3)
    shop.checkpoints.signed()
    shop.close()
    other = tmp_path / "other"
    shutil.copytree(shop.data, other)
    shop.__post_init__()
    shop.grow(2)
    shop.publish()
    made = PublishedLog(other)
    made.grow(more)
    made.publish()
    return made


@pytest.mark.parametrize("more", [2, 4])
def test_a_fork_is_proved(shop: PublishedLog, tmp_path: Path, more: int):
    """T10: two heads of one size, and a longer one that does not begin with the one seen; both heads are kept."""
    other = forked(shop, tmp_path, more=more)
    seen = look(shop.shelf.root, keys=[key_of(shop)]).seen
    report = look(other.shelf.root, seen)
    other.close()
    assert found(report) == [Finding.FORKED]
    proof = report.proof(seen)
    assert proof is not None
    path = monitor_state.keep_proof(tmp_path / "state", seen.keys, proof)
    assert monitor_state.keep_proof(tmp_path / "state", seen.keys, proof) == path
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert all(opened(kept[head].encode(), key_of(shop).text) for head in ("seen", "shown"))


def test_a_fork_seen_with_openings_is_proved_too(shop: PublishedLog, tmp_path: Path):
    """The walk from the first entry comes past the head that was seen."""
    other = forked(shop, tmp_path, more=4)
    seen = look(shop.shelf.root, keys=[key_of(shop)]).seen
    report = look(other.shelf.root, seen, openings=mine_of(other))
    other.close()
    assert found(report) == [Finding.FORKED]


def test_a_new_key_is_shown_and_not_believed(shop: PublishedLog):
    """After a rotation the reader asks the shop, and then gives the key."""
    shop.grow(2)
    shop.publish()
    seen = look(shop.shelf.root, keys=[key_of(shop)]).seen
    new = shop.keys.rotate(START + timedelta(days=1))
    shop.publish()
    report = look(shop.shelf.root, seen)
    assert (found(report), report.new_keys) == ([Finding.UNSIGNED], (new,))
    assert look(shop.shelf.root, seen, keys=[new]).ok


def test_what_a_revoked_key_signed_is_an_alarm(shop: PublishedLog, tmp_path: Path):
    """The thief goes on with the old key; the shop's keys file says that it is over."""
    shop.grow(2)
    shop.publish()
    stolen = key_of(shop)
    shutil.copytree(shop.shelf.root, tmp_path / "thief")
    shop.keys.revoke(stolen.id.hex(), START, "盗まれた", START + timedelta(days=1))
    shop.publish()
    shutil.copy(shop.shelf.root / "keys.json", tmp_path / "thief" / "keys.json")
    assert found(look(tmp_path / "thief", keys=[stolen])) == [Finding.KEY_REVOKED]


def test_another_log_in_its_place_is_an_alarm(shop: PublishedLog, standing: PublishedLog):
    """Sound in itself, and not the one that was watched."""
    shop.grow(1)
    shop.publish()
    seen = look(standing.shelf.root).seen
    assert found(look(shop.shelf.root, seen, keys=[key_of(shop)])) == [Finding.OTHER_LOG]


def test_too_few_witnesses_are_an_alarm(standing: PublishedLog):
    """Who wants one is told that there is none."""
    report = look(standing.shelf.root, keys=[key_of(standing)], witnesses_min=1)
    assert found(report) == [Finding.WITNESSES]


@pytest.mark.parametrize("content", [None, b"", b"x\n\n"])
def test_without_a_checkpoint_nothing_is_known(tmp_path: Path, content: bytes | None):
    """An empty place, or one with something else in it."""
    if content is not None:
        (tmp_path / "checkpoint").write_bytes(content)
    assert found(look(tmp_path)) == [Finding.MISSING]


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bent_byte_of_any_file_is_an_alarm(standing: PublishedLog, data: st.DataObject):
    """T11: of tiles, bundles and checkpoint, each byte counts, in length and value."""
    paths = sorted(path for path in standing.shelf.root.rglob("*") if path.is_file() and path.name != "keys.json")
    path = data.draw(st.sampled_from(paths))
    content = path.read_bytes()
    at, by = data.draw(st.integers(0, len(content) - 1)), data.draw(st.integers(1, 255))
    bent = data.draw(
        st.sampled_from([content[:at], content[:at] + bytes([content[at] ^ by]) + content[at + 1 :], content + b"\0"])
    )

    class Bent(FileSource):
        def get(self, name: str, *, bytes_max: int) -> bytes | None:
            return bent if standing.shelf.root / name == path else super().get(name, bytes_max=bytes_max)

    report = monitor(Bent(standing.shelf.root), Seen(), Wanted([key_of(standing)]))
    assert found(report)[0] in (Finding.TILES, Finding.UNSIGNED, Finding.MISSING)


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/001.p/44", "tile/entries/000", "tile/1/000.p/1"])
def test_a_missing_file_is_an_alarm(standing: PublishedLog, tmp_path: Path, name: str):
    """A log that does not show all that it signed."""
    shutil.copytree(standing.shelf.root, tmp_path / "copy")
    (tmp_path / "copy" / name).unlink()
    assert found(look(tmp_path / "copy", keys=[key_of(standing)])) == [Finding.TILES]


def test_a_tile_that_became_full_meanwhile_serves_the_smaller_head(shop: PublishedLog, tmp_path: Path):
    """The log may drop a partial tile once it is full; the head from before still holds."""
    shop.grow(250)
    shop.publish()
    old = shop.shelf.get("checkpoint") or b""
    shop.grow(10)
    shop.publish()
    shop.shelf.put("checkpoint", old)
    assert look(shop.shelf.root, keys=[key_of(shop)]).ok


def test_what_was_seen_is_remembered(standing: PublishedLog, tmp_path: Path):
    """Keys, head and tree, through a file; a damaged one is no memory."""
    seen = look(standing.shelf.root).seen
    path = tmp_path / "state"
    assert monitor_state.load(path) == Seen()
    monitor_state.save(path, seen)
    assert monitor_state.load(path) == seen
    path.write_bytes(path.read_bytes().replace(b"300", b"301"))
    with pytest.raises(StorageError) as raised:
        monitor_state.load(path)
    assert raised.value.code == "monitor-state-corrupt"


def test_openings_come_out_of_a_sheet(standing: PublishedLog):
    """Whatever else is in it: whether the sheet holds is said by `verify`."""
    openings = mine_of(standing)[standing.log.origin][:2]
    entries = [
        {"index": n, "entry": "…", "opening": {
            "key": o.key, "counter": o.counter, "previous": o.previous.hex(), "salt": o.salt.hex(),
            "statement": o.statement.decode()}, "proof": []}
        for n, o in enumerate(openings)
    ]  # fmt: skip
    checkpoint = (standing.shelf.get("checkpoint") or b"").decode()
    sheet = {"format": "shirorom-sheet/v1", "sheet": {"checkpoint": checkpoint, "entries": entries}, "signatures": []}
    assert openings_of_sheet(json.dumps(sheet).encode()) == (standing.log.origin, openings)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"sheet":{"checkpoint":"x","entries":[]}}', b"[" * 10_000])
def test_what_is_no_sheet_has_no_openings(content: bytes):
    """Told by its code."""
    with pytest.raises(ShiroromError) as raised:
        openings_of_sheet(content)
    assert raised.value.code == "openings-unreadable"
