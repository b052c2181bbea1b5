"""Posts webhooks (ports.outlets.Poster) to where a name means on the open internet and nowhere else (RELIABILITY T24).

A name is resolved once, every address that it has must be global, and the connection goes to that very address, with
the name in SNI and Host: a name that means something else a moment later changes nothing. No proxy of the
environment, no redirect, no cookie; of an answer only the status line and headers are read.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from shirorom.domain.errors import RequestError
from shirorom.ports.outlets import DeliveryError

CONNECT_S_MAX = 5.0
TOTAL_S_MAX = 15.0
URL_CHARS_MAX = 1_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Sequence[str]]

_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
_NUMERIC = re.compile(r"(0[xX][0-9a-fA-F]*|[0-9]+)\.?")
_INSIDE_NAMES = re.compile(r"(?:^|\.)(localhost|local|internal|home\.arpa|localdomain|lan)\.?$", re.IGNORECASE)
_OPEN_V6 = ipaddress.ip_network("2000::/3")
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # a cloud's own service at a global address
        "192.0.0.0/24",  # protocol assignments; newer libraries call some of them global
        "192.88.99.0/24",  # 6to4 relays
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2002::/16",  # 6to4: any IPv4 address inside
        "2001:db8::/32",
        "3fff::/20",
    )
)


def resolve(host: str, port: int) -> Sequence[str]:
    """Every address of a name, by this machine's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def is_open(address: Address) -> bool:
    """Whether an address is one of the open internet: not ours, not the neighbours', not a way round into them."""
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None or address not in _OPEN_V6:  # mapped, NAT64, ULA, link-local lie outside it
            return False
        return address.is_global
    return address.is_global and not address.is_multicast and not address.is_reserved


@dataclass(slots=True)
class HttpPoster:
    """`loopback`: the owner allows this machine itself, also without TLS (practice and tests)."""

    loopback: bool = False
    resolver: Resolver = resolve
    connect: Callable[[str, int, float], socket.socket] = field(
        default=lambda address, port, seconds: socket.create_connection((address, port), seconds)
    )
    context: Callable[[], ssl.SSLContext] = ssl.create_default_context
    total_s_max: float = TOTAL_S_MAX

    def check(self, url: str) -> None:
        """Look at the address alone."""
        try:
            parts = self._parts(url)
            literal = _literal(parts.hostname or "")
            if literal is not None and not self._allowed(literal, parts):
                raise DeliveryError("refused-target")
        except DeliveryError:
            raise RequestError("hook-target") from None

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Post once."""
        parts = self._parts(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        address = self._address(parts, host, port)
        began = time.monotonic()
        try:
            raw = self.connect(address, port, min(CONNECT_S_MAX, self.total_s_max))
        except TimeoutError:
            raise DeliveryError("timeout") from None
        except OSError:
            raise DeliveryError("unreachable") from None
        left = max(0.1, self.total_s_max - (time.monotonic() - began))
        over = threading.Event()
        guard = threading.Timer(left, _end, (raw, over))
        guard.daemon = True
        guard.start()
        try:
            return self._exchange(raw, parts, host, port, headers, body, left)
        except (TimeoutError, OSError, http.client.HTTPException) as error:
            if over.is_set() or isinstance(error, TimeoutError):
                raise DeliveryError("timeout") from None
            raise DeliveryError("tls" if isinstance(error, ssl.SSLError) else "no-answer") from None
        finally:
            guard.cancel()
            raw.close()

    def _exchange(
        self, raw: socket.socket, parts: SplitResult, host: str, port: int, headers: dict[str, str], body: bytes,
        left: float,
    ) -> int:  # fmt: skip
        raw.settimeout(left)
        used = raw
        if parts.scheme == "https":
            used = self.context().wrap_socket(raw, server_hostname=host)
        made = http.client.HTTPConnection(host, port)
        made.sock = used
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        named = {"content-type": "application/json", "user-agent": "Shirorom", "connection": "close"}
        try:
            made.request("POST", path, body=body, headers=named | headers)
            return made.getresponse().status
        finally:
            used.close()

    def _parts(self, url: str) -> SplitResult:
        """The parts of a URL that may be posted to. Raises DeliveryError `refused-target`."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise DeliveryError("refused-target") from None
        host = parts.hostname or ""
        odd = len(url) > URL_CHARS_MAX or not url.isascii() or any(c.isspace() or ord(c) < 33 or c == "\\" for c in url)
        named = _literal(host) is not None or (
            _NAME.fullmatch(host) is not None
            and not _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2])
            and (self.loopback or not _INSIDE_NAMES.search(host))
        )
        if odd or not named or port == 0 or "@" in parts.netloc or parts.fragment:
            raise DeliveryError("refused-target")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.loopback):
            raise DeliveryError("refused-target")
        return parts

    def _address(self, parts: SplitResult, host: str, port: int) -> str:
        """The one address that is connected to; every address of the name must be allowed."""
        literal = _literal(host)
        if literal is None:
            try:
                texts = list(self.resolver(host, port))
                found = [ipaddress.ip_address(text) for text in texts]
            except (OSError, UnicodeError, ValueError):
                raise DeliveryError("name-unknown") from None
        else:
            found = [literal]
        if not found:
            raise DeliveryError("name-unknown")
        if not all(self._allowed(address, parts) for address in found):
            raise DeliveryError("refused-target")
        return str(found[0])

    def _allowed(self, address: Address, parts: SplitResult) -> bool:
        if address.is_loopback and getattr(address, "ipv4_mapped", None) is None:
            return self.loopback
        return parts.scheme == "https" and is_open(address)


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _end(raw: socket.socket, over: threading.Event) -> None:
    """The time is up, however slowly the other side still sends."""
    over.set()
    try:
        raw.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
