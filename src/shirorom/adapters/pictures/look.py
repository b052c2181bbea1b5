"""Opens a picture: as the kind that its header says and no other, upright, nothing but its pixels. In the child."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from shirorom.adapters.pictures.sniff import PictureKind, check_size, picture_kind
from shirorom.domain.errors import RequestError
from shirorom.domain.picture import PIXELS_MAX

Image.MAX_IMAGE_PIXELS = PIXELS_MAX  # Pillow warns above it; the size is refused before, so this only stands behind
PNG_LEVEL = 6
_ORIENTATION, _LYING = 0x0112, range(5, 9)


def upright(content: bytes) -> Image.Image:
    """The picture, RGB on white, turned as its EXIF says. Raises as `opened_at`."""
    image, _ = opened_at(content, None)
    return image


def opened_at(content: bytes, side: int | None) -> tuple[Image.Image, tuple[int, int]]:
    """The same, and its full size. `side`: a JPEG larger than this is decoded smaller, which costs a quarter.

    Raises:
        RequestError: `picture-unreadable`, and what `picture_kind` raises.
    """
    kind = picture_kind(content)
    try:
        with Image.open(BytesIO(content), formats=[kind.value]) as opened:
            check_size(*opened.size)
            width, height = opened.size
            if side is not None and kind is PictureKind.JPEG and max(width, height) > side:
                share = side / max(width, height)
                opened.draft("RGB", (int(width * share), int(height * share)))
            opened.load()
            lying = opened.getexif().get(_ORIENTATION, 1) in _LYING
            return _plain(ImageOps.exif_transpose(opened)), (height, width) if lying else (width, height)
    except RequestError:
        raise
    except MemoryError:
        raise RequestError("picture-unreadable") from None
    except Exception:  # noqa: BLE001  # a decoder may fail in any way, and a message may quote what it met
        raise RequestError("picture-unreadable") from None


def _plain(image: Image.Image) -> Image.Image:
    """Pixels alone, RGB; what is transparent lies on white."""
    if image.mode.startswith("I") or image.mode == "F":
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        over = image.convert("RGBA")
        ground = Image.new("RGB", over.size, "white")
        ground.paste(over, mask=over.getchannel("A"))
        return ground
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain


def shrunk(image: Image.Image, side: int) -> Image.Image:
    """No side longer than this."""
    share = side / max(image.size)
    if share >= 1:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.BOX if share < 0.5 else Image.Resampling.LANCZOS)


def clean(content: bytes) -> bytes:
    """The picture made anew as PNG: no place where it was taken, no camera's number, nothing behind its end."""
    out = BytesIO()
    upright(content).save(out, "PNG", compress_level=PNG_LEVEL)
    return out.getvalue()
