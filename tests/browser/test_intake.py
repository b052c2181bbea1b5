"""Numbers from pictures, files, the clipboard and the camera: what comes into the field, and what a person decides.

The routes that read pictures and files are answered here (`intake_kit`); everything else is the app's own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from shirorom.service.settings import Settings, WebSettings
from tests.browser.intake_kit import (
    FOREIGN,
    NOTHING,
    PAIR,
    SURE,
    UNSURE,
    WRONG,
    Routes,
    film,
    label,
    picture,
)  # fmt: skip
from tests.browser.page_kit import Watched, chromium, watched
from tests.browser.test_page_access import violations
from tests.web_kit import ONE, TWO, Kit, public, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")
OTHER = "001002020000001"
DETECTOR = """(() => {
  const at = (rawValue, y, format = 'code_128') =>
    ({rawValue, format, boundingBox: {x: 64, y, width: 480, height: 60}});
  window.seen = [];
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ['code_128', 'ean_13']; }
    async detect(video) {
      if (!(video.videoWidth > 0 && video.readyState > 1)) throw new Error('no frame');
      return seen.map(([text, y, format]) => at(text, y, format));
    }
  };
})()"""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def origins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, str]]:
    """A shop's app, and one for strangers."""
    shop = Kit(tmp_path_factory.mktemp("shop"), settings_of(site=True))
    strangers = Kit(tmp_path_factory.mktemp("public"), public(settings_of(site=True)))
    async with served(shop) as one, served(strangers) as two:
        yield {"shop": one, "public": two}
    shop.close()
    strangers.close()


@pytest_asyncio.fixture(loop_scope="module")
async def routes() -> Routes:
    """What the routes answer; each test says it."""
    return Routes()


@pytest_asyncio.fixture(loop_scope="module")
async def seen(browser: Browser, origins: dict[str, str], routes: Routes) -> AsyncIterator[Watched]:
    """The first page of the shop."""
    async with watched(browser, origins["shop"], expected=("422", "503")) as page:
        await routes.on(page.page)
        await page.page.goto(page.origin + "/")
        yield page


def png(name: str = "box.png", content: bytes | None = None, mime: str = "image/png") -> Any:
    """A file as the chooser gives it."""
    return {"name": name, "mimeType": mime, "buffer": label() if content is None else content}


async def choose(page: Page, *files: Any) -> None:
    """Choose files."""
    await page.set_input_files("[data-read][multiple]", list(files))


def stage(page: Page, css: str = "") -> Any:
    """Where the readings are shown."""
    return page.locator(f"[data-stage] {css}".strip())


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_certain_number_comes_at_once(seen: Watched, routes: Routes) -> None:
    """Where barcode and print agree the number stands in the field, read by the one parser, and that is said."""
    routes.pictures = [SURE]
    await choose(seen.page, png())
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
    await expect(seen.page.locator("#found")).to_contain_text(ONE.grouped)
    await expect(stage(seen.page)).to_contain_text("バーコードと印字が一致しました")
    assert routes.sent == [("pictures", "image/png", len(label()))]


async def test_uncertain_number_waits_for_a_person(seen: Watched, routes: Routes) -> None:
    """Until somebody has compared it with the part of the picture beside it, the field stays empty."""
    routes.pictures = [UNSURE]
    await choose(seen.page, png())
    await expect(stage(seen.page, ".confirm")).to_contain_text(ONE.grouped)
    await expect(stage(seen.page, ".confirm")).to_be_focused()
    assert await seen.page.input_value("#text") == ""
    dark = await stage(seen.page, "canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        ".filter((v, i) => i % 4 === 0 && v < 90).length"
    )
    assert dark > 100  # the digits of the picture are in it
    await seen.page.click("[data-yes]")
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
    await expect(stage(seen.page, ".confirm")).to_have_count(0)


async def test_refused_number_is_not_used(seen: Watched, routes: Routes) -> None:
    """「違います」 puts nothing anywhere."""
    routes.pictures = [UNSURE]
    await choose(seen.page, png())
    await seen.page.click(".confirm [data-close]")
    await expect(stage(seen.page)).to_be_empty()
    assert await seen.page.input_value("#text") == ""


