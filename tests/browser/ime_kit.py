"""A real Japanese IME (ibus, mozc) and a real keyboard's path: Xvfb, a headed Chromium, keys sent by xdotool.

Everything runs as an ordinary user, because mozc's server refuses the superuser: the keys would arrive as plain ASCII
and the test would prove nothing. A scanner is imitated by keys that follow one another after so many milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
from playwright.async_api import Page, async_playwright

from shirorom.adapters.chromium import FLAGS, find_browser
from shirorom.service.settings import BrowserSettings

NOBODY = 65534
ENGINE = "mozc-jp"
PATIENCE_S = 60.0
SESSION = """
ibus-daemon --panel=disable --emoji-extension=disable &
exec "$@"
"""


class Keyboard:
    """Keys as a scanner or a person sends them to the focused window."""

    def __init__(self, environment: dict[str, str], drop: list[str]) -> None:
        self._environment, self._drop = environment, drop

    async def run(self, *command: str, wait_s: float = PATIENCE_S) -> str:
        """One program of the session; what it wrote."""
        process = await asyncio.create_subprocess_exec(
            *self._drop, *command, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            out, _ = await asyncio.wait_for(process.communicate(), wait_s)
        except TimeoutError:
            process.kill()
            await process.wait()
            return ""
        return out.decode()

    async def keys(self, *names: str, ms: int = 12) -> None:
        """Press keys one after the other, `ms` between them."""
        await self.run("xdotool", "key", "--delay", str(ms), *names)

    async def scan(self, *codes: str, ms: int, end: str = "Return") -> None:
        """What a scanner sends for these codes, each ended by a key."""
        await self.keys(*(key for code in codes for key in (*code, end)), ms=ms)

    async def focus_window(self) -> None:
        """Give the browser's window the keyboard (there is no window manager that would)."""
        found = await self.run("xdotool", "search", "--sync", "--onlyvisible", "--class", "chrom")
        await self.run("xdotool", "windowfocus", "--sync", found.split()[-1])

    async def choose_engine(self) -> None:
        """Make mozc the input method. ibus is slow to say that it did, so it is asked."""
        for _ in range(100):
            await self.run("ibus", "engine", ENGINE, wait_s=1)
            if (await self.run("ibus", "engine", wait_s=5)).strip() == ENGINE:
                return
            await asyncio.sleep(0.1)
        raise AssertionError("ibus does not take mozc")

    async def switch_on(self, page: Page, css: str) -> None:
        """Put the IME of a text field on, and see that it is: a letter becomes kana."""
        for _ in range(50):
            await page.bring_to_front()
            await self.focus_window()
            await page.focus(css)
            await self.keys("Hiragana", "a")
            await asyncio.sleep(0.1)
            text = await page.input_value(css)
            await self.keys("Escape", "Escape")
            await page.fill(css, "")
            if "あ" in text:
                return
        raise AssertionError("the IME does not come on")


@asynccontextmanager
async def japanese_desk() -> AsyncIterator[tuple[Page, Keyboard]]:
    """A window of a Chromium in a session with a Japanese IME."""
    with _home() as home, _screen() as display:
        environment = {
            "PATH": os.environ["PATH"],
            "DISPLAY": display,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home / "run"),
            "GTK_IM_MODULE": "ibus",
            "XMODIFIERS": "@im=ibus",
            "LANG": "C.UTF-8",
            "NO_AT_BRIDGE": "1",
        }
        drop = _as_nobody() if os.geteuid() == 0 else []
        with _session(home, environment, drop):
            keyboard = Keyboard(environment, drop)
            async with async_playwright() as playwright:
                browser = await playwright.chromium.connect_over_cdp(await _address(home))
                page = browser.contexts[0].pages[0]
                await keyboard.choose_engine()
                yield page, keyboard
                await browser.close()


def _as_nobody() -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@contextmanager
def _home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="ime-"))
    (home / "run").mkdir(mode=0o700)
    if os.geteuid() == 0:
        for folder in (home, home / "run"):
            os.chown(folder, NOBODY, NOBODY)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _screen() -> Iterator[str]:
    """An X server on a display that is free; its name."""
    reader, writer = os.pipe()
    command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writer], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writer)
    try:
        with os.fdopen(reader) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _session(home: Path, environment: dict[str, str], drop: list[str]) -> Iterator[None]:
    """ibus and the browser under one message bus; afterwards everything that has this home is gone."""
    browser = find_browser(BrowserSettings())
    assert browser is not None
    flags = [*FLAGS, "--no-sandbox", f"--user-data-dir={home / 'profile'}", "--remote-debugging-port=0", "about:blank"]
    command = [*drop, "dbus-run-session", "--", "sh", "-c", SESSION, "session", browser, *flags]
    with (home / "session.log").open("wb") as log:
        session = subprocess.Popen(
            command, env=environment, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield
    finally:
        _end_all(home)
        session.wait()


def _end_all(home: Path) -> None:
    """End every process of this home: ibus and mozc leave the process group of whoever started them."""
    for _ in range(20):
        mine = [process for process in psutil.process_iter() if _is_of(process, str(home))]
        if not mine:
            return
        for process in mine:
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        psutil.wait_procs(mine, timeout=1)


def _is_of(process: psutil.Process, home: str) -> bool:
    """By its environment, or by its command: Chromium writes its title over its environment."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return home in " ".join(process.cmdline()) or process.environ().get("HOME") == home
    except (psutil.Error, OSError):
        return False


async def _address(home: Path) -> str:
    """Where the browser listens for the test; it writes that into its profile."""
    for _ in range(int(PATIENCE_S / 0.05)):
        with contextlib.suppress(OSError):
            found = re.match(r"(\d+)\n", (home / "profile" / "DevToolsActivePort").read_text())
            if found:
                return f"http://127.0.0.1:{found[1]}"
        await asyncio.sleep(0.05)
    raise AssertionError((home / "session.log").read_text(errors="replace"))
