"""Known vulnerabilities of the locked packages: clean (exit 0), vulnerable (1) or not audited (3). Never clean unseen.

pip-audit without a source of advisories says "No known vulnerabilities found" and exits 0. Here a package that nobody
looked up makes the whole audit "not audited": could not look is not nothing found.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from scripts.locks import ROOT, pins

TIME_S_MAX = 300
"""Longer than this nobody waits for an audit; then it is not one."""


class Outcome(IntEnum):
    """What an audit found; the value is the exit status."""

    CLEAN = 0
    VULNERABLE = 1
    NOT_AUDITED = 3


def judge(pinned: Mapping[str, str], report: Mapping[str, Any] | None) -> tuple[Outcome, list[str]]:
    """What a report of pip-audit says of the pinned packages, and why.

    Args:
        pinned: Name -> version of everything that must have been looked up.
        report: pip-audit's JSON, or None when it gave none.
    """
    if report is None:
        return Outcome.NOT_AUDITED, ["pip-audit gave no report"]
    told: dict[str, Any] = {canonicalize_name(found["name"]): found for found in report.get("dependencies", ())}
    bad = [
        f"{name} {found['version']}: {hole['id']}" for name, found in told.items() for hole in found.get("vulns") or ()
    ]
    if bad:
        return Outcome.VULNERABLE, bad
    unseen = [name for name, version in pinned.items() if told.get(name, {}).get("version") != version]
    unseen += [name for name, found in told.items() if "skip_reason" in found]
    if unseen or not pinned:
        return Outcome.NOT_AUDITED, [f"{len(set(unseen))} of {len(pinned)} packages were not looked up"]
    return Outcome.CLEAN, [f"{len(pinned)} packages looked up"]


def ask(pinned: Mapping[str, str], *options: str) -> tuple[Mapping[str, Any] | None, str]:
    """Run pip-audit over the pins of every platform; its report, or None, and the last line it complained with."""
    with tempfile.TemporaryDirectory() as folder:
        listed, report = Path(folder) / "pins.txt", Path(folder) / "report.json"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in pinned.items()))
        command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--no-deps", "-r", str(listed)]
        command += ["-f", "json", "-o", str(report), "--progress-spinner", "off", "--cache-dir", folder, *options]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIME_S_MAX, check=False
            )
        except subprocess.TimeoutExpired:
            return None, f"no end within {TIME_S_MAX} s"
        last = (done.stderr.strip().splitlines() or [""])[-1]
        return (json.loads(report.read_text()) if report.exists() and report.stat().st_size else None), last


def main(*options: str) -> int:
    """Audit `requirements/dev.lock`, which holds every package of the other locks; print and return the outcome."""
    pinned = pins((ROOT / "requirements" / "dev.lock").read_text())
    report, complaint = ask(pinned, *options)
    outcome, why = judge(pinned, report)
    print(f"audit: {outcome.name.replace('_', ' ')}: {'; '.join(why)}")
    if outcome is Outcome.NOT_AUDITED and complaint:
        print(f"audit: {complaint}", file=sys.stderr)
    return outcome


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(*sys.argv[1:]))
