"""Record sheets' part of the composition root: making one, examining one, time stamps, the tie to a phone."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.pdf_sealer import PdfSealer
    from shirorom.adapters.pdf_typst import TypstPages
    from shirorom.adapters.timestamp import HttpAuthority, Rfc3161Stamps
    from shirorom.compose import Composition
    from shirorom.edge.web.parts import Proof
    from shirorom.log.keyring import KnownKeys
    from shirorom.ports.pictures import Pictures
    from shirorom.service.attest import Attest
    from shirorom.service.checkpoints import Checkpoints
    from shirorom.service.trust import Trust
    from shirorom.service.verify import Verify
    from shirorom.service.view import MakeView


class Proving:
    """Everything of record sheets, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    @cached_property
    def attest(self) -> Attest:
        """service/attest.py. Raises ConfigError `proof-missing`."""
        from shirorom.service.attest import Attest

        whole = self._whole
        return Attest(whole.settings, whole.rooms, self.checkpoints, whole.clock, self.authority)

    @cached_property
    def verify(self) -> Verify:
        """service/verify.py; touches neither the data directory nor the configuration."""
        from shirorom.service.verify import Verify

        return Verify(self._stamps)

    @cached_property
    def view(self) -> MakeView:
        """service/view.py. Raises ConfigError `proof-missing`."""
        from shirorom.service.view import MakeView

        return MakeView(lambda: self._pages, self._sealer, self.authority, self._address)

    @cached_property
    def _pages(self) -> TypstPages:
        try:
            import segno  # noqa: F401  # is the extra [proof] there?
            import typst  # noqa: F401
        except ImportError as error:
            raise ConfigError("proof-missing") from error
        from shirorom.adapters.pdf_typst import TypstPages

        return TypstPages()

    def _sealer(self, practice: bool) -> PdfSealer:
        """Seals pages with the key in force."""
        from shirorom.adapters.pdf_sealer import PdfSealer

        keyring = self._whole.publishing.keyring(practice)
        signer = keyring.signer(self._whole.clock.now())
        return PdfSealer(signer, next(one.since for one in keyring.known().keys if one.key == signer.key))

    @property
    def _address(self) -> str | None:
        """Where a stranger finds our `/verify`: the name behind the proxy, else what the shop says."""
        settings = self._whole.settings
        if settings.web.proxy and settings.web.hosts:
            return f"https://{settings.web.hosts[0]}"
        url = settings.shop.url
        return url if url and url.startswith(("https://", "http://")) else None

    @property
    def _stamps(self) -> Rfc3161Stamps | None:
        try:
            import rfc3161_client  # noqa: F401  # is the extra [proof] there?
        except ImportError:
            return None
        from shirorom.adapters.timestamp import Rfc3161Stamps

        return Rfc3161Stamps()

    @cached_property
    def authority(self) -> HttpAuthority | None:
        """Who stamps our sheets; None: nobody is configured."""
        settings = self._whole.settings.proof.authority
        if settings is None:
            return None
        if self._stamps is None:
            raise ConfigError("proof-missing")
        from shirorom.adapters.timestamp import HttpAuthority

        return HttpAuthority(settings.url, self._authority_file(settings.certificate_file), settings.timeout_s)

    def _authority_file(self, name: str) -> Path:
        """A relative name lies in the data directory."""
        return self._whole.data / name

    def checkpoints(self, practice: bool) -> Checkpoints:
        """The signed heads of the real or the practice log."""
        return self._whole.publishing.checkpoints(practice)

    def own_keys(self) -> tuple[KnownKeys, ...]:
        """The keys of this installation, of both logs; none where it never signed."""
        rings = (self._whole.publishing.keyring(practice) for practice in (False, True))
        return tuple(ring.known() for ring in rings if ring.exists())

    def own_trust(self) -> Trust:
        """What this installation itself trusts: its own keys, and the authority that it asks."""
        from shirorom.service.trust import Ring, Source, Trust

        rings = tuple(Ring(Source.OWN, keys, self._whole.settings.shop.name) for keys in self.own_keys())
        return Trust(rings=rings, authorities=self._roots())

    def _roots(self) -> frozenset[bytes]:
        """The authority's root; none where its file cannot be read: then a stamp counts as by an unknown one."""
        settings = self._whole.settings.proof.authority
        if settings is None:
            return frozenset()
        from shirorom.adapters.timestamp import read_certificate

        try:
            return frozenset({read_certificate(self._authority_file(settings.certificate_file))})
        except ConfigError:
            return frozenset()

    def root(self, content: bytes) -> bytes:
        """A certificate file's content as DER. Raises ValueError."""
        from shirorom.adapters.timestamp import certificate_der

        return certificate_der(content)

    def for_web(self, pictures: Pictures | None) -> Proof:
        """What the pages and the API call."""
        from shirorom.domain.carrier import CARRIERS
        from shirorom.edge.web.parts import Proof
        from shirorom.service.tie import TieToPhone

        return Proof(
            attest=self.attest,
            verify=lambda: self.verify,
            trust=self.own_trust,
            keys=self.own_keys,
            room=lambda device: self._whole.rooms.of_check(device, CARRIERS),
            view=lambda: self.view,
            tie=None if pictures is None else TieToPhone(pictures, self._whole.clock),
        )
