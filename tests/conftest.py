"""What every test stands on: no settings of the person who runs them, no wall-time limits, nothing left in the tree."""

from __future__ import annotations

import gc
import os
import sys

from hypothesis import settings

from tests import desk_ready

desk_ready.install()
for name in ("SHIROROM_DATA", "SHIROROM_CONFIG", "SHIROROM_LOG_DATABASE"):
    os.environ.pop(name, None)

# No deadline: two cores under load are slow, not wrong. No example database: a run leaves nothing behind. In CI the
# examples are the same every time, so that a red run means a change; every other run looks further.
settings.register_profile(
    "house", deadline=None, database=None, print_blob=True, derandomize=os.environ.get("CI") == "true"
)
settings.load_profile("house")


def pytest_collection_finish() -> None:
    """Ten thousand collected tests are no rubbish to look through again and again: a quarter of all time went there."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def pytest_sessionfinish() -> None:
    """End the PostgreSQL servers that tests started."""
    if kit := sys.modules.get("tests.postgres_kit"):
        kit.remove_all()
