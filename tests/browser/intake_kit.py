"""What the picture and file routes answer, as made-up answers for tests of the page; and pictures to send."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from playwright.async_api import Page, Route

from tests.web_kit import ONE, TWO

CERTAIN, PRINTED = ["barcode", "print"], ["print"]


def found(
    digits: str, *, by: list[str] | None = None, box: tuple[float, ...] = (0.1, 0.2, 0.7, 0.12), **more: Any
) -> Any:
    """One number of a picture."""
    by = PRINTED if by is None else by
    row = {"imei": digits, "text": digits, "kind": "imei", "by": by, "certain": len(by) > 1, "box": list(box)}
    return row | {"valid": True, "error": None, "suggestion": None} | more


def picture(*numbers: Any, devices: list[list[str]] | None = None, advice: str | None = None) -> dict[str, Any]:
    """The answer of `POST /v1/pictures`."""
    phones = devices if devices is not None else [[one["imei"]] for one in numbers if one["valid"]]
    return {"width": 800, "height": 600, "found": list(numbers), "devices": phones, "advice": advice}


SURE = picture(found(ONE.digits, by=CERTAIN))
UNSURE = picture(found(ONE.digits))
PAIR = picture(found(ONE.digits), found(TWO.digits, box=(0.1, 0.5, 0.7, 0.12)), devices=[[ONE.digits, TWO.digits]])
WRONG = picture(found("", text="001001010000014", imei=None, valid=False, error="imei-check-digit"), devices=[])
FOREIGN = picture(
    found("", text="4901234567894", kind="jan", imei=None, valid=False),
    found("", text="89049032000000000000000000000000", kind="eid", imei=None, valid=False, error="number-is-eid"),
    devices=[],
)
NOTHING = picture(devices=[])


def label(*, size: tuple[int, int] = (800, 600), form: str = "PNG") -> bytes:
    """A picture of a label with two numbers on it, where the answers above say that they are."""
    image = Image.new("RGB", size, "#f4f1ea")
    draw = ImageDraw.Draw(image)
    for top, imei in ((0.2, ONE), (0.5, TWO)):
        draw.text((size[0] * 0.1, size[1] * top), f"IMEI {imei.digits}", fill="black", font_size=size[1] // 12)
    stream = BytesIO()
    image.save(stream, form)
    return stream.getvalue()


@dataclass
class Routes:
    """Answers for the routes, in order; what was sent to them."""

    pictures: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    sent: list[tuple[str, str, int]] = field(default_factory=list)
    held: list[Route] = field(default_factory=list)
    hold: bool = False

    async def on(self, page: Page) -> None:
        """Answer for the server."""
        await page.route("**/v1/pictures", lambda route: self._answer(route, "pictures", self.pictures))
        await page.route("**/v1/files", lambda route: self._answer(route, "files", self.files))

    async def until_sent(self, count: int) -> None:
        """Wait until so many requests have come; more than that is wrong."""
        for _ in range(200):
            if len(self.sent) >= count:
                break
            await asyncio.sleep(0.025)
        assert len(self.sent) == count

    async def _answer(self, route: Route, name: str, answers: list[dict[str, Any]]) -> None:
        body = route.request.post_data_buffer or b""
        self.sent.append((name, route.request.headers.get("content-type", ""), len(body)))
        if self.hold:
            self.held.append(route)
            return
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        status = answer.get("status", 200)
        await route.fulfill(status=status, content_type="application/json", body=json.dumps(answer))


def film(*, frames: int = 2) -> bytes:
    """A label as a camera sees it: grey YUV4MPEG2, 640×480, which Chromium's fake camera plays in a loop."""
    picture_ = Image.open(BytesIO(label(size=(640, 480)))).convert("L")
    grey = picture_.tobytes() + b"\x80" * (640 * 480 // 2)
    return b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420mpeg2\n" + (b"FRAME\n" + grey) * frames
