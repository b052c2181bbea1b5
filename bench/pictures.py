"""How long a photo takes: a box label and a `*#06#` screen, through the product's child process, from bytes to numbers.

Beside it, in the same run, the same engines bare in this process: zxing-cpp on the decoded picture, and RapidOCR as it
comes, with its own settings. Both machines' cores are shared with whoever else runs.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import time
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import zxingcpp
from PIL import Image
from rapidocr import RapidOCR

from bench._rows import at_most, row
from shirorom.adapters.pictures.process import ProcessPictures
from shirorom.domain.picture import numbers_in
from tests.pictures import draw
from tests.pictures.degrade import Harm, photo

ROUNDS = 9
LABEL_S, SCREEN_S = 0.5, 2.0
HARM = Harm(turn=3.0, perspective=0.02, blur=0.8, noise=8.0, far=0.2, quality=85)
FULL = (4000, 3000)
"""The size of a telephone's photo."""


def pictures() -> dict[str, bytes]:
    """A label and a screen as they were photographed, also as large as a telephone's camera makes them."""
    rng = Random(42)
    device = draw.phone(rng, sims=2)
    label = photo(draw.label(rng, device), HARM, rng)
    screen = photo(draw.dial_iphone(rng, device, draw.LIGHT), HARM, rng)
    large = Image.open(io.BytesIO(label)).resize(FULL, Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.save(out, "JPEG", quality=85)
    return {"label": label, "label, 12 Mpx": out.getvalue(), "`*#06#` screen": screen}


def median_s(work: Callable[[], object]) -> float:
    """The usual round."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


async def _ours(shown: dict[str, bytes]) -> tuple[dict[str, float], float]:
    """Median seconds for each picture with a warm child, and of the first picture of all."""
    reader = ProcessPictures(job_s_max=60.0)  # a busy machine gives slow figures, not none
    try:
        begin = time.perf_counter()
        await reader.read(shown["label"])
        first_s = time.perf_counter() - begin
        medians = {}
        for name, content in shown.items():
            times = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                numbers = numbers_in(await reader.read(content))
                times.append(time.perf_counter() - begin)
                assert sum(number.valid for number in numbers.found) == 2, name
            medians[name] = statistics.median(times)
    finally:
        await reader.close()
    return medians, first_s


def run() -> dict[str, Any]:
    """All figures of this module."""
    shown = pictures()
    ours, first_s = asyncio.run(_ours(shown))
    rows: list[dict[str, Any]] = []
    for name, target in (("label", LABEL_S), ("label, 12 Mpx", LABEL_S), ("`*#06#` screen", SCREEN_S)):
        rows.append(row(f"{name}, photo to numbers, warm", ours[name], "s", asked=at_most(target)))
    engine = RapidOCR(params={"Global.log_level": "critical"})
    for name in ("label", "`*#06#` screen"):
        pixels: Any = np.asarray(Image.open(io.BytesIO(shown[name])).convert("RGB"))
        bars_s = median_s(lambda pixels=pixels: zxingcpp.read_barcodes(pixels))  # type: ignore[misc]
        print_s = median_s(lambda pixels=pixels: engine(pixels[:, :, ::-1]))  # type: ignore[misc]
        rows.append(row(name, ours[name], "s", beside="bare RapidOCR with its own settings", peer=print_s))
        rows.append(row(f"{name}, bare zxing-cpp", bars_s, "s"))
    rows.append(row("first picture, process and models started", first_s, "s"))
    return {"name": "pictures", "rows": rows}
