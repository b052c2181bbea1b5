"""A shop, its authority, and one stamped sheet with an attachment and a tie: what the tests of stamps begin from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shirorom.adapters.timestamp import HttpAuthority, Rfc3161Stamps, certificate_der
from shirorom.log.bundle import BundleForm, encode_bundle
from shirorom.service.trust import Trust
from shirorom.service.verify import Examination, Verify
from tests.logs import imei
from tests.sheet_kit import PHONE, Shop, all_four
from tests.sheet_vectors_sound import tie_of
from tests.stamp_kit import OpensslAuthority, serving


class World:
    """A shop, its authority, and one stamped sheet."""

    def __init__(self, folder: Path, ca: OpensslAuthority, authority: HttpAuthority) -> None:
        self.ca, self.authority = ca, authority
        self.shop = Shop(folder / "data")
        self.now = datetime.now(UTC).replace(microsecond=0)  # the authority's clock is the machine's
        self.shop.clock.at = self.now
        self.shop.record(*all_four())
        attest = replace(self.shop.attest, authority=authority)
        made = attest(PHONE, attach=True, tie=tie_of(self.shop, imei(1)))
        assert made.unstamped is None
        self.bundle = made.bundle
        self.trust = Trust(
            given=(self.shop.key,), authorities=frozenset({certificate_der(ca.root.read_bytes())})
        )  # fmt: skip

    def examine(
        self, bundle: BundleForm | None = None, *, after: timedelta = timedelta(), **trusted: Any
    ) -> Examination:
        trust = replace(self.trust, **trusted)
        file = encode_bundle(bundle or self.bundle)
        return Verify(Rfc3161Stamps())(file, trust, now=self.now + after, admit_practice=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stamps")
    with serving(folder / "ca") as (ca, authority):
        made = World(folder, ca, authority)
        yield made
        made.shop.close()
