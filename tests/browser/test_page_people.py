"""People in real Chromium: passkeys by a virtual authenticator, staff cards by a scan, forms without script, axe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, expect

from shirorom.edge.web.parts import Trust
from tests.browser.page_kit import Watched, chromium, until, watched
from tests.browser.test_page_access import AXE, RUN
from tests.people_kit import NAME, PASSWORD
from tests.web_kit import Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
TRUST = Trust(b"certificate", "AB:CD:" * 15 + "EF:01", ("https://192.168.1.5:8000", "https://mise-pc.local:8000"))
SCAN = """text => document.dispatchEvent(
    new CustomEvent('shirorom:scan', {detail: {text}, bubbles: true, cancelable: true}))"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@dataclass
class Shop:
    """A running app with people, called by the name under which a browser makes passkeys."""

    kit: Kit
    origin: str

    @property
    def people(self) -> Any:
        return self.kit.people

    def link(self) -> str:
        """A set-up link."""
        return f"{self.origin}/setup/{self.people.offer_setup()}"


@pytest_asyncio.fixture(loop_scope="module")
async def shop(tmp_path: Any) -> AsyncIterator[Shop]:
    kit = Kit(tmp_path, settings_of(), people=True, trust=TRUST)
    async with served(kit) as origin:
        yield Shop(kit, origin.replace("127.0.0.1", "localhost"))
    kit.close()


@asynccontextmanager
async def authenticator(seen: Watched, *, verified: bool = True) -> AsyncIterator[Any]:
    """A device that holds passkeys and knows its owner, as a phone does."""
    cdp = await seen.context.new_cdp_session(seen.page)
    await cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    added = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield cdp, added["authenticatorId"]


async def set_up(seen: Watched, shop: Shop, *, name: str = NAME) -> None:
    """Become the owner by password."""
    page = seen.page
    await page.goto(shop.link())
    await page.fill("#name", name)
    await page.fill("#password", PASSWORD)
    await page.fill("#again", PASSWORD)
    await page.click("form button[type=submit]")
    await page.wait_for_selector("#codes")


async def sign_out(page: Page) -> None:
    """By the button of the page where people sign in."""
    await page.click("form[action='/signout'] button")
    await expect(page.locator("form[action='/signout']")).to_have_count(0)


async def test_owner_is_set_up_and_comes_back_by_passkey(browser: Browser, shop: Shop) -> None:
    """No password at all: link, name, passkey, recovery codes; signed out, in again by passkey, to the page wanted."""
    async with watched(browser, shop.origin) as seen, authenticator(seen):
        page = seen.page
        await page.goto(shop.link())
        await page.fill("#name", NAME)
        await page.click("[data-passkey=setup]")
        await page.wait_for_selector("#codes")
        assert await page.locator("#codes li").count() == 8
        assert "/setup/" not in page.url  # the link is not left in the address
        owner = shop.people.owner()
        assert (owner.name, owner.password) == (NAME, None)
        await page.goto(f"{shop.origin}/people")
        assert "localhost" in await page.inner_text("#me")
        await page.goto(f"{shop.origin}/signin")
        await sign_out(page)
        await page.goto(f"{shop.origin}/help?x=1")
        await page.goto(f"{shop.origin}/people")
        assert "/signin?next=%2Fpeople" in page.url
        await page.click("[data-passkey=signin]")
        await page.wait_for_url("**/people")
        assert NAME in await page.inner_text(".me")


async def test_second_passkey_is_added_and_removed(browser: Browser, shop: Shop) -> None:
    """By an owner who came by password; afterwards it stands on the page, and its button takes it away."""
    async with watched(browser, shop.origin) as seen, authenticator(seen):
        page = seen.page
        await set_up(seen, shop)
        await page.goto(f"{shop.origin}/people")
        await page.click("[data-passkey=add]")
        await page.wait_for_selector("#me .rows li")
        assert len(shop.people.store.passkeys(1)) == 1
        await page.click("#me .rows button")
        await expect(page.locator("#me .rows li")).to_have_count(0)
        assert shop.people.store.passkeys(1) == []


async def test_passkey_without_its_holder_is_refused(browser: Browser, shop: Shop) -> None:
    """A device that did not look who holds it makes no owner: the page says so and stays usable."""
    async with watched(browser, shop.origin) as seen, authenticator(seen, verified=False):
        page = seen.page
        await page.goto(shop.link())
        await page.fill("#name", NAME)
        await page.click("[data-passkey=setup]")
        await until(page, "document.querySelector('[data-passkey-said]').textContent.length > 20")
        assert not shop.people.has_owner()
        await until(page, "!document.querySelector('[data-passkey=setup]').disabled")