async def test_pair_is_confirmed_split_and_joined(seen: Watched, routes: Routes) -> None:
    """Both numbers of a phone are compared together; joined they are one phone, split two, joined again one."""
    routes.pictures = [PAIR]
    await choose(seen.page, png())
    await expect(stage(seen.page, ".confirm canvas")).to_have_count(2)
    await seen.page.click("[data-yes]")
    await expect(seen.page.locator("#text")).to_have_value(f"IMEI1: {ONE.digits}\nIMEI2: {TWO.digits}")
    await seen.page.click("text=別々の端末に分ける")
    await expect(seen.page.locator("#found")).to_contain_text("2台の端末として")
    await seen.page.click("text=次の番号と1台にまとめる")
    await expect(seen.page.locator("#found")).to_contain_text("1台として")
    await expect(seen.page.locator("#text")).to_have_value(f"IMEI1: {ONE.digits}\nIMEI2: {TWO.digits}")


async def test_wrong_number_is_shown_and_not_used(seen: Watched, routes: Routes) -> None:
    """A number whose check digit fails is never taken; who wants to mend it finds it in the field, marked."""
    routes.pictures = [WRONG]
    await choose(seen.page, png())
    await expect(stage(seen.page)).to_contain_text("最後の1桁が合いません")
    assert await seen.page.input_value("#text") == ""
    await seen.page.click("[data-edit]")
    await expect(seen.page.locator("#found .slip")).to_have_text("4")
    await expect(seen.page.locator("#text")).to_be_focused()


async def test_nothing_found_says_what_to_photograph(seen: Watched, routes: Routes) -> None:
    """No number: what to take a picture of; another code: what it was."""
    routes.pictures = [NOTHING, FOREIGN]
    await choose(seen.page, png())
    await expect(stage(seen.page)).to_contain_text("*#06#")
    await choose(seen.page, png())
    await expect(stage(seen.page)).to_contain_text("JANコード・EID は読めましたが")


async def test_several_one_after_the_other(seen: Watched, routes: Routes) -> None:
    """Pictures are sent one at a time, with progress; cancelled, the rest is not sent and the page lives."""
    routes.hold = True
    await choose(seen.page, *(png(f"{n}.png") for n in range(3)))
    await expect(stage(seen.page)).to_contain_text("1 / 3")
    await routes.until_sent(1)
    await routes.held.pop().fulfill(json=SURE)
    await expect(stage(seen.page)).to_contain_text("2 / 3")
    await routes.until_sent(2)
    await seen.page.click("[data-cancel]")
    await expect(stage(seen.page, ".reading")).to_have_count(0)
    assert len(routes.sent) == 2
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)


async def test_a_refusal_is_worded(seen: Watched, routes: Routes) -> None:
    """What the server says stands there with what to do; the next picture is read all the same."""
    problem = {"status": 503, "title": "いま混み合っています", "detail": "", "fix": "少し待ってください。"}
    routes.pictures = [problem, SURE]
    await choose(seen.page, png("a.png"), png("b.png"))
    await expect(stage(seen.page, "[role=alert]")).to_contain_text("いま混み合っています 少し待ってください。")
    await expect(stage(seen.page, "[role=alert]")).to_contain_text("a.png")
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)


async def test_no_connection_is_said(browser: Browser, origins: dict[str, str]) -> None:
    """Without the server the page says so, and nothing is lost."""
    async with watched(browser, origins["shop"], expected=("ERR_INTERNET",)) as seen:
        await seen.page.goto(seen.origin + "/")
        await seen.page.route("**/v1/pictures", lambda route: route.abort("internetdisconnected"))
        await choose(seen.page, png())
        await expect(stage(seen.page)).to_contain_text("サーバーにつながりません")


