"""T2 for feeds: the import is killed at the n-th call to the disk; there is the whole feed, or none of it."""

from __future__ import annotations

from pathlib import Path

from tests.faults.log_run import calls_of, command, spread, traced
from tests.feed_kit import Importer, Publisher, restricted
from tests.logs import imei
from tests.scale import scaled

ROWS = 30
PLACES = 200
IMPORT = ("--batch", ROWS)


def wrong(data: Path, acks: list[tuple[int, int]]) -> str | None:
    """What is wrong with what was left; afterwards the same feed is imported to its end."""
    importer = Importer(data)
    try:
        heard = sum(len(importer.room.recorder.entries(imei(n))) for n in range(ROWS))
        if heard not in ((ROWS,) if acks else (0, ROWS)):
            return f"{heard} rows"
        if importer.findings():
            return str(importer.findings())
        if not importer.keys.all():
            importer.keys.add(Publisher().key())
        again = importer(Publisher().feed([restricted(n) for n in range(ROWS)]))
        if again.already is not (heard == ROWS):
            return "imported twice"
        return str(importer.findings()) if importer.findings() else None
    finally:
        importer.close()


def test_a_kill_at_any_call_leaves_the_whole_feed_or_none(tmp_path: Path) -> None:
    """Rows durable, then the entry that names them; what was cut off is cured by the same import again."""
    trace = tmp_path / "trace"
    places = calls_of(command("feed", tmp_path / "clean", *IMPORT), trace)
    ended_early = 0
    for call, n in spread(places, scaled(PLACES)):
        data = tmp_path / f"{call}-{n}"
        data.mkdir(mode=0o700)
        said = traced(
            command("feed", data, *IMPORT), trace, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"
        )
        ended_early += not said.done
        assert wrong(data, said.acks) is None, (call, n)
    assert ended_early > 0


def test_an_entry_without_its_rows_shows(tmp_path: Path) -> None:
    """Control: where the entry is written and the rows are not, fsck says so."""
    traced(command("feed", tmp_path / "data", *IMPORT, "--without", "evidence-first"), tmp_path / "trace")
    importer = Importer(tmp_path / "data")
    assert importer.findings() == [("segment", "differs")]
    importer.close()
