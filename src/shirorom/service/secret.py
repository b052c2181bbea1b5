"""Random secrets, and the only form in which they are kept: keyed digests. A stolen database alone opens nothing."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field

TOKEN_BYTES = 32
TEXT_CHARS_MAX = 512
"""Longer than any secret of ours: nothing longer is even looked up."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Makes secrets and digests them. `key` is this installation's own, kept apart from the database."""

    key: bytes = field(repr=False)
    entropy: Callable[[int], bytes]

    def token(self) -> str:
        """256 random bits as text for a cookie or an address."""
        return urlsafe_b64encode(self.entropy(TOKEN_BYTES)).rstrip(b"=").decode()

    def digest(self, kind: str, secret: str) -> bytes:
        """What is kept of a secret: HMAC-SHA-256, apart for each kind, so that none can be used as another."""
        if len(secret) > TEXT_CHARS_MAX:
            secret = ""
        return hmac.digest(self.key, f"{kind}\0{secret}".encode("utf-8", "surrogatepass"), "sha256")

    def same(self, kept: bytes, kind: str, secret: str) -> bool:
        """Compare without telling by time how much of it was right."""
        return hmac.compare_digest(kept, self.digest(kind, secret))