GIF = label(size=(80, 60), form="GIF")
REFUSED = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "image/svg+xml", "この形式の画像は"),
    "gif": (GIF, "image/gif", "この形式の画像は"),
    "no picture": (b"\x00" * 99, "image/heic", "この形式の画像は"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_unfit_pictures_are_not_sent(seen: Watched, routes: Routes, what: str) -> None:
    """A drawing, an animation, a broken file: a sentence, and no request."""
    content, mime, words = REFUSED[what]
    await choose(seen.page, png(what, content, mime))
    await expect(stage(seen.page)).to_contain_text(words)
    assert routes.sent == []


async def test_huge_photo_is_made_smaller_first(seen: Watched, routes: Routes) -> None:
    """A photo beyond what the server takes is made smaller in the browser, and then read."""
    routes.pictures = [SURE]
    await choose(seen.page, png("huge.png", label(size=(6_000, 4_800))))
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
    ((_, mime, size),) = routes.sent
    assert mime == "image/jpeg"
    assert 0 < size < 10 * 1024 * 1024


# ── files, paste, drop ───────────────────────────────────────────────────────────────────────────────────────────────


def parsed(*devices: list[str], bad: Sequence[str] = ()) -> dict[str, Any]:
    """The answer of `POST /v1/files`."""
    found = [
        {"kind": "imei", "text": imei, "start": 0, "end": 15, "imei": imei, "valid": True, "error": None}
        for device in devices
        for imei in device
    ]
    found += [
        {"kind": "imei", "text": text, "start": 0, "end": 15, "imei": None, "valid": False, "error": "imei-length"}
        for text in bad
    ]
    return {"found": found, "devices": list(devices)}


async def test_file_gives_its_phones(seen: Watched, routes: Routes) -> None:
    """A list from a file stands in the field, phone by phone, with what was wrong in it."""
    routes.files = [parsed([ONE.digits, TWO.digits], [OTHER], bad=["12345678901"])]
    await choose(seen.page, png("stock.csv", b"IMEI\n1\n", "text/csv"))
    await expect(seen.page.locator("#found")).to_contain_text("2台の端末として")
    await expect(seen.page.locator("#found")).to_contain_text("15桁のところ、11桁です")
    assert routes.sent == [("files", "text/csv", 7)]


async def test_too_many_for_the_field_is_said(seen: Watched, routes: Routes) -> None:
    """More phones than the field holds are counted and not cut off."""
    routes.files = [parsed(*([f"{n:015d}"] for n in range(2_000)))]
    await choose(seen.page, png("all.csv", b"x", "text/csv"))
    await expect(stage(seen.page)).to_contain_text("2000 台の番号を読みました")
    assert await seen.page.input_value("#text") == ""


async def test_strangers_give_pictures_only(browser: Browser, origins: dict[str, str]) -> None:
    """A public page reads no files, says so, and sends nothing."""
    routes = Routes()
    async with watched(browser, origins["public"]) as seen:
        await routes.on(seen.page)
        await seen.page.goto(seen.origin + "/")
        assert ".csv" not in str(await seen.page.get_attribute("[data-read][multiple]", "accept"))
        await choose(seen.page, png("stock.csv", b"x", "text/csv"))
        await expect(stage(seen.page)).to_contain_text("写真だけです")
        await paste(seen.page, "body", text="あ" * 20_001)
        await expect(stage(seen.page)).to_contain_text("文が長すぎます")
        assert routes.sent == []


async def paste(page: Page, css: str, *, text: str = "", image: bool = False, event: str = "paste") -> None:
    """A paste or a drop of a text, a picture, or both as a spreadsheet gives them."""
    await page.evaluate(
        """([css, text, image, event]) => {
        const data = new DataTransfer();
        if (text) data.setData('text/plain', text);
        if (image) data.items.add(new File([new Uint8Array(image)], 'shot.png', {type: 'image/png'}));
        const made = event === 'paste'
          ? new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})
          : new DragEvent(event, {dataTransfer: data, bubbles: true, cancelable: true});
        document.querySelector(css).dispatchEvent(made); }""",
        [css, text, list(label(size=(200, 150))) if image else None, event],
    )


async def test_paste_without_a_click(seen: Watched) -> None:
    """A column of a spreadsheet pasted anywhere on the page comes below what is there; its picture is not read."""
    await seen.page.fill("#text", OTHER)
    await paste(seen.page, "body", text=f"{ONE.digits}\t{TWO.digits}\r\n", image=True)
    await expect(seen.page.locator("#found")).to_contain_text("2台の端末として")
    await expect(seen.page.locator("#found")).to_contain_text("1台として")
    await expect(stage(seen.page)).to_be_empty()


@pytest.mark.parametrize("event", ["paste", "drop"])
async def test_pasted_and_dropped_pictures(seen: Watched, routes: Routes, event: str) -> None:
    """A picture from the clipboard, also in the field, or dropped anywhere, is read."""
    routes.pictures = [SURE]
    await paste(seen.page, "#text" if event == "paste" else "main", image=True, event=event)
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)


