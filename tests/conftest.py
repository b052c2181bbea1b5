"""What every test stands on: no settings of the person who runs them, no wall-time limits, nothing left in the tree."""

from __future__ import annotations

import os

from hypothesis import settings

for name in ("SHIROROM_DATA", "SHIROROM_CONFIG"):
    os.environ.pop(name, None)

# No deadline: two cores under load are slow, not wrong. No example database: a run leaves nothing behind.
settings.register_profile("house", deadline=None, database=None, print_blob=True)
settings.load_profile("house")
