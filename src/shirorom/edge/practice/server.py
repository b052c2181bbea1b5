"""The HTTP under the practice sites: loopback only, small limits, and the ways in which a site can fail on the wire."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shirorom.domain.carrier import is_practice_host

HOST = "127.0.0.1"
BODY_BYTES_MAX = 4 * 1024
FIELDS_MAX = 16
IDLE_S_MAX = 20.0
"""A connection that says nothing for so long is closed."""
SILENCE_S_MAX = 120.0
"""So long a silent page keeps its caller; longer than any caller waits."""
CONNECTIONS_MAX = 128


@dataclass(frozen=True, slots=True)
class Request:
    """What a handler of a page sees. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of a posted form; empty when it is none. A field given twice counts once (the last)."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return {}
        try:
            return dict(parse_qsl(self.body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX))
        except (UnicodeDecodeError, ValueError):
            return {}


@dataclass(frozen=True, slots=True)
class Response:
    """What goes over the wire.

    Attributes:
        chunks: Streams instead of `body`, until the caller or the site ends it.
        length: A length that is declared although the body has another; the rest never comes.
    """

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    chunks: Callable[[threading.Event], Iterator[bytes]] | None = None
    length: int | None = None


class Drop(Exception):  # noqa: N818 (it is no error of ours, it is what the site does)
    """The site closes the connection without a word."""


class Silence(Exception):  # noqa: N818 (as above)
    """The site never answers."""


Handle = Callable[[Request], Response]


class SiteServer(ThreadingHTTPServer):
    """One site on one port of 127.0.0.1. `start` it, `close` it; both once."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = os.name == "posix"  # on Windows it would let two servers share a port

    def __init__(self, handle: Handle, port: int) -> None:
        self.handle_page = handle
        self.closing = threading.Event()
        self._room = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.server_address[1]}"

    def start(self) -> None:
        """Answer from now on, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End all answers, also silent and endless ones."""
        self.closing.set()
        if self._thread.is_alive():
            self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _hang_up(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """One thread a connection, as long as there is room; else the caller is turned away."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """As the base class, and makes room again."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news; anything else must show."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_S_MAX
    wbufsize = -1  # headers and body in one packet
    disable_nagle_algorithm = True

    def version_string(self) -> str:
        return "practice"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: a request line of a careless caller may hold a number."""

    def do_GET(self) -> None:
        self._serve(b"")

    def do_HEAD(self) -> None:
        self._serve(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            self._send(_plain(411, "Length Required"), last=True)
        elif int(length) > BODY_BYTES_MAX:
            self._send(_plain(413, "Payload Too Large"), last=True)
        else:
            self._serve(self.rfile.read(int(length)))

    def _serve(self, body: bytes) -> None:
        if not is_practice_host(urlsplit("//" + self.headers.get("Host", "")).hostname or ""):
            self._send(_plain(421, "Misdirected Request"), last=True)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, urlsplit(self.path).path, headers, body)
        try:
            response = self.server.handle_page(request)
        except Drop:
            self.close_connection = True
        except Silence:
            self.server.closing.wait(SILENCE_S_MAX)
            self.close_connection = True
        else:
            self._send(response)

    def _send(self, response: Response, *, last: bool = False) -> None:
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Cache-Control", "no-store")
        for name, value in response.headers:
            self.send_header(name, value)
        if response.chunks is not None or last:
            self.close_connection = True
            self.send_header("Connection", "close")
        if response.chunks is None:
            length = len(response.body) if response.length is None else response.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if self.command == "HEAD":
            return
        if response.chunks is None:
            self.wfile.write(response.body)
            if response.length is not None:
                self.wfile.flush()
                self.server.closing.wait(SILENCE_S_MAX)
            return
        for chunk in response.chunks(self.server.closing):
            self.wfile.write(chunk)
            self.wfile.flush()
            if self.server.closing.is_set():
                return


def _plain(status: int, text: str) -> Response:
    return Response(text.encode("ascii"), status, "text/plain; charset=us-ascii")