async def test_real_clipboard(browser: Browser, origins: dict[str, str]) -> None:
    """Ctrl+V with a picture on the clipboard and nothing focused; the button pastes text."""
    routes = Routes(pictures=[SURE])
    permissions = ["clipboard-read", "clipboard-write"]
    async with watched(browser, origins["shop"], permissions=permissions) as seen:
        await routes.on(seen.page)
        await seen.page.goto(seen.origin + "/")
        await seen.page.evaluate(
            """async bytes => navigator.clipboard.write([new ClipboardItem({'image/png':
            new Blob([new Uint8Array(bytes)], {type: 'image/png'})})])""",
            list(label(size=(200, 150))),
        )
        await seen.page.keyboard.press("Control+V")
        await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
        await seen.page.evaluate("text => navigator.clipboard.writeText(text)", OTHER)
        await seen.page.click("[data-paste]")
        await expect(seen.page.locator("#text")).to_have_value(OTHER)


async def test_a_pasted_novel(seen: Watched, routes: Routes) -> None:
    """A text that the field does not hold is not cut off in silence: it is read as a file."""
    routes.files = [parsed([ONE.digits])]
    await paste(seen.page, "#text", text="むかしむかし、" * 4_000)
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
    assert [(kind, mime) for kind, mime, _ in routes.sent] == [("files", "text/plain")]


async def test_reader_is_loaded_when_it_is_wanted(seen: Watched, routes: Routes) -> None:
    """A visit loads neither the reader nor its pieces; the first file does."""
    late = ("/static/intake.js", "/intake")
    assert not [address for address in seen.addresses if address.removeprefix(seen.origin).startswith(late)]
    routes.pictures = [SURE]
    await choose(seen.page, png())
    await expect(seen.page.locator("#text")).to_have_value(ONE.digits)
    assert len([address for address in seen.addresses if address.removeprefix(seen.origin).startswith(late)]) == 2


async def test_without_script_there_is_the_field(browser: Browser, origins: dict[str, str]) -> None:
    """Without script no dead button is shown, and the form works."""
    async with watched(browser, origins["shop"], java_script_enabled=False) as seen:
        await seen.page.goto(seen.origin + "/")
        for css in ("[data-camera]", "[data-shoot]", "[data-paste]", ".pick"):
            for button in await seen.page.locator(css).all():
                assert not await button.is_visible()
        await seen.ask(ONE.digits)


# ── a page that takes phones itself ──────────────────────────────────────────────────────────────────────────────────


async def test_phones_are_handed_over(seen: Watched) -> None:
    """Sending gives the phones as the parser reads them, and empties the field; nothing is posted."""
    page = seen.page
    await page.evaluate(
        "document.querySelector('form[data-intake]').dataset.emits = '';"
        "window.got = []; document.addEventListener('shirorom:devices', e => got.push(e.detail.devices))"
    )
    await page.fill("#text", f"IMEI1: {ONE.digits}\nIMEI2: {TWO.digits}\n\n{OTHER}")
    await page.click("button.go")
    await expect(page.locator("#text")).to_have_value("")
    assert await page.evaluate("got") == [[[ONE.digits, TWO.digits], [OTHER]]]
    assert page.url == seen.origin + "/"


async def test_nothing_is_handed_over_with_a_wrong_number(seen: Watched) -> None:
    """A list with a wrong number stays in the field until it is mended: no phone drops out without a word."""
    page = seen.page
    await page.evaluate(
        "document.querySelector('form[data-intake]').dataset.emits = '';"
        "window.got = []; document.addEventListener('shirorom:devices', e => got.push(e.detail.devices))"
    )
    await page.fill("#text", f"{ONE.digits}\n\n001002020000002")
    await page.click("button.go")
    await expect(page.locator("#text")).to_be_focused()
    await expect(page.locator("#found .slip")).to_have_text("2")
    assert await page.evaluate("got") == []


