"""What a camera does to a clean picture: turned, seen from the side, blurred, noisy, with glare, as JPEG."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from random import Random

import numpy as np
from PIL import Image, ImageFilter

TURN_MAX = 10.0
GROUNDS = ("#6b5a48", "#3a3f44", "#b9b4aa", "#20242a", "#d9d6cf")


@dataclass(frozen=True, slots=True)
class Harm:
    """How much of each is done. Degrees; share of the side; pixels; grey levels; strength; size; ground around
    it as a share of the side; JPEG quality."""

    turn: float = 0.0
    perspective: float = 0.0
    blur: float = 0.0
    noise: float = 0.0
    glare: float = 0.0
    scale: float = 1.0
    far: float = 0.04
    quality: int = 92
    ground: str = GROUNDS[0]

    @classmethod
    def some(cls, rng: Random) -> Harm:
        """What a hand-held photo suffers: two to four of these at once."""
        wanted = set(
            rng.sample(("turn", "perspective", "blur", "noise", "glare", "scale", "far"), k=rng.choice((2, 3, 4)))
        )
        return cls(
            turn=rng.uniform(-TURN_MAX, TURN_MAX) if "turn" in wanted else 0.0,
            perspective=rng.uniform(0.01, 0.05) if "perspective" in wanted else 0.0,
            blur=rng.uniform(0.5, 1.8) if "blur" in wanted else 0.0,
            noise=rng.uniform(4, 22) if "noise" in wanted else 0.0,
            glare=rng.uniform(0.3, 0.85) if "glare" in wanted else 0.0,
            scale=rng.uniform(0.6, 1.0) if "scale" in wanted else 1.0,
            far=rng.uniform(0.15, 0.6) if "far" in wanted else 0.04,
            quality=rng.randint(40, 92),
            ground=rng.choice(GROUNDS),
        )


def photo(image: Image.Image, harm: Harm, rng: Random) -> bytes:
    """A JPEG of the picture as a camera would have taken it, lying on a ground."""
    image = _framed(image, harm.far, harm.ground)
    if harm.perspective:
        image = _seen_from_the_side(image, harm.perspective, harm.ground, rng)
    if harm.turn:
        image = image.rotate(harm.turn, Image.Resampling.BICUBIC, expand=True, fillcolor=harm.ground)
    if harm.scale != 1.0:
        size = (round(image.width * harm.scale), round(image.height * harm.scale))
        image = image.resize(size, Image.Resampling.LANCZOS)
    if harm.glare:
        image = _with_glare(image, harm.glare, rng)
    if harm.blur:
        image = image.filter(ImageFilter.GaussianBlur(harm.blur))
    if harm.noise:
        image = _noisy(image, harm.noise, rng)
    return jpeg(image, harm.quality)


def jpeg(image: Image.Image, quality: int = 92, **more: object) -> bytes:
    """The picture as JPEG."""
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality, **more)
    return out.getvalue()


def png(image: Image.Image, **more: object) -> bytes:
    """The picture as PNG."""
    out = BytesIO()
    image.save(out, "PNG", **more)
    return out.getvalue()


def _framed(image: Image.Image, share: float, ground: str) -> Image.Image:
    edge = round(max(image.size) * share)
    whole = Image.new("RGB", (image.width + 2 * edge, image.height + 2 * edge), ground)
    whole.paste(image, (edge, edge))
    return whole


def _seen_from_the_side(image: Image.Image, share: float, ground: str, rng: Random) -> Image.Image:
    width, height = image.size
    corners = [(0, 0), (width, 0), (width, height), (0, height)]
    moved = [(x + rng.uniform(-share, share) * width, y + rng.uniform(-share, share) * height) for x, y in corners]
    rows, wanted = [], []
    for (x, y), (u, v) in zip(corners, moved, strict=True):  # where in the source each corner is taken from
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        wanted += [u, v]
    coefficients = np.linalg.solve(np.array(rows, dtype=float), np.array(wanted, dtype=float))
    return image.transform(
        image.size, Image.Transform.PERSPECTIVE, list(coefficients), Image.Resampling.BICUBIC, fillcolor=ground
    )


def _with_glare(image: Image.Image, strength: float, rng: Random) -> Image.Image:
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    x, y = rng.uniform(0.1, 0.9) * width, rng.uniform(0.1, 0.9) * height
    radius = rng.uniform(0.12, 0.3) * max(width, height)
    rows, columns = np.ogrid[:height, :width]
    light = strength * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    lit = pixels + (255 - pixels) * light[:, :, None]
    return Image.fromarray(lit.clip(0, 255).astype(np.uint8))


def _noisy(image: Image.Image, deviation: float, rng: Random) -> Image.Image:
    noise = np.random.default_rng(rng.randrange(2**32)).normal(0, deviation, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image, dtype=np.float32) + noise).clip(0, 255).astype(np.uint8))
