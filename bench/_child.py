"""Runs one part of a bench in a process of its own, so that its memory and caches are its own; notes its peak.

`apart("bench._engines", "measured", …)` calls that function there with JSON arguments, and gives its JSON answer with
`peak_mb`. `kernel=False`: nothing compiled of Shirorom can be imported there, so numpy and Python answer.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import traceback
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from typing import Any

MEMORY_SHARE = 0.85
"""Of what is free: a child that would take more fails by itself and takes nobody along."""
KB = 1 if sys.platform == "darwin" else 1024


class NotMeasuredError(Exception):
    """A part of a bench that could not be run here; says why."""


class FailedError(Exception):
    """A part of a bench that ended with an error, or answered what is wrong."""


def apart(module: str, function: str, *arguments: Any, kernel: bool = True) -> dict[str, Any]:
    """Call it in a new process.

    Raises:
        NotMeasuredError: a module is not installed, or the memory does not suffice.
        FailedError: it failed.
    """
    command = [sys.executable, "-m", "bench._child", module, function, json.dumps(arguments), str(int(kernel))]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    said = done.stdout.strip().splitlines()[-1:]
    if done.returncode or not said:
        raise FailedError(f"{module}.{function} ended with {done.returncode}")
    answer: dict[str, Any] = json.loads(said[0])
    if "missing" in answer:
        raise NotMeasuredError(answer["missing"])
    if "failed" in answer:
        raise FailedError(answer["failed"])
    return answer


def limit_memory() -> None:
    """Make this process fail with MemoryError before the machine runs out of memory."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = next(int(line.split()[1]) for line in file if line.startswith("MemAvailable:")) * 1024
    except OSError:
        return
    resource.setrlimit(resource.RLIMIT_DATA, (int(free * MEMORY_SHARE), resource.RLIM_INFINITY))


def peak_mb() -> float:
    """The most memory that this process had resident, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KB / 1e6


class _WithoutKernel(MetaPathFinder):
    """Refuses what is compiled of Shirorom, as if it had not been built."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """Raise ImportError for a compiled module of ours; leave the others to those who come after."""
        if name.startswith("shirorom."):
            found = PathFinder.find_spec(name, path)
            if found is not None and isinstance(found.loader, ExtensionFileLoader):
                raise ImportError(f"{name} is left out for this figure", name=name)
        return None


def without_kernel() -> None:
    """From now on this process imports nothing compiled of ours."""
    sys.meta_path.insert(0, _WithoutKernel())


def main(module: str, function: str, arguments: str, kernel: str) -> None:
    """Of the child."""
    if kernel == "0":
        without_kernel()
    limit_memory()
    try:
        answer = getattr(import_module(module), function)(*json.loads(arguments))
    except ModuleNotFoundError as error:
        answer = {"missing": f"{error.name} is not installed"}
    except MemoryError:
        answer = {"missing": "this machine has not memory enough now"}
    except Exception as error:  # noqa: BLE001 (told to the parent, whatever it is)
        traceback.print_exc()
        answer = {"failed": str(error)}
    print(json.dumps(answer | {"peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