# ── camera ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def filming(film_file: Path | None, *flags: str) -> AsyncIterator[Browser]:
    """A browser whose camera shows a film (or that has none)."""
    fake = [] if film_file is None else [
        "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film_file}",
    ]  # fmt: skip
    async with chromium(*fake, *flags) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def studio(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser with a camera in front of a label."""
    path = tmp_path_factory.mktemp("film") / "label.y4m"
    path.write_bytes(film())
    async with filming(path, "--enable-blink-features=BarcodeDetector") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def live(studio: Browser, origins: dict[str, str]) -> AsyncIterator[Watched]:
    """A page that may use the camera, in a browser that reads barcodes."""
    async with watched(studio, origins["shop"], permissions=["camera"]) as seen:
        await seen.context.add_init_script(DETECTOR)
        await seen.page.goto(seen.origin + "/")
        yield seen


async def test_live_only_where_the_browser_reads_barcodes(studio: Browser, origins: dict[str, str]) -> None:
    """The name BarcodeDetector alone is not enough: without Code 128 there is the photo button instead."""
    phone = {"has_touch": True, "is_mobile": True}
    async with watched(studio, origins["shop"], permissions=["camera"], **phone) as seen:
        await seen.page.goto(seen.origin + "/")
        assert await seen.page.evaluate("BarcodeDetector.getSupportedFormats()") == []
        await expect(seen.page.locator("[data-shoot]")).to_be_visible()
        await expect(seen.page.locator("[data-camera]")).to_be_hidden()
        shoot = seen.page.locator("[data-shoot] input")
        assert await shoot.get_attribute("capture") == "environment"
        await seen.context.add_init_script(DETECTOR)
        await seen.page.reload()
        await expect(seen.page.locator("[data-camera]")).to_be_visible()
        await expect(seen.page.locator("[data-shoot]")).to_be_hidden()


async def test_camera_reads_and_a_person_confirms(live: Watched) -> None:
    """A pair of barcodes in the picture is offered with its part of the frame; confirmed, the camera stops."""
    page = live.page
    await page.click("[data-camera]")
    await expect(page.locator("video")).to_be_visible()
    await page.evaluate(f"seen.push(['{TWO.digits}', 240], ['{ONE.digits}', 96])")
    await expect(page.locator(".confirm")).to_contain_text(ONE.grouped)
    assert await page.input_value("#text") == ""
    assert await page.locator(".confirm canvas").count() == 2
    await page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    await page.click("[data-yes]")
    await expect(page.locator("#text")).to_have_value(f"IMEI1: {ONE.digits}\nIMEI2: {TWO.digits}")
    await expect(page.locator("video")).to_have_count(0)
    assert await page.evaluate("track.readyState") == "ended"


async def test_second_number_joins_the_first(live: Watched) -> None:
    """A number that comes into view later is offered with the first as one phone: no half phone is left to confirm."""
    page = live.page
    await page.click("[data-camera]")
    await expect(page.locator("video")).to_be_visible()
    await page.evaluate(f"seen.push(['{ONE.digits}', 96])")
    await expect(page.locator(".confirm")).to_contain_text(ONE.grouped)
    await page.evaluate(f"seen.push(['{TWO.digits}', 240])")
    await expect(page.locator(".confirm canvas")).to_have_count(2)
    await expect(page.locator(".confirm")).to_have_count(1)


async def test_camera_names_foreign_codes(live: Watched) -> None:
    """A JAN or an EID before the camera is named, and nothing is taken."""
    await live.page.click("[data-camera]")
    await expect(live.page.locator("video")).to_be_visible()
    await live.page.evaluate("seen.push(['4901234567894', 96, 'ean_13'], ['89049032000000000000000000000000', 200])")
    await expect(live.page.locator("[data-seen]")).to_contain_text("JANコード（商品の番号）です")
    await expect(live.page.locator("[data-seen]")).to_contain_text("これはEIDです")
    assert await live.page.input_value("#text") == ""


async def test_camera_stops_when_nobody_looks(live: Watched) -> None:
    """A page in the background lets go of the camera."""
    await live.page.click("[data-camera]")
    await expect(live.page.locator("video")).to_be_visible()
    await live.page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
    await live.page.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await expect(live.page.locator("video")).to_have_count(0)
    assert await live.page.evaluate("track.readyState") == "ended"


async def test_lens_is_remembered(live: Watched) -> None:
    """The lens that was chosen is asked for again; one that is gone is forgotten without an error."""
    asked = """(() => { const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      window.asked = [];
      navigator.mediaDevices.getUserMedia = c => { asked.push(c.video.deviceId?.exact ?? null); return open(c); };
    })()"""
    await live.page.evaluate(asked)
    await live.page.evaluate("localStorage.setItem('shirorom.lens', 'gone')")
    await live.page.click("[data-camera]")
    await expect(live.page.locator("video")).to_be_visible()
    assert await live.page.evaluate("asked") == ["gone", None]
    await live.page.evaluate(
        "{ const s = document.querySelector('.camera select'); s.dispatchEvent(new Event('change')) }"
    )
    for _ in range(100):
        if await live.page.evaluate("asked.length") == 3:
            break
        await asyncio.sleep(0.05)
    chosen = await live.page.evaluate("localStorage.getItem('shirorom.lens')")
    assert (await live.page.evaluate("asked"))[2] == chosen != "gone"


async def test_camera_denied_is_said(studio: Browser, origins: dict[str, str]) -> None:
    """Without permission the page says how to give it, and what works without."""
    async with watched(studio, origins["shop"]) as seen:
        await seen.context.add_init_script(DETECTOR)
        await seen.page.goto(seen.origin + "/")
        await seen.page.click("[data-camera]")
        await expect(stage(seen.page)).to_contain_text("カメラを使う許可がありません")


async def test_insecure_connection_is_said_before(tmp_path: Path) -> None:
    """Over plain http under another name the page says what will not work, before any button is pressed."""
    base = settings_of(site=True)
    settings = Settings(carriers=base.carriers, web=WebSettings(hosts=("shop.example",)))
    kit = Kit(tmp_path, settings)
    async with served(kit) as origin, filming(None, "--host-resolver-rules=MAP shop.example 127.0.0.1") as browser:
        phone = {"has_touch": True, "is_mobile": True}
        name = origin.replace("127.0.0.1", "shop.example")
        async with watched(browser, name, expected=("Cross-Origin-Opener-Policy",), **phone) as seen:
            await seen.page.goto(seen.origin + "/")
            assert await seen.page.evaluate("isSecureContext") is False
            await expect(seen.page.locator("[data-insecure]")).to_contain_text("https")
            note = await seen.page.locator("[data-insecure]").bounding_box()
            button = await seen.page.locator("[data-shoot]").bounding_box()
            assert note is not None
            assert button is not None
            assert note["y"] < button["y"]
            await expect(seen.page.locator("[data-paste]")).to_be_hidden()
            await seen.ask(ONE.digits)
    kit.close()


# ── look ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


MIXED = "\n\n".join(
    (f"IMEI1: {ONE.digits}\nIMEI2: {TWO.digits}", OTHER, OTHER[:14], "001001010000014", "IMEI: OO1001010000013",
     "4901234567894")
)  # fmt: skip
ANSWERS = {"pair": PAIR, "wrong": WRONG, "foreign": FOREIGN, "sure": SURE}
STATES = ("mixed", "reading", "refused", *ANSWERS)


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1366)])
async def test_axe_finds_nothing(browser: Browser, origins: dict[str, str], scheme: Any, width: int) -> None:
    """No violation of WCAG 2.2 AA in any state, nothing runs out of the page, everything is finger-sized."""
    async with watched(
        browser, origins["shop"], width=width, color_scheme=scheme, expected=("503", "ERR_FAILED")
    ) as seen:
        routes = Routes()
        await routes.on(seen.page)
        for state in STATES:
            await bring(seen.page, seen.origin, routes, state)
            assert (state, await violations(seen.page)) == (state, [])
            wide = await seen.page.evaluate(
                "[...document.querySelectorAll('main *')].filter(e => !e.closest('.vh, svg')"
                " && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.localName)"
            )
            small = await seen.page.evaluate(
                "[...document.querySelectorAll('main :is(button, .btn)')]"
                ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
            )
            assert (state, wide, small) == (state, [], [])


async def bring(page: Page, origin: str, routes: Routes, state: str) -> None:
    """Bring one state up."""
    await page.goto(origin + "/")
    routes.hold = state == "reading"
    routes.sent.clear()
    if state == "mixed":
        await page.fill("#text", MIXED)
        await expect(page.locator("#found .slip").first).to_be_visible()
        return
    routes.pictures = [ANSWERS.get(state, {"status": 503, "title": "いま読めません"})]
    await choose(page, png())
    await expect(stage(page, ":is(section, .sure, .reading)").first).to_be_visible()
    if state == "reading":
        await routes.until_sent(1)
        await routes.held.pop().abort()


async def test_camera_card_is_accessible(live: Watched) -> None:
    """The camera's card has names for everything; and with the keyboard it can be stopped."""
    await live.page.click("[data-camera]")
    await expect(live.page.locator("video")).to_be_visible()
    assert await violations(live.page) == []
    await live.page.focus("[data-stop]")
    await live.page.keyboard.press("Enter")
    await expect(live.page.locator("video")).to_have_count(0)


async def test_english(browser: Browser, origins: dict[str, str]) -> None:
    """The pieces come in the reader's language."""
    routes = Routes(pictures=[picture(*PAIR["found"], devices=PAIR["devices"])])
    async with watched(browser, origins["shop"]) as seen:
        await routes.on(seen.page)
        await seen.page.goto(seen.origin + "/?lang=en")
        await choose(seen.page, png())
        await expect(stage(seen.page, "h2")).to_have_text("Is it the number in the photo?")
