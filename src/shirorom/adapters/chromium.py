"""The browser as a process: where it is found, how it is started with nothing it does not need, how it surely ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs

from shirorom.domain.errors import CellError
from shirorom.service.settings import BrowserSettings, Sandbox

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

_FEATURES_OFF = (
    # Browser windows that nobody sees would each load pages of the browser itself, and a spare process beside:
    # together three quarters of what a fresh context costs.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "SpareRendererForSitePerProcess",
    # What Playwright switches off (the last list on the command line is the one that counts).
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "Translate",
)
FLAGS = (
    f"--disable-features={','.join(_FEATURES_OFF)}",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--deny-permission-prompts",
    "--disable-print-preview",
)
START_S_MAX = 20.0
CLOSE_S_MAX = 1.5
"""A browser that has not ended by itself after so long is killed."""

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
    "msedge",
)
_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (
    r"Google\Chrome\Application\chrome.exe",
    r"Chromium\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)


def browser_installed(settings: BrowserSettings) -> bool:
    """Whether Playwright and some browser are there, without starting either; they may still fail to start."""
    if find_spec("playwright") is None:
        return False
    own = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or platformdirs.user_cache_path("ms-playwright", appauthor=False)
    return find_browser(settings) is not None or any(Path(own).glob("chromium*"))


def find_browser(settings: BrowserSettings) -> str | None:
    """The configured browser, else the system's; None: only Playwright's own may be there."""
    if settings.path:
        return settings.path if Path(settings.path).is_file() else shutil.which(settings.path)
    return next((path for path in _candidates() if path and Path(path).is_file()), None)


def _paths(settings: BrowserSettings, own: str) -> list[str]:
    """What to try, in order: Playwright's own after one that may only look like a browser (Ubuntu's calls snap)."""
    found = find_browser(settings)
    paths = [found] if found else []
    return paths if settings.path or not Path(own).is_file() else [*paths, own]


def _candidates() -> Iterator[str | None]:
    if sys.platform == "win32":
        for root in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if base := os.environ.get(root):
                yield from (str(Path(base) / name) for name in _WINDOWS)
    elif sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (str(folder / name) for name in _MAC)
    for name in _NAMES:
        yield shutil.which(name)


def sandbox_possible() -> bool:
    """Whether it is worth trying: on Linux the superuser's browser never has one."""
    return not (sys.platform.startswith("linux") and os.geteuid() == 0)


class Chromium:
    """One running browser. `gone` is set when it ends, for whatever reason.

    Attributes:
        sandboxed: Whether its pages run in Chromium's sandbox.
        contexts: How many contexts were ever made in it.
    """

    def __init__(self, driver: Playwright, browser: Browser, *, sandboxed: bool) -> None:
        self._driver = driver
        self.browser = browser
        self.sandboxed = sandboxed
        self.gone = asyncio.Event()
        self.pid: int | None = None
        self._leftovers: list[Path] = []
        browser.on("disconnected", lambda _: self.gone.set())

    @classmethod
    async def start(cls, settings: BrowserSettings) -> Chromium:
        """Start a browser.

        Raises:
            CellError: `browser-missing` (no Playwright, no browser, or it does not start), `browser-unsafe` (the
                sandbox is demanded and cannot be had).
        """
        for name in ("DEBUG", "DEBUG_FILE", "PWDEBUG"):  # its own logs hold pages and numbers; read when it is imported
            os.environ.pop(name, None)
        try:
            from playwright.async_api import async_playwright
        except ImportError:
            raise CellError("browser-missing", why="no-playwright") from None
        driver = await async_playwright().start()
        try:
            chromium = await cls._launch(driver, settings)
            await chromium._learn()
        except BaseException:
            with contextlib.suppress(Exception):
                await driver.stop()
            raise
        return chromium

    @classmethod
    async def _launch(cls, driver: Playwright, settings: BrowserSettings) -> Chromium:
        paths = await asyncio.to_thread(_paths, settings, driver.chromium.executable_path)
        if not paths:
            raise CellError("browser-missing", why="no-browser")
        wanted = settings.sandbox is Sandbox.ON or (settings.sandbox is Sandbox.AUTO and sandbox_possible())
        for sandboxed in (True, False) if wanted else (False,):
            if not sandboxed and settings.sandbox is Sandbox.ON:
                raise CellError("browser-unsafe", why="no-sandbox")
            for path in paths:
                if (browser := await _try(driver, path, sandboxed=sandboxed)) is not None:
                    return cls(driver, browser, sandboxed=sandboxed)
        raise CellError("browser-missing", why="no-start")

    async def _learn(self) -> None:
        """Process id, profile directory and what lies beside it: what must be gone at the end."""
        session = await self.browser.new_browser_cdp_session()
        processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        self.pid = next((int(one["id"]) for one in processes if one["type"] == "browser"), None)
        command: str = (await session.send("SystemInfo.getInfo")).get("commandLine", "")
        _, found, rest = command.partition("--user-data-dir=")
        profile = Path(rest.partition(" --")[0].strip().strip('"'))
        if found and profile.name.startswith("playwright_") and profile.parent == Path(tempfile.gettempdir()):
            self._leftovers = await asyncio.to_thread(_leftovers, profile)
        await session.detach()

    async def close(self) -> None:
        """End it within `CLOSE_S_MAX` twice over: asked, then killed; its profile is removed. Idempotent."""
        if self.browser.is_connected():
            await _within(self.browser.close())
        if not self.gone.is_set():
            self.kill()
        await _within(self._driver.stop())
        for folder in self._leftovers:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def kill(self) -> None:
        """End it now, with all its children; for a browser that does not listen any more."""
        if self.pid is None or self.gone.is_set():
            return
        with contextlib.suppress(OSError):
            if sys.platform == "win32":
                subprocess.run(["taskkill", "/T", "/F", "/PID", str(self.pid)], capture_output=True, check=False)
            else:
                os.kill(self.pid, signal.SIGKILL)


def _leftovers(profile: Path) -> list[Path]:
    """The profile, and the directory of its socket elsewhere, which a browser that is killed leaves behind."""
    socket = profile / "SingletonSocket"
    folder = socket.readlink().parent if socket.is_symlink() else None
    if folder is None or not folder.name.startswith(("org.chromium.", "com.google.")):
        return [profile]
    return [profile, folder]


async def _try(driver: Playwright, path: str | None, *, sandboxed: bool) -> Browser | None:
    from playwright.async_api import Error

    try:
        return await driver.chromium.launch(
            executable_path=path,
            args=list(FLAGS),
            chromium_sandbox=sandboxed,
            handle_sigint=False,  # Ctrl-C is ours: what was read is recorded first
            handle_sigterm=False,
            handle_sighup=False,
            ignore_default_args=["--disable-popup-blocking"],
            timeout=START_S_MAX * 1000,
        )
    except Error:
        return None


async def _within(work: Any) -> None:
    with contextlib.suppress(Exception):  # what is ending may say so in any way
        await asyncio.wait_for(work, CLOSE_S_MAX)
