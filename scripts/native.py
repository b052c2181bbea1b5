"""Builds the register's compiled kernel beside its source: `python -m scripts.native`. Without it numpy answers.

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

SOURCE = Path(__file__).resolve().parent.parent / "src" / "shirorom" / "register" / "_native.pyx"


def built() -> Path:
    """Where the kernel of this Python stands once it is built."""
    return SOURCE.with_name("_native" + str(sysconfig.get_config_var("EXT_SUFFIX")))


def compiler() -> str | None:
    """A C compiler that takes the usual options, None where there is none."""
    return next(
        (found for name in (os.environ.get("CC"), "cc", "gcc", "clang") if name and (found := shutil.which(name))), None
    )


def build() -> str:
    """Translate and compile; what came of it in one line. Raises CalledProcessError: the compiler refused."""
    if built().exists() and built().stat().st_mtime >= SOURCE.stat().st_mtime:
        return f"{built().name} is there"
    try:
        translate = import_module("Cython.Compiler.Main").compile
    except ImportError:
        return "no Cython: numpy answers (pip install 'shirorom[native]')"
    cc = compiler()
    if cc is None or not Path(sysconfig.get_paths()["include"], "Python.h").exists():
        return "no C compiler, or no Python.h: numpy answers"
    with tempfile.TemporaryDirectory() as there:
        c, made = Path(there, "_native.c"), Path(there, "_native.so")
        translate(str(SOURCE), output_file=str(c), full_module_name="shirorom.register._native")
        options = ["-O3", "-shared", "-fPIC", "-fno-strict-aliasing"]
        if sys.platform == "darwin":
            options += ["-undefined", "dynamic_lookup"]
        subprocess.run([cc, *options, f"-I{sysconfig.get_paths()['include']}", str(c), "-o", str(made)], check=True)
        part = built().with_suffix(".part")
        shutil.copyfile(made, part)
        part.replace(built())  # a process that has the older one open keeps it
    return f"built {built().name}"


if __name__ == "__main__":
    print(build())
