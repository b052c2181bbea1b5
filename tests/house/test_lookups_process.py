"""A server looks up while another process imports: what came in is in the answers, without a restart."""

from __future__ import annotations

import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from scripts.serving import SHIROROM, post, serving
from shirorom.compose import Composition
from shirorom.domain.feed import FeedKind
from shirorom.edge.cli.context import Options
from tests.feed_kit import Publisher, notice, restricted
from tests.logs import imei

TRIES_MAX = 1_000


def mark(url: str) -> str | None:
    """What docomo's book says of the phone."""
    status, said = post(f"{url}/v1/lookups", {"devices": [imei(2).digits]})
    assert status == 200, said
    found: str | None = said["results"][0]["cells"][0]["mark"]
    return found


def shirorom(data: Path, *words: str) -> None:
    subprocess.run([str(SHIROROM), "--data", str(data), *words], check=True, capture_output=True)


def test_another_process_is_heard(tmp_path: Path) -> None:
    """A full list and then a restriction, imported by the command: each is answered; a bench says how soon."""
    data = tmp_path / "data"
    made = Composition(Options(data=data))
    made.feeds.keys.add(Publisher().key())
    made.close()
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)
    feeds: list[tuple[list[Any], FeedKind]] = [
        ([notice(2)], FeedKind.FULL), ([restricted(2)], FeedKind.DELTA),
    ]  # fmt: skip
    heard = list[str | None]()
    with serving(data=data) as served:
        heard.append(mark(served.url))
        for sequence, (notices, kind) in enumerate(feeds):
            path = tmp_path / f"{sequence}.ndjson"
            path.write_bytes(Publisher().feed(notices, sequence, kind, made_at=began + timedelta(minutes=sequence)))
            shirorom(data, "import", str(path), "--carrier", "docomo")
            for _ in range(TRIES_MAX):
                if (said := mark(served.url)) != heard[-1]:
                    heard.append(said)
                    break
                time.sleep(0.01)
    assert heard == [None, "clear", "restricted"]
