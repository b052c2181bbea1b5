"""How often may be guessed: per account and network, per network, and in a row. The same for names that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network

from shirorom.domain.errors import RequestError
from shirorom.ports.clock import Clock
from shirorom.ports.people import TryStore
from shirorom.service.secret import Secrets

WINDOW = timedelta(minutes=15)
TRIES_MAX = 10
NETWORK_TRIES_MAX = 40
IN_A_ROW_MAX = 100
PAIRINGS_MAX = 20
"""Wrong pairing codes of everybody together in one window."""


@dataclass(frozen=True, slots=True)
class Tries:
    """Takes a try before anything is compared, so that many at once do not get more of them than one after another."""

    store: TryStore
    secrets: Secrets
    clock: Clock

    def of_password(self, account: str, network: str) -> None:
        """One try at an account's password. Raises `too-many-tries` (`retry_s`), `sign-in-held`."""
        self._take([(self._here(account, network), TRIES_MAX), (self._network(network), NETWORK_TRIES_MAX)])
        anywhere = self._anywhere(account)
        if self.store.in_a_row(anywhere) >= IN_A_ROW_MAX:
            raise RequestError("sign-in-held")
        self.store.count(anywhere, at=self.clock.now())

    def of_code(self, kind: str, network: str) -> None:
        """One try at a code that nobody can guess anyway: it stops who tries. Raises `too-many-tries`."""
        self._take([(self._here(f"\0{kind}", network), TRIES_MAX), (self._network(network), NETWORK_TRIES_MAX)])

    def of_pairing(self, network: str) -> None:
        """One try at a short code: few for one network, few for all together. Raises `too-many-tries`."""
        self._take([(self._here("\0pairing", network), TRIES_MAX), (self._anywhere("\0pairing"), PAIRINGS_MAX)])

    def password_held(self, account: str, network: str) -> None:
        """It was right: what was tried before counts no more."""
        self.store.succeeded([self._here(account, network), self._network(network), self._anywhere(account)])

    def code_held(self, kind: str, network: str) -> None:
        """The same for a code."""
        self.store.succeeded([self._here(f"\0{kind}", network), self._network(network)])

    def pairing_held(self, network: str) -> None:
        """The same for a pairing."""
        self.store.succeeded([self._here("\0pairing", network)])

    def release(self, account: str) -> None:
        """Somebody proved who they are by another way: the password may be tried again."""
        self.store.succeeded([self._anywhere(account)])

    def _take(self, limits: Sequence[tuple[bytes, int]]) -> None:
        now = self.clock.now()
        oldest = self.store.take(limits, at=now, since=now - WINDOW)
        if oldest is not None:
            wait = max(1, int((oldest + WINDOW - now) / timedelta(seconds=1)) + 1)
            raise RequestError("too-many-tries", retry_s=wait, minutes=-(-wait // 60))

    def _here(self, account: str, network: str) -> bytes:
        return self.secrets.digest("try-here", f"{account[:64]}\0{network_of(network)}")

    def _network(self, network: str) -> bytes:
        return self.secrets.digest("try-network", network_of(network))

    def _anywhere(self, account: str) -> bytes:
        return self.secrets.digest("try-account", account[:64])


def network_of(address: str) -> str:
    """What counts as one network: an IPv4 address; of IPv6 the /64 that one subscriber has."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if ip.version == 4:
        return str(ip)
    mapped = ip.ipv4_mapped
    return str(mapped) if mapped else str(ip_network((ip, 64), strict=False))
