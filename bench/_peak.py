"""`python -m bench._peak OUT COMMAND…`: runs a command; into OUT go its seconds and its most memory.

A process of its own between the bench and the command: what a child had before it became the command counts as the
command's, so that the one who starts it must be small itself.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

KB = 1 if sys.platform == "darwin" else 1024


class Ran(NamedTuple):
    """What a command took, and what it said on stdout."""

    seconds: float
    peak_mb: float
    said: str


def ran(*command: str) -> Ran:
    """Run a command to its end. Raises RuntimeError when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "took.json"
        wrapped = [sys.executable, "-S", "-m", "bench._peak", str(out), *command]
        done = subprocess.run(wrapped, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command[:4])} …: {done.stderr.strip()[-500:]}")
        took = json.loads(out.read_text(encoding="ascii"))
    return Ran(took["seconds"], took["peak_mb"], done.stdout)


def main(out: str, command: list[str]) -> int:
    """Of the process between."""
    begin = time.perf_counter()
    status = subprocess.run(command, check=False).returncode
    seconds = time.perf_counter() - begin
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * KB / 1e6
    Path(out).write_text(json.dumps({"seconds": seconds, "peak_mb": peak_mb}), encoding="ascii")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
