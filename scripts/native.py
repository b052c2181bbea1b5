"""Builds the compiled kernels beside their sources: `python -m scripts.native`. Without them numpy and polars answer.

Part of `make setup`. Needs Cython (extra `native`) and a C compiler; where one lacks it says so and ends well.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib import import_module
from pathlib import Path

SRC = Path(__file__).resolve().parent.parent / "src"
KERNELS = ("shirorom.register._native", "shirorom.adapters.tables._rows")


def source(kernel: str) -> Path:
    """What a kernel is made from."""
    return SRC.joinpath(*kernel.split(".")).with_suffix(".pyx")


def built(kernel: str) -> Path:
    """Where a kernel of this Python stands once it is built."""
    return source(kernel).with_suffix(str(sysconfig.get_config_var("EXT_SUFFIX")))


def compiler() -> str | None:
    """A C compiler that takes the usual options, None where there is none."""
    return next(
        (found for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name and (found := shutil.which(name))), None
    )


def build() -> str:
    """Translate and compile; what came of it in one line. Raises CalledProcessError: the compiler refused."""
    old = [one for one in KERNELS if not _is_new(one)]
    if not old:
        return "the kernels are there"
    try:
        translate = import_module("Cython.Compiler.Main").compile
    except ImportError:
        return "no Cython: numpy answers (pip install 'shirorom[native]')"
    cc = compiler()
    if cc is None or not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        return "no C compiler, or no Python.h: numpy answers"
    for kernel in old:
        with tempfile.TemporaryDirectory() as there:
            c = Path(there, "kernel.c")
            translate(str(source(kernel)), output_file=str(c), full_module_name=kernel)
            _compile(cc, c, built(kernel))
    return f"built {', '.join(built(one).name for one in old)}"


def _is_new(kernel: str) -> bool:
    return built(kernel).exists() and built(kernel).stat().st_mtime >= source(kernel).stat().st_mtime


def _compile(cc: str, c: Path, place: Path) -> None:
    made = c.with_suffix(".so")
    options = ["-O3", "-shared", "-fPIC", "-fno-strict-aliasing"]
    if sys.platform == "darwin":
        options += ["-undefined", "dynamic_lookup"]
    subprocess.run([cc, *options, f"-I{sysconfig.get_paths()['include']}", str(c), "-o", str(made)], check=True)
    part = place.with_suffix(".part")
    shutil.copyfile(made, part)
    part.replace(place)  # a process that has the older one open keeps it


if __name__ == "__main__":
    print(build())
