"""Sets up what is missing, and only that: `python3 scripts/setup.py run|test|bench`. Safe to call again at any time.

`run` is what the app needs (virtual environment, locked packages, a browser, Japanese fonts); `test` adds what the
tests need, `bench` the engines that figures are held against. Standard library only, as it runs before anything is
installed. Where no browser can be had the app still runs, by hand, and this says so; for `test` everything is needed,
and what lacks makes it fail.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PYTHON_MIN = (3, 11)
LOCKS = {"run": ("build.lock", "shop.lock"), "test": ("dev.lock",), "bench": ("bench.lock",)}
LINES_OF_FAILURE = 12
TOOLS = {  # command (or file, by its path) that tests and benches need -> Debian package
    "strace": "strace",
    "unshare": "util-linux",
    "wrk": "wrk",  # bench only
    "npm": "npm",
    "node": "nodejs",
    # Readers of a record sheet's PDF that we did not write.
    "qpdf": "qpdf",
    "pdfsig": "poppler-utils",
    "zbarimg": "zbar-tools",
    # A server of our own, in a temporary folder: what the log in PostgreSQL is tested with.
    "/usr/lib/postgresql/*/bin/initdb": "postgresql",
    # A real Japanese IME in front of a real window: what scanners are tested with.
    "Xvfb": "xvfb",
    "xdotool": "xdotool",
    "dbus-run-session": "dbus-daemon",
    "ibus-daemon": "ibus",
    "/usr/lib/ibus-mozc/ibus-engine-mozc": "ibus-mozc",
    "/usr/lib/*/gtk-3.0/*/immodules/im-ibus.so": "ibus-gtk3",  # how Chromium speaks to ibus
}
NODE_PARTS = {  # folder with a package-lock.json -> what needs it
    ROOT / "tests" / "browser": "tests of the page need axe-core",
    ROOT / "tests" / "clients": "tests of generated clients need openapi-typescript",
}
START_BROWSER = """
import asyncio
from shirorom.adapters.chromium import Chromium
from shirorom.service.settings import BrowserSettings

async def main():
    chromium = await Chromium.start(BrowserSettings())
    print("Chromium", chromium.browser.version, "" if chromium.sandboxed else "(no sandbox: opens loopback only)")
    await chromium.close()

asyncio.run(main())
"""


def say(text: str) -> None:
    """Tell what is being done, at once."""
    print(f"setup: {text}", flush=True)


def run(*command: str | Path, quiet: bool = False, cwd: Path = ROOT) -> bool:
    """Run one command to its end, without its output or questions; True when it succeeded.

    A failure shows the last of what it said, unless failing is an answer too (`quiet`).
    """
    parts = [str(part) for part in command]
    try:
        done = subprocess.run(
            parts, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=cwd, check=False
        )
    except OSError:
        return False
    if done.returncode and not quiet:
        last = done.stdout.decode(errors="replace").strip().splitlines()[-LINES_OF_FAILURE:]
        say(f"failed: {' '.join(parts)}")
        print("\n".join(f"    {line}" for line in last), flush=True)
    return done.returncode == 0


# --- The system's packages -------------------------------------------------------------------------------------------


class Apt:
    """Debian's and Ubuntu's packages, where they are and where this user may install them."""

    def __init__(self) -> None:
        self._updated = False
        self._prefix = self._find_prefix()

    @staticmethod
    def _find_prefix() -> tuple[str, ...] | None:
        if not shutil.which("apt-get"):
            return None
        if os.geteuid() == 0:
            return ()
        if shutil.which("sudo") and run("sudo", "-n", "true", quiet=True):
            return ("sudo", "-n")
        return None

    @property
    def usable(self) -> bool:
        """Whether anything can be installed by it."""
        return self._prefix is not None

    def install(self, *packages: str) -> bool:
        """Install packages, without questions; True when all are there."""
        if self._prefix is None:
            return False
        say(f"apt-get install {' '.join(packages)}")
        quiet = ("-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")
        with_env = (*self._prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *quiet)
        if not self._updated:
            self._updated = run(*with_env, "update")
        return run(*with_env, "install", "-y", "--no-install-recommends", *packages)

    def prepare_postgresql(self) -> None:
        """Before PostgreSQL is installed: Debian would make and start a server that nobody asked for."""
        if self._prefix is not None and self.install("postgresql-common"):
            setting = "s/^#* *create_main_cluster.*/create_main_cluster = false/"
            run(*self._prefix, "sed", "-i", setting, "/etc/postgresql-common/createcluster.conf")


# --- Python ----------------------------------------------------------------------------------------------------------


def use_new_python() -> None:
    """Go on under a Python that is new enough, where one is installed under its own name."""
    if sys.version_info >= PYTHON_MIN:
        return
    for minor in range(19, PYTHON_MIN[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(f"setup: Python {PYTHON_MIN[0]}.{PYTHON_MIN[1]} or newer is needed; this is {sys.version.split()[0]}")


def make_venv(apt: Apt) -> None:
    """Create .venv; Debian keeps the part of Python that does it in a package of its own."""
    if PYTHON.exists() and run(PYTHON, "-m", "pip", "--version", quiet=True):
        return
    say(f"creating {VENV.name} with Python {sys.version.split()[0]}")
    create = (sys.executable, "-m", "venv", "--clear", VENV)
    if run(*create, quiet=True):
        return
    own = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if (apt.install(own) or apt.install("python3-venv")) and run(*create):
        return
    sys.exit(f"setup: this Python cannot make a virtual environment; install {own} and call again")


def digest(names: Sequence[str]) -> str:
    """One fingerprint of what an installation was made from."""
    whole = hashlib.sha256()
    for name in names:
        whole.update((ROOT / name).read_bytes())
    return whole.hexdigest()


def install_locked(level: str) -> None:
    """Install exactly the locked packages, each checked against its hash, then the product itself, editable."""
    locks = [f"requirements/{name}" for name in LOCKS[level]]
    stamp = VENV / f".installed-{level}"
    wanted = digest([*locks, "pyproject.toml"])
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"installing {', '.join(locks)}")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    asked = [part for lock in locks for part in ("-r", lock)]
    if not run(*pip, "--require-hashes", *asked):
        sys.exit("setup: the locked packages could not be installed (no network, or a package was changed)")
    if not run(*pip, "--no-deps", "--no-build-isolation", "-e", "."):
        sys.exit("setup: the product itself could not be installed")
    stamp.write_text(wanted)


def install_peers() -> None:
    """Install what only `make bench` is held against, into what `test` set up. A bench says what it lacks."""
    (lock,) = LOCKS["bench"]
    say(f"installing requirements/{lock}")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")
    if not run(*pip, "-r", f"requirements/{lock}"):
        say("the engines could not be installed: their figures will be called not measured")


# --- The browser and its fonts ---------------------------------------------------------------------------------------


def find_browser() -> str | None:
    """The version of the browser that the product itself finds and really starts, else None."""
    asked = subprocess.run(
        [PYTHON, "-c", START_BROWSER], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, check=False
    )
    if asked.returncode:
        say(f"no browser yet: {(asked.stderr.strip().splitlines() or ['it gave no reason'])[-1]}")
    return asked.stdout.strip() or None


def has_chromium_package() -> bool:
    """Debian has one; Ubuntu's only hands over to snap, which containers and Playwright cannot use."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=ubuntu" not in release.read_text().splitlines()


