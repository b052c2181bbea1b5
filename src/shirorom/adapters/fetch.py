"""Fetching from an address that somebody gave: https, or http on this machine; no redirect, no proxy, all limited.

One connection is kept and used again: a monitor asks for thousands of small files.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from shirorom.domain.errors import ConfigError, ShiroromError
from shirorom.log.note import NOTE_BYTES_MAX, VerifierKey

CONNECT_S_MAX = 5.0
SECONDS_MAX = 20.0
"""For one file, from asking to its last byte."""
WITNESS_S_MAX = 5.0
WITNESS_BYTES_MAX = NOTE_BYTES_MAX
_FAILURES = (OSError, http.client.HTTPException, ValueError)


class Http:
    """One server below one address. Not thread-safe."""

    def __init__(self, url: str, *, seconds_max: float = SECONDS_MAX) -> None:
        """Raises ConfigError `address-refused`: neither https nor this machine's own http, or with user, query, …"""
        parts = checked(url)
        self._prefix = parts.path.rstrip("/")
        self._seconds_max = seconds_max
        self._connection = _connection(parts)

    def call(self, method: str, path: str, body: bytes | None = None, *, bytes_max: int) -> tuple[int, bytes]:
        """Status and body. A redirect is an answer like any other: nobody follows it.

        Raises:
            ShiroromError: `log-unreachable`: no connection, too slow, larger than `bytes_max`.
        """
        headers = {} if body is None else {"content-type": "text/plain"}
        for fresh in (False, True):  # a kept connection may have been closed by the other side meanwhile
            kept = self._connection.sock is not None
            try:
                return self._once(method, path, body, headers, bytes_max)
            except _FAILURES as error:
                self._connection.close()
                if fresh or not kept or isinstance(error, TimeoutError):
                    raise ShiroromError("log-unreachable", why=type(error).__name__) from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], bytes_max: int
    ) -> tuple[int, bytes]:
        with self._deadline():
            self._connection.request(method, f"{self._prefix}/{path}", body=body, headers=dict(headers))
            answer = self._connection.getresponse()
            content = answer.read(bytes_max + 1)
            if len(content) > bytes_max:
                raise ValueError("too large")
            answer.read(1)  # the end of the body, so that the connection can be used again
            return answer.status, content

    @contextmanager
    def _deadline(self) -> Iterator[None]:
        """A server that sends a byte now and then keeps no one longer than `seconds_max`."""
        over = threading.Event()

        def end() -> None:
            over.set()
            sock = self._connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._seconds_max, end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
        if over.is_set():
            raise TimeoutError


class HttpSource:
    """A published log by its address (ports.publishing.LogSource)."""

    def __init__(self, url: str) -> None:
        self._http = Http(url)

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """A file; None for 404 and 410."""
        status, content = self._http.call("GET", path, bytes_max=bytes_max)
        if status in (404, 410):
            return None
        if status != 200:
            raise ShiroromError("log-unreachable", why=str(status))
        return content

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()


class FileSource:
    """A published log as files (ports.publishing.LogSource): a copy, or what is about to be copied."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """A file; None where there is none."""
        try:
            with (self._root / path).open("rb") as file:
                content = file.read(bytes_max + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise ShiroromError("log-unreachable", why=type(error).__name__) from error
        if len(content) > bytes_max:
            raise ShiroromError("log-unreachable", why="too large")
        return content

    def close(self) -> None:
        """Nothing is held."""


class HttpWitness:
    """A witness by its address (ports.publishing.WitnessClient)."""

    def __init__(self, url: str, key: VerifierKey) -> None:
        self._url, self._key = url, key

    @property
    def key(self) -> VerifierKey:
        """Whose cosignature is wanted."""
        return self._key

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """One request over a connection of its own."""
        http_ = Http(self._url, seconds_max=WITNESS_S_MAX)
        try:
            return http_.call("POST", "add-checkpoint", body, bytes_max=WITNESS_BYTES_MAX)
        finally:
            http_.close()


def source_of(where: str) -> HttpSource | FileSource:
    """A log by its address or its directory. Raises ConfigError `address-refused`."""
    if "://" not in where:
        return FileSource(Path(where))
    parts = urlsplit(where)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return FileSource(Path(unquote(parts.path)))
    return HttpSource(where)


def checked(url: str) -> SplitResult:
    """An address that may be called. Raises ConfigError `address-refused`."""
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises where it is no number
    except ValueError:
        raise ConfigError("address-refused") from None
    allowed = parts.scheme == "https" or (parts.scheme == "http" and _this_machine(parts.hostname))
    bare = parts.username is None and not parts.query and not parts.fragment
    if not (allowed and bare and parts.hostname and url.isascii() and url.isprintable() and " " not in url):
        raise ConfigError("address-refused")
    return parts


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=CONNECT_S_MAX)
    return http.client.HTTPSConnection(host, port, timeout=CONNECT_S_MAX, context=ssl.create_default_context())


def _this_machine(host: str | None) -> bool:
    """An address, not a name: a name may lead elsewhere tomorrow."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