async def test_answer_of_a_passkey_is_good_once(browser: Browser, shop: Shop) -> None:
    """A recorded sign-in cannot be played again, and one with another challenge or signature is refused."""
    async with watched(browser, shop.origin, expected=("422",)) as seen, authenticator(seen):
        page = seen.page
        await page.goto(shop.link())
        await page.fill("#name", NAME)
        await page.click("[data-passkey=setup]")
        await page.wait_for_selector("#codes")
        sent: list[str] = []
        page.on(
            "request", lambda one: sent.append(one.post_data or "") if one.url.endswith("/signin/passkey") else None
        )
        await page.goto(f"{shop.origin}/signin?next=%2Fpeople")
        await page.click("[data-passkey=signin]")
        await page.wait_for_url("**/people")
        again = """async body => (await fetch('/signin/passkey', {method: 'POST', body,
            headers: {'content-type': 'application/json'}})).json()"""
        assert (await page.evaluate(again, sent[0]))["code"] == "passkey-failed"
        changed = """async body => {
            const options = await (await fetch('/signin/passkey/options', {method: 'POST', body: '{}',
                headers: {'content-type': 'application/json'}})).json();
            const sent = JSON.parse(body);
            const said = sent.credential.response.clientDataJSON;
            const data = JSON.parse(atob(said.replaceAll('-','+').replaceAll('_','/')));
            data.challenge = options.challenge;
            sent.credential.response.clientDataJSON = btoa(JSON.stringify(data))
                .replaceAll('+','-').replaceAll('/','_').replaceAll('=','');
            return (await fetch('/signin/passkey', {method: 'POST', body: JSON.stringify(sent),
                headers: {'content-type': 'application/json'}})).json();
        }"""
        assert (await page.evaluate(changed, sent[0]))["code"] == "passkey-failed"


async def test_bare_address_offers_no_passkey(browser: Browser, shop: Shop) -> None:
    """By an IP address browsers make none: the page says so beforehand, and the password works."""
    origin = shop.origin.replace("localhost", "127.0.0.1")
    async with watched(browser, origin) as seen:
        await seen.page.goto(shop.link().replace("localhost", "127.0.0.1"))
        assert await seen.page.locator("[data-passkey]").count() == 0
        assert await seen.page.locator("button.go").is_visible()


async def test_scanned_card_changes_who_is_at_work(browser: Browser, shop: Shop) -> None:
    """From any page, without a click: the page is the same one, in the other's name; a foreign code does nothing."""
    async with watched(browser, shop.origin, expected=("403",)) as seen:
        page = seen.page
        await set_up(seen, shop)
        code = shop.people.new_staff_code(shop.people.add("佐藤"))
        await page.goto(f"{shop.origin}/help")
        assert await page.evaluate(SCAN, "001001010000013") is True  # not ours: goes on to whoever wants it
        assert await page.evaluate(SCAN, code) is False  # ours: taken
        await until(page, "document.querySelector('.me-name')?.textContent === '佐藤'")
        assert page.url == f"{shop.origin}/help"
        assert await page.locator("nav a[href='/people']").count() == 0
        await page.goto(f"{shop.origin}/people")
        assert "not-allowed" in await page.inner_text("main")


async def test_card_works_without_script(browser: Browser, shop: Shop) -> None:
    """The field has the focus, a scanner types into it and presses Enter: that is all."""
    async with watched(browser, shop.origin, java_script_enabled=False) as seen:
        page = seen.page
        await set_up(seen, shop)
        code = shop.people.new_staff_code(shop.people.add("佐藤"))
        await page.goto(f"{shop.origin}/signin?next=/help")
        await page.locator("#card [name=code]").focus()
        await page.keyboard.type(code)
        await page.keyboard.press("Enter")
        await page.wait_for_url(f"{shop.origin}/help")
        assert "佐藤" in await page.inner_text(".me")


async def test_ended_sign_in_leads_the_whole_page(browser: Browser, shop: Shop) -> None:
    """While somebody types, htmx asks for a part: where the session has ended, the page goes to the sign-in."""
    async with watched(browser, shop.origin, expected=("401",)) as seen:
        page = seen.page
        await set_up(seen, shop)
        await page.goto(f"{shop.origin}/")
        for one in shop.people.sessions.all():
            shop.people.sessions.store.end(session=one.id)
        await page.fill("#text", "001001010000013")
        await page.wait_for_url("**/signin?next=%2F")


