"""How far it reaches: permissions as shipped, no request to anybody else, pages that everybody can use."""
# ruff: noqa: E501 (script reads best whole)

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Page

from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice import Practice
from tests.browser.page_kit import until
from tests.extension.fake_shop import FakeShop
from tests.extension.kit import Clerk, Tab, browser

pytestmark = pytest.mark.asyncio(loop_scope="module")
AXE = (Path(__file__).parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
RUN = (
    "axe.run(%s, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    ".then(r => r.violations.map(v => v.id + ' ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))"
)
SHOW = (  # the panel as it stands, in an open root on a page of ours: axe does not look into a closed one
    "([html, css]) => { const host = document.createElement('div'), sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
    " const root = host.attachShadow({mode: 'open'}); root.adoptedStyleSheets = [sheet]; root.innerHTML = html;"
    " document.querySelector('main').replaceChildren(host); }"
)
CLEAR, RESTRICTED = "001001010000617", "001001010000682"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def test_as_shipped_it_asks_for_each_permission(tmp_path: Path, practice: Practice, shop: FakeShop) -> None:
    """With the real manifest nothing is granted at first; after pairing and switching on it works; unpairing ends it.

    The browser's question is answered through its extensions page, as a person would press Allow.
    """
    async with browser(tmp_path, practice, shop, test=False) as clerk:
        own = await clerk.context.new_page()
        await own.goto(clerk.own("settings.html"))
        granted = "chrome.permissions.getAll().then(p => p.origins)"
        assert await own.evaluate(granted) == []
        page = await clerk.context.new_page()
        await page.goto("chrome://extensions/")
        await page.evaluate(f"chrome.developerPrivate.addHostPermission('{clerk.id}', 'http://127.0.0.1/*')")
        settings = await clerk.pair()
        await clerk.switch_on(settings, CarrierId.DOCOMO)
        assert await settings.evaluate(granted) == ["http://127.0.0.1/*"]
        shop.add([CLEAR], CarrierId.DOCOMO)
        shop.add([CLEAR], CarrierId.AU)
        tab = await clerk.tab()
        await tab.open(CarrierId.AU)  # on the same host, and not switched on
        await tab.page.wait_for_timeout(300)
        assert await tab.page.locator("shirorom-panel").count() == 0
        await tab.open(CarrierId.DOCOMO)
        await tab.asked(CarrierId.DOCOMO)
        await tab.key("Enter")
        await tab.until("taken")
        await settings.bring_to_front()
        await settings.click("#unpair")
        await settings.wait_for_selector("#pair:not([hidden])")
        await until(settings, "document.getElementById('said').textContent !== ''")
        assert await settings.evaluate("chrome.storage.local.get(null)") == {}
        assert await settings.evaluate("chrome.scripting.getRegisteredContentScripts()") == []
        assert await settings.evaluate(granted) == []


async def test_bad_addresses_and_codes_change_nothing(clerk: Clerk) -> None:
    """No address, one without encryption, a wrong code: told; the pairing that was there stays."""
    page = await clerk.context.new_page()
    await page.goto(clerk.own("settings.html"))
    before = (await clerk.stored())["pairing"]
    await page.evaluate(  # open, and it stays open when the page draws itself anew
        "const form = document.getElementById('pair'); form.removeAttribute('hidden');"
        " Object.defineProperty(form, 'hidden', {get: () => false, set: () => {}})"
    )
    for address, code, said in (
        ("http://shop.example.test", "AAAA", "暗号化されていません"),
        ("not an address", "AAAA", "アドレスが読めません"),
        (clerk.shop.origin, "WRONG", "pairing-code"),
    ):
        await page.fill("#address", address)
        await page.fill("#code", code)
        await page.click("#pair button.go")
        await until(page, "said => document.getElementById('said').textContent.includes(said)", arg=said)
    assert (await clerk.stored())["pairing"] == before
    assert [one.path for one in clerk.shop.calls if one.method == "POST"] == ["/v1/pairings"]


async def test_calls_carry_the_token_and_no_cookie(clerk: Clerk) -> None:
    """Every call of the worker is made in the name of the pairing alone; what changes something has its key."""
    clerk.shop.add([CLEAR], CarrierId.DOCOMO)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.asked(CarrierId.DOCOMO)
    await tab.key("Enter")
    await tab.until("taken")
    assert {one.headers.get("authorization", "")[:7] for one in clerk.shop.calls} == {"Bearer "}
    assert [one.path for one in clerk.shop.calls if "cookie" in one.headers] == []
    readings = [one for one in clerk.shop.calls if one.path == "/v1/counter/readings"]
    assert [one.commit for one in readings] == [False, True]
    assert len({one.headers["idempotency-key"] for one in readings}) == 2


async def test_a_stray_request_would_be_noticed(clerk: Clerk) -> None:
    """Control of what every test here watches: a call of the worker to another address stands in the list."""
    await (await clerk.worker()).evaluate("fetch('https://elsewhere.test/').catch(() => null)")
    assert clerk.strays() == ["https://elsewhere.test/"]
    clerk.requests.clear()


async def axe_of_panel(tab: Tab, bench: Page, *, spoilt: bool = False) -> list[str]:
    """What axe finds in our panel as it stands now, light and dark."""
    html = await tab.ours("shirorom.panel.root.querySelector('section').outerHTML")
    await bench.evaluate(SHOW, [html, await tab.ours("SHIROROM_PANEL_CSS")])
    if spoilt:
        await bench.evaluate(
            "document.querySelector('main div').shadowRoot.querySelector('.lead').style.color = 'light-dark(#ddd,#333)'"
        )
    found = []
    for scheme in SCHEMES:
        await bench.emulate_media(color_scheme=scheme)
        found += await bench.evaluate(RUN % "document")
    return found


async def test_axe_finds_nothing_in_the_panel(clerk: Clerk) -> None:
    """No violation of WCAG 2.0 to 2.2, A and AA, in any kind of state, light and dark; targets of 44 px; and the control."""
    bench = await clerk.context.new_page()
    await bench.goto(clerk.own("copy.html"))
    await bench.evaluate(AXE)
    tab = await clerk.tab()
    await tab.open(CarrierId.DOCOMO)
    await tab.until("empty")
    assert await axe_of_panel(tab, bench) == []
    for imei in (CLEAR, RESTRICTED):
        clerk.shop.add([imei], CarrierId.DOCOMO)
    await tab.press("もう一度")
    for _ in range(2):
        await tab.asked(CarrierId.DOCOMO)
        assert await axe_of_panel(tab, bench) == []
        assert await tab.ours(
            "[...shirorom.panel.root.querySelectorAll('button')].every(b => b.getBoundingClientRect().height >= 44)"
        )
        await tab.key("Enter")
        await tab.until("form", "taken")
    assert [one[:14] for one in await axe_of_panel(tab, bench, spoilt=True)] == ["color-contrast"] * 2


async def test_axe_finds_nothing_in_own_pages(clerk: Clerk) -> None:
    """The same for settings and popup, with something that waits and something that was refused."""
    page = await clerk.context.new_page()
    for name in ("settings.html", "popup.html"):
        await page.goto(clerk.own(name))
        await page.evaluate(
            "const one = {key: 'k', carrier: 'au', tail: '0617', asked_at: '', error: {code: 'page-changed', title: 'x', detail: 'y', fix: 'z'}};"
            " chrome.storage.local.set({'refused.k': one})"
        )
        await page.reload()
        await page.wait_for_selector("#carriers li")
        await page.evaluate(AXE)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            found: Any = await page.evaluate(RUN % "document")
            assert found == []
