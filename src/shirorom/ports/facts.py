"""The dated data that come with the product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shirorom.domain.carrier import CarrierFacts, CarrierId, Source
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.policy import Policy


class Facts(Protocol):
    """The dated data that come with the product."""

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        ...

    def glyphs(self) -> GlyphTable:
        """Which symbol means which mark."""
        ...

    def policies(self) -> Sequence[Policy]:
        """The rules, oldest first."""
        ...

    def policy(self, policy: str) -> Policy:
        """One rule, by its id. Raises ConfigError (`config-invalid`) when there is none."""
        ...

    def source(self, what: str) -> Source:
        """Where a reason or an advice rests, by its name in `data/sources.toml`."""
        ...
