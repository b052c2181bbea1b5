"""`python -m bench._limits asgi|rsgi PORT`: granian answering a constant and nothing else, as `serve` sets it up.

What a look-up over HTTP is held against: no answer out of this server can be quicker.
"""

from __future__ import annotations

import sys
from typing import Any

from shirorom.edge.web.serve import BACKPRESSURE, run_server

ANSWER = b'{"answers":[{"verdict":"no-record","cells":"%s"}]}' % (b"-" * 960)
"""About as long as the answer about one phone."""


async def asgi(scope: Any, receive: Any, send: Any) -> None:
    """Take the body, answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    await send(head)
    await send({"type": "http.response.body", "body": ANSWER})


class Rsgi:
    """The same by granian's own interface."""

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Take the body, answer."""
        await protocol()
        protocol.response_bytes(200, [("content-type", "application/json")], ANSWER)


async def main(interface: str, port: int) -> None:
    """Serve until killed."""
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server.embed import Server

    app: Any = asgi if interface == "asgi" else Rsgi()
    server = Server(
        app, address="127.0.0.1", port=port, interface=Interfaces(interface), http=HTTPModes.http1, websockets=False,
        log_level=LogLevels.error, log_access=False, backpressure=BACKPRESSURE,
    )  # fmt: skip
    await server.serve()


if __name__ == "__main__":
    run_server(main(sys.argv[1], int(sys.argv[2])))  # by the same loop as ours
