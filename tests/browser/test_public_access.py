"""Public pages and patterns for everybody: axe, all widths, both themes, forced colours, paper, by ear."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from itertools import pairwise

import pypdfium2 as pdfium
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from shirorom.domain.imei import Imei
from shirorom.edge.web.app import create_app
from tests.browser.page_kit import Watched, chromium, until, watched
from tests.browser.test_page_access import violations
from tests.picture_fakes import FakePictures, one_number, with_pictures
from tests.web_kit import ONE, TWO, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
GUIDES = ("/guide", "/guide/akarom", "/guide/imei-iphone", "/guide/imei-android", "/guide/photo", "/guide/buying",
          "/guide/offline", "/guide/marks?lang=ja-easy")  # fmt: skip
SCREENS = (*GUIDES, "/?lang=ja-easy", "/?lang=ja", "/ask-seller", "message", "read", "slip", "step")
REFUSED = ("404", "422")
IS_WIDE = (
    "[...document.querySelectorAll('body *')].filter(e => !e.closest('.vh, .skip, pre, svg')"
    " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.localName)"
)
LEVELS = (
    "[...document.querySelectorAll('h1, h2, h3, h4')].filter(e => e.checkVisibility()).map(e => Number(e.localName[1]))"
)
SMALL = (
    "[...document.querySelectorAll('button, .btn, summary, textarea, nav a, .lang a, .tick, .drop')]"
    ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"
)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """A public page that can read pictures, and one for development."""
    public = Kit(tmp_path_factory.mktemp("public"), settings_of(public=True))
    shop = Kit(tmp_path_factory.mktemp("shop"), settings_of())
    pictures = FakePictures(one_number(None, eid=True))
    app = create_app(with_pictures(public.parts, pictures))
    async with served(public, app=app) as one, served(shop) as two:
        yield {"public": one, "shop": two}
    public.close()
    shop.close()


async def show(seen: Watched, origin: str, screen: str) -> None:
    """Bring one screen up."""
    page = seen.page
    if screen in ("message", "read"):
        await page.goto(origin + "/ask-seller")
        await page.click("main button.go")
        await page.wait_for_selector("#message")
        if screen == "read":
            await page.set_input_files("#photo", {"name": "p.jpg", "mimeType": "image/jpeg", "buffer": b"picture"})
            await page.click("form[enctype] button")
            await page.wait_for_selector("#readh")
    elif screen in ("slip", "step"):
        await answered(page, origin, "×△－？" if screen == "slip" else "")
        if screen == "slip":
            await page.goto(page.url.partition("#")[0] + "/slip")
    else:
        await page.goto(origin + screen)


async def answered(page: Page, origin: str, glyphs: str, *, text: str = ONE.digits) -> None:
    """A check by hand with these answers, carrier by carrier and number by number."""
    await page.goto(origin + "/")
    await page.fill("#text", text)
    await page.click("button.go")
    await page.wait_for_url("**/check/*")
    for glyph in glyphs:
        place = await page.get_attribute("#hand", "data-place")
        if await page.locator("[data-seen]:visible").count():
            await page.click("[data-seen]")
        await page.click(f"#hand button[name=glyph][value='{'' if glyph == '？' else glyph}']")
        await until(page, "was => document.querySelector('#hand').dataset.place !== was", arg=place)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1366, "dark")])
async def test_axe_finds_nothing(browser: Browser, origins: dict[str, str], width: int, scheme: str) -> None:
    """No violation of WCAG 2.0 to 2.2, A and AA, on any public page; and no breach of the CSP on the way."""
    touch = {"has_touch": True, "is_mobile": True} if width == 390 else {}
    async with watched(browser, origins["public"], width=width, color_scheme=scheme, expected=REFUSED, **touch) as seen:
        for screen in SCREENS:
            await show(seen, origins["public"], screen)
            assert (screen, await violations(seen.page)) == (screen, [])


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "light"), (390, "light"), (390, "dark"), (1366, "dark"), (1920, "light")]
)
async def test_patterns_hold_everywhere(browser: Browser, origins: dict[str, str], width: int, scheme: str) -> None:
    """Every component in every state: nothing for axe in either theme, nothing cut off, nothing too small to press."""
    async with watched(browser, origins["shop"], width=width, color_scheme=scheme) as seen:
        await seen.page.goto(origins["shop"] + "/patterns")
        assert await violations(seen.page) == []
        assert await seen.page.evaluate(IS_WIDE) == []
        assert await seen.page.evaluate(SMALL) == []


async def test_patterns_at_twice_the_size(browser: Browser, origins: dict[str, str]) -> None:
    """At 200 % zoom (half the CSS width, WCAG 1.4.4 and 1.4.10) nothing runs out of the page, nor at 400 %."""
    for width in (683, 340):
        async with watched(browser, origins["shop"], width=width, device_scale_factor=2) as seen:
            await seen.page.goto(origins["shop"] + "/patterns")
            assert await seen.page.evaluate(IS_WIDE) == []


async def test_patterns_in_forced_colours_and_on_paper(browser: Browser, origins: dict[str, str]) -> None:
    """With the system's colours each mark keeps its shape; on paper no mark is lost, and no drawing is empty."""
    async with watched(browser, origins["shop"], width=1366, forced_colors="active") as seen:
        await seen.page.goto(origins["shop"] + "/patterns")
        for css in ("ok", "ca", "ng", "un", "q"):
            mask = await seen.page.locator(f".pats .mark.{css}").first.evaluate(
                "e => getComputedStyle(e, '::before').maskImage"
            )
            assert "marks.svg" in mask
        found = await violations(seen.page)  # contrast is the system's then, and axe reckons with ours
        assert [one for one in found if one["id"] != "color-contrast"] == []
    async with watched(browser, origins["shop"], width=794) as seen:
        await seen.page.goto(origins["shop"] + "/patterns")
        await seen.page.emulate_media(media="print")
        for css in (".mark.ng", ".mark.un", ".verdict.q", ".drawing"):
            assert await seen.page.locator(css).first.is_visible()