def get_browser(apt: Apt) -> bool:
    """A Chromium or Chrome that is there; else the system's; else Playwright's own."""
    found = find_browser()
    if not found and apt.usable and has_chromium_package():
        apt.install("chromium", "chromium-sandbox", "libatomic1")  # the last: what Playwright's own Node.js lacks
        found = find_browser()
    if not found:
        say("downloading Playwright's own Chromium")
        run(PYTHON, "-m", "playwright", "install", *(("--with-deps",) if apt.usable else ()), "chromium")
        found = find_browser()
    say(f"browser: {found}" if found else "no browser could be had: the app runs with access = hand only")
    return found is not None


def has_japanese_font() -> bool:
    """Whether a page or picture can show Japanese. Windows and macOS always can."""
    if not sys.platform.startswith("linux"):
        return True
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=ja"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return bool(listed.stdout.strip())


def get_fonts(apt: Apt) -> bool:
    """Japanese fonts, so that saved pages and pictures can be read."""
    if has_japanese_font():
        return True
    apt.install("fontconfig", "fonts-noto-cjk")
    found = has_japanese_font()
    if not found:
        say("no Japanese font: saved pictures of carriers' pages would show boxes; install fonts-noto-cjk")
    return found


# --- What tests need -------------------------------------------------------------------------------------------------


def has_tool(tool: str) -> bool:
    """Whether a command is there, or a file."""
    return any(Path("/").glob(tool[1:])) if tool.startswith("/") else shutil.which(tool) is not None


def get_tools(apt: Apt) -> bool:
    """The programs that fault tests are made with. On Linux only: elsewhere those tests do not run."""
    if not sys.platform.startswith("linux"):
        return True
    missing = [tool for tool in TOOLS if not has_tool(tool)]
    if any(TOOLS[tool] == "postgresql" for tool in missing):
        apt.prepare_postgresql()
    if missing:
        apt.install(*(TOOLS[tool] for tool in missing))
        missing = [tool for tool in TOOLS if not has_tool(tool)]
    if missing:
        packages = " ".join(TOOLS[tool] for tool in missing)
        say(f"tests need {', '.join(missing)}; install: {packages}")
    return not missing


def get_node_packages(folder: Path, needed_by: str) -> bool:
    """What tests take from npm, locked by hash."""
    lock = folder / "package-lock.json"
    stamp = folder / "node_modules" / ".installed"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    npm = shutil.which("npm")
    say(f"npm ci in {folder.relative_to(ROOT)}")
    if not npm or not run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=folder):
        say(f"npm ci failed: {needed_by}")
        return False
    stamp.write_text(wanted)
    return True


def get_what_tests_need(apt: Apt) -> bool:
    """The system's programs, and npm's packages: whether all are there."""
    return all([get_tools(apt), *(get_node_packages(*part) for part in NODE_PARTS.items())])


def main(level: str) -> int:
    """Set up for `level`; returns the exit status."""
    use_new_python()
    if level == "bench":  # after `test`
        install_peers()
        return 0
    apt = Apt() if sys.platform.startswith("linux") else _NoApt()
    make_venv(apt)
    if level == "run":
        install_locked(level)
        get_browser(apt)
        get_fonts(apt)
        return 0  # the app runs without them too
    with ThreadPoolExecutor(1) as beside:  # what needs no Python package comes while those are fetched
        others = beside.submit(get_what_tests_need, apt)
        install_locked(level)
    got = [others.result(), get_browser(apt), get_fonts(apt), run(PYTHON, "-m", "scripts.native")]
    if not all(got):
        say("not complete: see above")
        return 1
    say("complete")
    return 0


class _NoApt(Apt):
    """Systems without apt: nothing of theirs is installed for you."""

    @staticmethod
    def _find_prefix() -> tuple[str, ...] | None:
        return None


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKS:
        sys.exit("usage: python3 scripts/setup.py run|test|bench")
    sys.exit(main(sys.argv[1]))
