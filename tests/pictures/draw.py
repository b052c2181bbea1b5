"""Draws what people photograph: box labels, `*#06#` screens, a settings screen, a carrier's answer. From a seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from shirorom.domain.imei import Imei

FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
BOLD = "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc"
Device = tuple[Imei, ...]
MODELS = ("Pixel 8a", "Xperia 10 VI", "AQUOS sense8", "Galaxy S23 SC-51D", "iPhone 14 128GB", "arrows We2 M07")


@dataclass(frozen=True, slots=True)
class Look:
    """Colours of a screen: ground, text, quiet text, and the panel that lies on it."""

    ground: str
    text: str
    quiet: str
    panel: str


LIGHT = Look("#f2f2f7", "#111111", "#6b6b70", "#ffffff")
DARK = Look("#000000", "#f4f4f5", "#98989f", "#1c1c1e")
LOOKS = (LIGHT, DARK)


def imei(rng: Random) -> Imei:
    """A number of a test range."""
    return Imei.of_key(f"0010{rng.randint(1, 17):02d}{rng.randrange(10**8):08d}")


def phone(rng: Random, *, sims: int) -> Device:
    """The numbers of one phone: two as makers give them, of one model."""
    first = imei(rng)
    if sims == 1:
        return (first,)
    while True:
        second = Imei.of_key(first.key[:8] + f"{rng.randrange(10**6):06d}")
        if second != first:
            return (first, second)


def eid(rng: Random) -> str:
    """An eUICC's number, as it looks."""
    return "89049032" + "".join(str(rng.randrange(10)) for _ in range(24))


def serial(rng: Random) -> str:
    """A serial number, as Apple's and others' look."""
    return rng.choice("FGDR") + "".join(
        rng.choice("0123456789BCDFGHJKLMNPQRTVWXYZ") for _ in range(rng.choice((9, 11)))
    )


def jan(rng: Random) -> str:
    """A Japanese article number (GTIN-13)."""
    digits = "49" + "".join(str(rng.randrange(10)) for _ in range(10))
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-total % 10)


