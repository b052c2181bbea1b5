"""Where a list goes on, as a text that says nothing to whoever carries it and is refused when it was bent.

Base64url of a checksum, the list's name and the place in it. Not a secret and no right: whoever sends another place
reads what they may read anyway, so a checksum is enough, and a cursor of another list is noticed.
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2s
from typing import Annotated, TypeVar

import msgspec
from litestar.params import QueryParameter

from shirorom.domain.errors import RequestError

CHARS_MAX = 200
NUMBER_MAX = 2**53
Number = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
"""A place that is a number."""
After = Annotated[str | None, QueryParameter(description="The `next` of the answer before; none: from the beginning.")]
"""`?after=` of a list's route."""
_CHECK_BYTES = 6
Place = TypeVar("Place")


def cursor_to(list_: str, place: object) -> str:
    """The cursor of a place in a list. `place`: what msgpack takes; small."""
    body = msgspec.msgpack.encode((list_, place))
    return urlsafe_b64encode(_check(body) + body).rstrip(b"=").decode()


def place_of(list_: str, cursor: str | None, type_: type[Place]) -> Place | None:
    """The place that a cursor of this list names; None where there is none: from the beginning.

    Raises:
        RequestError: `cursor-invalid`.
    """
    if cursor is None:
        return None
    if len(cursor) > CHARS_MAX:
        raise RequestError("cursor-invalid")
    try:
        whole = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        check, body = whole[:_CHECK_BYTES], whole[_CHECK_BYTES:]
        if check != _check(body) or cursor != urlsafe_b64encode(whole).rstrip(b"=").decode():
            raise RequestError("cursor-invalid")
        name, place = msgspec.msgpack.decode(body, type=tuple[str, type_])  # type: ignore[valid-type]
    except (binascii.Error, ValueError):
        raise RequestError("cursor-invalid") from None
    if name != list_:
        raise RequestError("cursor-invalid")
    return place


def _check(body: bytes) -> bytes:
    return blake2s(body, digest_size=_CHECK_BYTES, person=b"cursor").digest()
