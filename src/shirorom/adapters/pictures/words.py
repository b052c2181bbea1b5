"""Printed lines of a picture, by RapidOCR with the models of its own wheel. In the child.

It never downloads: the models are named by their files, and the child refuses every connection besides. It never logs.
"""

from __future__ import annotations

import importlib.resources
import math
import os
from functools import cache
from statistics import median
from typing import Any, NamedTuple

import numpy as np
from onnxruntime import SessionOptions  # type: ignore[import-untyped]  # it has no types
from PIL import Image
from rapidocr import RapidOCR
from rapidocr.inference_engine.onnxruntime import main as sessions

from shirorom.domain.errors import RequestError

LINES_MAX = 200
THREADS_MAX = 2
FIND_SIDE = 960
"""Long side in pixels at which text is looked for: half the time of 1280, and it finds the same (docs/adr/0012)."""
FIND_SIDE_AGAIN = 1600
"""For a second look, when the first found no number: small type in a large photo."""
READ_WIDTHS_MAX = 600.0
"""The widths of all lines that are read, in heights of their type: two to three seconds. A label has 50 to 150."""
READ_SIDE = 2000
"""Long side at which the lines are read."""

Point = tuple[float, float]


class Line(NamedTuple):
    """One line: text, score 0–1, its four corners in pixels from the top left on."""

    text: str
    score: float
    corners: tuple[Point, ...]


def lines(image: Image.Image, *, find_side: int = FIND_SIDE) -> list[Line]:
    """What is printed there; the image is at most `READ_SIDE` pixels long."""
    pixels: Any = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
    reader = engine()
    if reader.text_det is not None:  # it is made at the first reading, for FIND_SIDE
        reader.text_det.limit_side_len = find_side
    read = reader(pixels)
    if read.boxes is None or read.txts is None:
        return []
    return [
        Line(text, float(score), tuple((float(x), float(y)) for x, y in box))
        for box, text, score in zip(read.boxes, read.txts, read.scores, strict=True)
    ][:LINES_MAX]


class _Calm(SessionOptions):  # type: ignore[misc,unused-ignore]  # it has no types
    """Threads that sleep while they wait; spinning, they take a third more of the cores that the pages need."""

    def __init__(self) -> None:
        super().__init__()
        self.add_session_config_entry("session.intra_op.allow_spinning", "0")


# RapidOCR hands no such setting on; in this process it is the only user.
sessions.SessionOptions = _Calm  # type: ignore[attr-defined]  # its name there is not declared as exported


class Reader(RapidOCR):  # type: ignore[misc,unused-ignore]  # its own types are incomplete
    """RapidOCR that reads at most so much: a page of a novel must not take what ten labels take."""

    def detect_and_crop(self, img: Any, op_record: Any) -> Any:
        """Short lines first: a number with its label is not half a page wide."""
        crops, found = super().detect_and_crop(img, op_record)
        if found.boxes is None or found.scores is None:
            return crops, found
        widths = [crop.shape[1] / max(crop.shape[0], 1) for crop in crops]
        kept, left = set(), READ_WIDTHS_MAX
        for place in sorted(range(len(crops)), key=widths.__getitem__)[:LINES_MAX]:
            left -= widths[place]
            if left < 0:
                break
            kept.add(place)
        places = [place for place in range(len(crops)) if place in kept]
        found.boxes, found.scores = found.boxes[places], [found.scores[place] for place in places]
        return [crops[place] for place in places], found


@cache
def engine() -> Any:
    """The reader, its models loaded when first used. Raises RequestError `picture-reader-missing`."""
    models = importlib.resources.files("rapidocr") / "models"
    found = {
        task: next(
            (str(file) for file in models.iterdir() if f"_{task}_" in file.name and file.name.endswith(".onnx")), ""
        )
        for task in ("det", "rec")
    }
    if not all(found.values()):
        raise RequestError("picture-reader-missing", part="rapidocr")
    return Reader(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Global.max_side_len": READ_SIDE,
            "Det.model_path": found["det"],
            "Det.limit_type": "max",
            "Det.limit_side_len": FIND_SIDE,
            "Det.max_candidates": LINES_MAX,
            "Rec.model_path": found["rec"],
            "EngineConfig.onnxruntime.intra_op_num_threads": min(THREADS_MAX, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def widths(found: list[Line]) -> float:
    """How much was read, in heights of type."""
    return sum(
        math.dist(one.corners[0], one.corners[1]) / max(math.dist(one.corners[1], one.corners[2]), 1) for one in found
    )


def tilt(found: list[Line]) -> float:
    """By how many degrees the lines fall to the right; of the long ones, which tell it best."""
    turns = []
    for line in found:
        (x, y), (u, v) = line.corners[0], line.corners[1]
        high = math.dist(line.corners[1], line.corners[2])
        if math.dist((x, y), (u, v)) > 3 * high:
            turns.append(math.degrees(math.atan2(v - y, u - x)))
    return median(turns) if turns else 0.0