async def cut_off_or_small(page: Page) -> list[tuple[int, str]]:
    """What runs out of the page, and what is too small to press, on a small phone and on a tablet."""
    found = []
    for width in (320, 820):
        await page.set_viewport_size({"width": width, "height": 844})
        assert await page.evaluate("innerWidth") == width
        found += [(width, one) for one in (*await page.evaluate(IS_WIDE), *await page.evaluate(SMALL))]
    return found


async def test_nothing_is_cut_off(browser: Browser, origins: dict[str, str]) -> None:
    """No public page has to be scrolled sideways, in any of the three ways of saying it."""
    async with watched(browser, origins["public"], width=320, expected=REFUSED) as seen:
        for screen in SCREENS:
            await show(seen, origins["public"], screen)
            assert (screen, await cut_off_or_small(seen.page)) == (screen, [])
        for language in ("en", "ja-easy"):
            await answered(seen.page, f"{origins['public']}", "×")
            await seen.page.goto(seen.page.url.partition("#")[0] + f"?lang={language}")
            assert (language, await cut_off_or_small(seen.page)) == (language, [])


async def test_pages_can_be_followed_by_ear(browser: Browser, origins: dict[str, str]) -> None:
    """One h1, no level of heading left out, all inside landmarks, drawings with words, changes in a live region."""
    async with watched(browser, origins["public"], expected=REFUSED) as seen:
        for screen in SCREENS:
            await show(seen, origins["public"], screen)
            levels = await seen.page.evaluate(LEVELS)
            assert (screen, levels.count(1), levels[0]) == (screen, 1, 1)
            steps = pairwise(levels)
            assert (screen, [pair for pair in steps if pair[1] > pair[0] + 1]) == (screen, [])
            outside = await seen.page.evaluate(
                "[...document.body.children].filter(e => e.innerText?.trim() && !e.matches("
                "'header, main, footer, nav, .skip, [role=note], script')).map(e => e.outerHTML.slice(0, 80))"
            )
            assert (screen, outside) == (screen, [])
            drawings = await seen.page.evaluate(
                "[...document.querySelectorAll('svg.drawing')].map(e => e.getAttribute('role') + (e.ariaLabel ?? ''))"
            )
            assert all(said.startswith("img") and len(said) > 20 for said in drawings)
        for screen, css in (("step", "#hand [role=status]"), ("message", "main [role=status]"),
                            ("/guide/buying", "[data-progress][role=status]")):  # fmt: skip
            await show(seen, origins["public"], screen)
            assert await seen.page.locator(css).count() == 1


@pytest.mark.parametrize("numbers", [1, 2, 4])
async def test_slip_is_one_sheet(browser: Browser, origins: dict[str, str], numbers: int) -> None:
    """Printed with every mark and every digit it is one page A4, also for a phone with four numbers; 練習 is on it."""
    imeis = [ONE, TWO, Imei.of_key("00100101000003"), Imei.of_key("00100101000004")][:numbers]
    async with watched(browser, origins["public"], width=1366) as seen:
        text = "\n".join(f"IMEI{n}: {imei.digits}" for n, imei in enumerate(imeis, 1))
        await answered(seen.page, origins["public"], "×△－？" * numbers, text=text)
        await seen.page.goto(seen.page.url.partition("#")[0] + "/slip?numbers=all")
        printed = pdfium.PdfDocument(await seen.page.pdf(prefer_css_page_size=True, print_background=False))
        assert len(printed) == 1
        assert [round(side) for side in printed[0].get_size()] == [595, 842]
        said = re.sub(r"\s", "", printed[0].get_textpage().get_text_range())
        for words in (
            "練習",
            "利用制限中",
            "Restricted",
            "電話番号はこの紙に載せていません",
            *(imei.grouped for imei in imeis),
        ):
            assert re.sub(r"\s", "", words) in said