@cache
def font(size: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Noto Sans CJK JP."""
    return ImageFont.truetype(BOLD if bold else FONT, size, index=0)


def barcode(text: str, kind: str, *, width: int, height: int) -> Image.Image:
    """A barcode with its quiet zone, as large as told (QR and DataMatrix: square, `width` a side)."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    plain: Any = np.array(zxingcpp.write_barcode_to_image(code, scale=4))
    image = Image.fromarray(plain).convert("RGB")
    square = kind in ("QRCode", "DataMatrix")
    return image.resize(
        (width, width if square else height), Image.Resampling.NEAREST if square else Image.Resampling.BOX
    )


class Paper:
    """A picture that is written from top to bottom."""

    def __init__(self, width: int, height: int, ground: str, ink: str) -> None:
        self.image = Image.new("RGB", (width, height), ground)
        self.pen = ImageDraw.Draw(self.image)
        self.ink, self.y = ink, 30

    def line(
        self, text: str, size: int, *, x: int = 40, ink: str | None = None, bold: bool = False, gap: int = 10
    ) -> None:
        """A line of text, and go on below it."""
        self.pen.text((x, self.y), text, font=font(size, bold), fill=ink or self.ink)
        self.y += int(size * 1.25) + gap

    def at_right(self, text: str, size: int, ink: str) -> None:
        """Text at the right end of the line that comes next."""
        width = self.pen.textlength(text, font=font(size))
        self.pen.text((self.image.width - 40 - width, self.y), text, font=font(size), fill=ink)

    def paste(self, image: Image.Image, *, x: int = 40, gap: int = 8) -> None:
        """A picture, and go on below it."""
        self.image.paste(image, (x, self.y))
        self.y += image.height + gap

    def cut(self) -> Image.Image:
        """What was written, without the rest of the paper."""
        return self.image.crop((0, 0, self.image.width, min(self.image.height, self.y + 30)))


def label(rng: Random, device: Device) -> Image.Image:
    """A box's label: model, JAN, IMEI (and IMEI2) with barcode and digits, often EID and serial number too."""
    paper = Paper(rng.choice((1000, 1150, 1300)), 1800, rng.choice(("#ffffff", "#fbfaf6", "#e9dcc4")), "#101010")
    size = rng.choice((34, 38, 42))
    paper.line(rng.choice(MODELS), size + 8, bold=True)
    if rng.random() < 0.5:
        number = jan(rng)
        paper.paste(barcode(number, "EAN13", width=420, height=110))
        paper.line(number, size - 6, x=90)
    style = rng.choice(("above", "under", "beside"))
    name = rng.choice(("IMEI", "IMEI/MEID", "製造番号(IMEI)"))
    for nth, one in enumerate(device, 1):
        count = "" if len(device) == 1 or (nth == 1 and rng.random() < 0.4) else str(nth)
        title = name.replace("IMEI", "IMEI" + count, 1)
        bars = barcode(one.digits, "Code128", width=rng.choice((620, 720)), height=rng.choice((80, 110)))
        if style == "above":
            paper.line(f"{title}: {one.digits}", size)
            paper.paste(bars)
        elif style == "under":
            paper.line(title, size - 4)
            paper.paste(bars)
            paper.line(one.digits, size, x=90)
        else:
            paper.paste(bars)
            paper.line(f"{title} {_spaced(one, rng)}", size)
    if rng.random() < 0.6:
        number = eid(rng)
        paper.line("EID", size - 6)
        paper.paste(barcode(number, "Code128", width=820, height=80))
        paper.line(number, size - 8)
    if rng.random() < 0.7:
        number = serial(rng)
        paper.line(f"{rng.choice(('Serial No.', 'S/N', 'シリアル番号'))} {number}", size - 4)
        paper.paste(barcode(number, "Code128", width=560, height=70))
    return paper.cut()


def _spaced(one: Imei, rng: Random) -> str:
    digits = one.digits
    return rng.choice((digits, one.grouped, f"{digits[:2]} {digits[2:8]} {digits[8:14]} {digits[14]}"))


def square_label(rng: Random, device: Device) -> Image.Image:
    """A small label: digits beside a QR or DataMatrix code that holds them all."""
    paper = Paper(900, 700, "#ffffff", "#101010")
    text = "\n".join(f"IMEI{nth}:{one.digits}" for nth, one in enumerate(device, 1))
    kind = rng.choice(("QRCode", "DataMatrix"))
    paper.image.paste(barcode(text, kind, width=300, height=300), (570, 60))
    paper.line(rng.choice(MODELS), 34, bold=True, gap=30)
    for nth, one in enumerate(device, 1):
        paper.line(f"IMEI{nth}", 28, gap=2)
        paper.line(one.digits, 40, gap=20)
    paper.y = max(paper.y, 380)
    return paper.cut()


def dial_iphone(rng: Random, device: Device, look: Look) -> Image.Image:
    """The device information of an iPhone: EID, IMEI, IMEI2, MEID, each with its barcode on white."""
    screen = Paper(1170, 2400, look.ground, look.text)
    screen.line("9:41", 40, x=80, gap=60)
    screen.line("デバイス情報", 46, x=430, bold=True, gap=50)
    rows = [("EID", eid(rng), 900)]
    rows += [("IMEI" if nth == 1 else f"IMEI{nth}", one.digits, 720) for nth, one in enumerate(device, 1)]
    rows.append(("MEID", device[0].key, 700))
    for title, number, width in rows:
        screen.line(title, 40, x=80, ink=look.quiet)
        screen.paste(barcode(number, "Code128", width=width, height=120), x=80, gap=16)
        shown = " ".join((number[:2], number[2:8], number[8:14], number[14:])) if title.startswith("IMEI") else number
        screen.line(shown, 42, x=80, gap=56)
    return screen.cut()


def dial_android(rng: Random, device: Device, look: Look) -> Image.Image:
    """A `*#06#` dialog of an Android phone: barcodes of 14 digits (its own dialer), of 15, or none at all."""
    screen = Paper(1080, 2300, look.ground, look.text)
    screen.line("12:30", 36, x=50, gap=300)
    top = screen.y
    screen.line("IMEI", 52, x=120, bold=True, gap=50)
    bars = rng.choice((14, 15, 15, 0))
    version = rng.random() < 0.3
    for nth, one in enumerate(device, 1):
        if len(device) > 1:
            screen.line(
                rng.choice((f"IMEI {nth}", f"IMEI(スロット{nth})", f"IMEI{nth} (SIM{nth})")), 36, x=120, ink=look.quiet
            )
        if bars:
            screen.paste(barcode(one.digits[:bars], "Code128", width=780, height=130), x=120)
        screen.line(one.digits + (" / 01" if version else ""), 46, x=120, gap=50)
    screen.line("OK", 42, x=850, ink="#3478f6", gap=40)
    whole = Paper(1080, screen.y + 500, look.ground, look.text)
    whole.image.paste(screen.image.crop((0, 0, 1080, screen.y)), (0, 0))
    whole.pen.rounded_rectangle((60, top - 30, 1020, screen.y), radius=40, outline=look.quiet, width=3)
    return whole.image


def settings_screen(rng: Random, device: Device, look: Look) -> Image.Image:
    """ "About this phone": names at the left, values at the right, no barcode."""
    screen = Paper(1170, 1600, look.ground, look.text)
    screen.line("< 一般        情報", 44, bold=True, gap=60)
    rows = [("機種名", rng.choice(MODELS)), ("シリアル番号", serial(rng))]
    rows += [("IMEI" if nth == 1 else f"IMEI{nth}", _spaced(one, rng)) for nth, one in enumerate(device, 1)]
    rows += [("Wi-Fiアドレス", "A4:83:E7:12:5B:0C")]
    for title, value in rows:
        screen.at_right(value, 40, look.quiet)
        screen.line(title, 40, gap=50)
    return screen.cut()


def result_page(rng: Random, asked: Imei, carrier: str, glyph: str) -> Image.Image:
    """A carrier's answer as a screenshot of its page, drawn: name, number, symbol, legend."""
    paper = Paper(1100, 1500, "#ffffff", "#222222")
    paper.pen.rectangle((0, 0, 1100, 90), fill=rng.choice(("#cc0033", "#eb5505", "#bf0000", "#555555")))
    paper.line(carrier, 40, ink="#ffffff", gap=50)
    paper.line("ネットワーク利用制限携帯電話機の確認", 38, bold=True, gap=30)
    paper.line(f"製造番号(IMEI): {asked.digits}", 34, gap=20)
    paper.line(f"判定結果  {glyph}", 44, bold=True, gap=30)
    paper.line("現在、利用制限の対象ではありません。", 30, gap=40)
    for mark, text in (("○", "制限の対象ではないもの"), ("△", "今後制限される可能性があるもの"), ("×", "制限中のもの")):
        paper.line(f"{mark}  {text}", 26, ink="#555555")
    return paper.cut()


def side_by_side(images: Sequence[Image.Image], *, ground: str, stacked: bool, gap: int) -> Image.Image:
    """Several things in one picture, beside or below one another."""
    widths, heights = [one.width for one in images], [one.height for one in images]
    if stacked:
        size = (max(widths) + 2 * gap, sum(heights) + gap * (len(images) + 1))
    else:
        size = (sum(widths) + gap * (len(images) + 1), max(heights) + 2 * gap)
    whole = Image.new("RGB", size, ground)
    x = y = gap
    for one in images:
        whole.paste(one, (x, y))
        x, y = (x, y + one.height + gap) if stacked else (x + one.width + gap, y)
    return whole
