"""Files encrypted to shops' keys (ports.snapshot.Box): HPKE for the key of the file, ChaCha20-Poly1305 for its chunks.

Each shop gets the file's key by HPKE (RFC 9180: X25519, HKDF-SHA256, ChaCha20-Poly1305). Chunks are numbered, and the
last one says that it is the last (the STREAM construction), so that none can be left out, moved or added. All that
stands before the chunks is authenticated with each of them. Form: docs/reference/snapshot-format.md.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

from shirorom.domain.errors import ShiroromError
from shirorom.log.shop_key import ID_BYTES, ShopKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import Suite

MAGIC = b"SHIROBOX"
VERSION = 1
RECIPIENTS_MAX = 1_024
CHUNK = 1 << 20
TAG_BYTES = 16
KEY_BYTES = 32
PLAIN_BYTES_MAX = 1 << 30

_FRONT = struct.Struct("<8sIIQ")
_WRAPPED_BYTES = 32 + KEY_BYTES + TAG_BYTES
_SLOT_BYTES = ID_BYTES + _WRAPPED_BYTES
_INFO = b"shirorom/snapshot/box/v1\n"


class HpkeBox:
    """Encrypts to shops, and decrypts what is for this one."""

    def __init__(self, secret: Callable[[], bytes | None], entropy: Callable[[int], bytes]) -> None:
        """`secret` gives this shop's 32 secret bytes; None: it has no key, and opens nothing."""
        self._secret, self._entropy = secret, entropy

    @property
    def key(self) -> ShopKey:
        """This shop's public key. Raises `snapshot-sealed` where there is none."""
        return ShopKey(self._private.public_key().public_bytes_raw())

    @cached_property
    def _private(self) -> X25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

        secret = self._secret()
        if secret is None:
            raise ShiroromError("snapshot-sealed")
        return X25519PrivateKey.from_private_bytes(secret)

    def is_sealed(self, content: bytes) -> bool:
        """Whether bytes say that they are such a file."""
        return content[: len(MAGIC)] == MAGIC

    def seal(self, content: bytes, recipients: Sequence[ShopKey]) -> bytes:
        """Encrypt; the length stays visible, and the short ids of those who can read it.

        Raises:
            ShiroromError: `snapshot-shop-key`, 32 bytes that are no key at all (a point of low order).
        """
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        if not 0 < len(recipients) <= RECIPIENTS_MAX or len(content) > PLAIN_BYTES_MAX:
            raise ValueError("a file is for 1 to 1,024 shops, and of a limited size")
        key, front = self._entropy(KEY_BYTES), _FRONT.pack(MAGIC, VERSION, len(recipients), len(content))
        suite, info = _suite(), _INFO + front
        try:
            for one in recipients:
                front += one.id + suite.encrypt(key, X25519PublicKey.from_public_bytes(one.public), info=info)
        except ValueError as error:
            raise ShiroromError("snapshot-shop-key") from error
        cipher, bound = ChaCha20Poly1305(key), sha256(front).digest()
        chunks = (cipher.encrypt(nonce, content[first:last], bound) for nonce, first, last in _chunks(len(content)))
        return b"".join((front, *chunks))

    def open(self, content: bytes) -> bytes:
        """Decrypt.

        Raises:
            ShiroromError: `snapshot-sealed`, not for this shop; `snapshot-malformed`, any bytes that `seal` would not
                have written.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        size, slots = _sizes(content)
        cipher, place = ChaCha20Poly1305(self._key_of(content, slots)), _FRONT.size + slots * _SLOT_BYTES
        bound, parts = sha256(content[:place]).digest(), []
        try:
            for nonce, first, last in _chunks(size):
                end = place + last - first + TAG_BYTES
                parts.append(cipher.decrypt(nonce, content[place:end], bound))
                place = end
        except InvalidTag as error:
            raise _malformed() from error
        return b"".join(parts)

    def _key_of(self, content: bytes, slots: int) -> bytes:
        from cryptography.exceptions import InvalidTag

        mine, private, suite, info = self.key.id, self._private, _suite(), _INFO + content[: _FRONT.size]
        for n in range(slots):
            place = _FRONT.size + n * _SLOT_BYTES
            if content[place : place + ID_BYTES] == mine:
                try:
                    return suite.decrypt(content[place + ID_BYTES : place + _SLOT_BYTES], private, info=info)
                except InvalidTag:
                    continue  # another key of the same short id, or damage
        raise ShiroromError("snapshot-sealed")


def _sizes(content: bytes) -> tuple[int, int]:
    """Length of the plain content and number of recipients, both held against the length of the file."""
    if len(content) < _FRONT.size:
        raise _malformed()
    magic, version, slots, size = _FRONT.unpack_from(content)
    if magic != MAGIC or version != VERSION or not 0 < slots <= RECIPIENTS_MAX or size > PLAIN_BYTES_MAX:
        raise _malformed()
    chunks = max(1, -(-size // CHUNK))
    if len(content) != _FRONT.size + slots * _SLOT_BYTES + size + chunks * TAG_BYTES:
        raise _malformed()
    return size, slots


def _chunks(size: int) -> Iterator[tuple[bytes, int, int]]:
    """Nonce, begin and end of each chunk; one at least. The key is the file's own, so that nonces are numbers."""
    count = max(1, -(-size // CHUNK))
    for n in range(count):
        yield struct.pack(">7xIB", n, n == count - 1), n * CHUNK, min(size, (n + 1) * CHUNK)


def _suite() -> Suite:
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    return Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def _malformed() -> ShiroromError:
    return ShiroromError("snapshot-malformed", part="box")
