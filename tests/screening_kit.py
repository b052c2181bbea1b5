"""Screenings for tests: a table of practice phones, and a screener that spares the process of each job."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from shirorom.compose import Composition
from shirorom.compose.screening import screened
from shirorom.ports.screenings import Counts, Form, OnProgress
from tests.logs import imei

CSV = {"content-type": "text/csv"}


class Here:
    """Does a job in this process."""

    def __init__(self, composition: Composition) -> None:
        self._composition = composition

    def __call__(
        self, source: Path, target: Path, form: Form, on_progress: OnProgress, stop: threading.Event
    ) -> Counts:
        return screened(self._composition, source, target, form, on_progress)


def table(count: int) -> bytes:
    """A csv of so many practice phones."""
    return ("管理番号,IMEI\n" + "".join(f"{n},{imei(n).digits}\n" for n in range(1, count + 1))).encode()


def ended(client: Any, id_: str, **more: Any) -> dict[str, Any]:
    """The job once nothing more comes of it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        job: dict[str, Any] = client.get(f"/v1/screenings/{id_}", **more).json()
        if job["state"] in ("done", "failed", "cancelled"):
            return job
        time.sleep(0.02)
    raise AssertionError(job)
