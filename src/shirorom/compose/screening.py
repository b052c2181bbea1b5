"""Screening jobs' part of the composition root: the jobs of a server, and the child process that does one."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.ports.screenings import Counts

if TYPE_CHECKING:
    from shirorom.adapters.screening_process import Call
    from shirorom.compose import Composition
    from shirorom.ports.screenings import Form, OnProgress
    from shirorom.service.screenings import Screenings

GIGABYTE = 1_000_000_000


def screenings(whole: Composition) -> Screenings:
    """The jobs of this data directory."""
    from shirorom.adapters.screening_files import FileScreenings
    from shirorom.adapters.screening_process import ProcessScreener
    from shirorom.service.screenings import Bounds, Screenings

    api = whole.settings.api
    bounds = Bounds(api.screenings_max, int(api.screenings_gb_max * GIGABYTE), timedelta(hours=api.screenings_keep_h))
    screener = ProcessScreener(__name__, whole.settings, whole.data)
    return Screenings(FileScreenings(whole.data), screener, whole.clock, os.urandom, bounds)


def work(call: Call, on_progress: OnProgress) -> Counts:
    """One job, in the child."""
    from shirorom.compose import Composition
    from shirorom.edge.cli.context import Options

    composition = Composition(Options(data=Path(call.data)), settings=call.settings)
    try:
        return screened(composition, Path(call.source), Path(call.target), call.form, on_progress)
    finally:
        composition.close()


def screened(whole: Composition, source: Path, target: Path, form: Form, on_progress: OnProgress) -> Counts:
    """A file, as `shirorom screen` does it."""
    from shirorom.service.screen import Wish

    wish = Wish(
        form.kind, form.columns, form.sheet, form.numbers_only, form.escape, add=form.add, added_only=form.added_only
    )
    done = whole.screen(source, target, wish, on_progress)
    return Counts(done.rows, done.phones, done.practice, dict(done.verdicts), dict(done.codes), tuple(done.bad))


if __name__ == "__main__":
    from shirorom.adapters.screening_process import be_the_child

    be_the_child(work)