async def test_two_parts_that_hear_of_the_end_lead_once(browser: Browser, shop: Shop) -> None:
    """Two requests on their way when the session ends: the page leaves once, a second step would cut off the first."""
    heard = "document.dispatchEvent(new CustomEvent('htmx:after:request', {detail: {ctx: {response: {status: 401}}}}))"
    async with watched(browser, shop.origin) as seen:
        page = seen.page
        await set_up(seen, shop)
        await page.goto(f"{shop.origin}/")
        left: list[str] = []

        async def slowly(route: Route) -> None:
            left.append(route.request.url)
            await asyncio.sleep(0.5)
            await route.continue_()

        await page.route("**/signin?next*", slowly)
        await page.evaluate(f"{heard}; setTimeout(() => {heard}, 200)")
        await page.wait_for_url("**/signin?next=%2F")
        assert len(left) == 1


SCREENS = (
    "setup",
    "setup-refused",
    "recovery",
    "signin",
    "signin-card",
    "switch",
    "people",
    "card",
    "pair",
    "trust",
    "none",
)


async def show(seen: Watched, shop: Shop, screen: str) -> None:
    """Bring one screen up."""
    page = seen.page
    if screen in ("none", "trust"):
        await page.goto(f"{shop.origin}/{'people' if screen == 'none' else 'trust'}")
        for details in await page.locator("details").all():
            await details.evaluate("e => { e.removeAttribute('name'); e.open = true }")
        return
    if screen.startswith("setup"):
        await page.goto(shop.link())
        if screen == "setup-refused":
            await page.fill("#name", NAME)
            await page.fill("#password", "passwordpassword")
            await page.fill("#again", "passwordpassword")
            await page.click("form button[type=submit]")
            await page.wait_for_selector(".trouble")
        return
    await set_up(seen, shop)
    if screen == "recovery":
        return
    shop.people.new_staff_code(shop.people.add("アレクサンドラ・ゴンザレス・デ・ラ・クルス"))
    shop.people.end(shop.people.add("鈴木"))
    match screen:
        case "people" | "card":
            await page.goto(f"{shop.origin}/people")
            if screen == "card":
                await page.click("#staff button >> nth=0")
                await page.wait_for_selector(".staff-card")
        case "pair":
            await page.goto(f"{shop.origin}/pair")
            await page.click("main form button")
            await page.wait_for_selector("#pairing-code")
        case "switch":
            await page.goto(f"{shop.origin}/signin")
        case "signin" | "signin-card":
            await page.goto(f"{shop.origin}/signin")
            await sign_out(page)
            if screen == "signin":
                await seen.context.clear_cookies()
            await page.goto(f"{shop.origin}/signin")
            for details in await page.locator("details").all():
                await details.evaluate("e => { e.open = true }")


@pytest.mark.parametrize("screen", SCREENS)
async def test_everybody_can_use_the_pages(browser: Browser, shop: Shop, screen: str) -> None:
    """axe finds nothing in either theme; nothing is wider than the window from 360 px; targets are a finger wide."""
    async with watched(browser, shop.origin, expected=("422", "401"), bypass_csp=True) as seen:
        page = seen.page
        await show(seen, shop, screen)
        await page.add_script_tag(path=AXE)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found = await page.evaluate(RUN)
            assert [(one["id"], one["nodes"][0]["html"][:120]) for one in found["violations"]] == []
        for width in (360, 390, 820, 1366):
            await page.set_viewport_size({"width": width, "height": 844})
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.set_viewport_size({"width": 390, "height": 844})
        small = await page.evaluate(
            """() => [...document.querySelectorAll('button, summary, input, .btn')]
            .filter(e => !['hidden', 'checkbox'].includes(e.type))
            .filter(e => e.checkVisibility()).map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect().height])
            .filter(([, height]) => height < 44)"""
        )
        assert small == []


async def test_card_is_printed_in_its_size(browser: Browser, shop: Shop) -> None:
    """On paper the card alone, 85.6 mm wide; every bar at least a quarter of a millimetre, as scanners want."""
    async with watched(browser, shop.origin) as seen:
        page = seen.page
        await show(seen, shop, "card")
        await page.emulate_media(media="print")
        card = await page.locator(".staff-card").bounding_box()
        bars = await page.locator(".code128").bounding_box()
        modules = float(str(await page.locator(".code128").get_attribute("viewBox")).split()[2])
        assert card is not None
        assert bars is not None
        mm = 96 / 25.4
        assert abs(card["width"] / mm - 85.6) < 0.5
        assert bars["width"] / mm / modules >= 0.25
        assert not await page.locator("header").is_visible()
