"""Takes the pictures of the manual from the running app: phone and desk, light and dark, by hand and automatic.

`make pictures` writes docs/pictures/*.png. Practice carriers and test numbers only, in a data directory that is thrown
away; nothing is drawn by hand, so the pictures show what the program does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import sync_playwright

from scripts.serving import configuration, practice_carriers, serving
from shirorom.adapters.chromium import find_browser, sandbox_possible
from shirorom.edge.practice.catalogue import catalogue
from shirorom.service.settings import BrowserSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTHS = {390: 844, 1366: 900}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PHONES = {"restricted": "au-restricted", "clear": "docomo-clear"}
WAIT_MS_MAX = 60_000


@contextmanager
def by_hand(data: Path) -> Iterator[str]:
    """The app with practice carriers that a person operates."""
    with practice_carriers() as origins:
        config = data.with_suffix(".toml")
        config.write_text(configuration(origins, "hand"), encoding="utf-8")
        with serving(data=data, config=config) as served:
            yield served.url


@contextmanager
def by_machine(data: Path) -> Iterator[str]:
    """The app with practice carriers that it asks by itself."""
    with serving("--practice", data=data) as served:
        yield served.url


def text_of(phone_id: str) -> str:
    """The numbers of a practice phone, as a person types them."""
    phone = next(phone for phone in catalogue().phones if phone.id == phone_id)
    return "\n".join(number.imei.digits for number in phone.numbers)


def ask(page: Page, url: str, phone_id: str) -> None:
    """Type a number and wait until all answers are in (by hand: until the first card is there)."""
    page.goto(url)
    page.fill("[name=text]", text_of(phone_id))
    page.click("form[action='/check'] button[type=submit] >> nth=0")
    page.wait_for_selector("#verdict[aria-busy=false]", timeout=WAIT_MS_MAX)
    page.wait_for_load_state("networkidle")


def answer(page: Page, glyph: str) -> None:
    """Choose what was seen on the carrier's page."""
    before = page.locator("#hand").inner_html()
    page.click(f"#hand button[name=glyph][value='{glyph}']")
    page.wait_for_function("was => document.querySelector('#hand').innerHTML !== was", arg=before, timeout=WAIT_MS_MAX)


def shoot(page: Page, name: str) -> None:
    """One picture of the whole page."""
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, animations="disabled")
    print(f"pictures: docs/pictures/{name}.png", flush=True)


def take_by_machine(page: Page, url: str, look: str) -> None:
    """The first page, and a result for × and for ○."""
    page.goto(url)
    shoot(page, f"first-{look}")
    ask(page, url, PHONES["restricted"])
    shoot(page, f"site-{look}")
    ask(page, url, PHONES["clear"])
    shoot(page, f"clear-{look}")


def take_by_hand(page: Page, url: str, look: str) -> None:
    """The second card, after the first was answered, and the result when all are."""
    ask(page, url, PHONES["restricted"])
    answer(page, "－")
    shoot(page, f"hand-card-{look}")
    for glyph in ("×", "－", "－"):
        answer(page, glyph)
    shoot(page, f"hand-{look}")


def looks(browser: Browser) -> Iterator[tuple[Page, str]]:
    """A fresh page for each width and scheme, with the name of the look."""
    for width, height in WIDTHS.items():
        for scheme in SCHEMES:
            viewport: ViewportSize = {"width": width, "height": height}
            with browser.new_context(viewport=viewport, color_scheme=scheme, locale="ja-JP") as context:
                yield context.new_page(), f"{width}-{scheme}"


def main() -> None:
    """Take them all."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(BrowserSettings()), chromium_sandbox=sandbox_possible()
        )
        with by_machine(Path(folder) / "site") as url:
            for page, look in looks(browser):
                take_by_machine(page, url, look)
        for page, look in looks(browser):
            with by_hand(Path(folder) / look) as url:  # what was answered once is known: each look begins anew
                take_by_hand(page, url, look)
        browser.close()


if __name__ == "__main__":
    main()
