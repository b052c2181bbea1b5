"""A door for programs that look up many phones: `POST /v1/lookups` by RSGI, on a port of its own (`--lookups-port`).

The same route, the same application, the same guard and quota as on the main port. Granian's own interface costs less
than ASGI, and says too little for pages and uploads (ADR 0035). Nothing else is served, but `/healthz` for whoever
balances load. As on the main port, a caller goes the whole way once and then, for a second, the short one.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # the public name of it
from litestar import Litestar

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.http.guard import Refuse, replay
from shirorom.edge.http.rsgi import RsgiProtocol, RsgiScope, address, as_text, asgi_scope, complete, receiving, sending
from shirorom.edge.web.short_way import ADMITTED, ALWAYS, IGNORED, SECURE, Caller, Hot, called, failing

HEALTH = "/healthz"
_HEADERS = {False: as_text(ALWAYS), True: as_text(SECURE)}


class Door:
    """`app`: the whole application, its guard included; `refuse` words a refusal, as its guard does."""

    def __init__(self, app: Litestar, hot: Hot, refuse: Refuse) -> None:
        self._app, self.hot, self._refuse = app, hot, refuse

    async def __rsgi__(self, scope: RsgiScope, protocol: RsgiProtocol) -> None:
        """Serve one request. A caller who went away is nobody's fault."""
        with suppress(ProtocolClosed):
            await self._serve(scope, protocol)

    async def _serve(self, scope: RsgiScope, protocol: RsgiProtocol) -> None:
        hot, sent = self.hot, scope.headers
        items = sent.items()
        here = scope.path == hot.short.path
        if not complete(sent, items):
            self._refused(scope, protocol, RequestError("body-malformed"))
            return
        if not here and scope.path != HEALTH:
            self._refused(scope, protocol, RequestError("not-found"))
            return
        asgi = receive = None
        if here and scope.method == "POST":
            now = hot.monotonic()
            key, length = called((scope.scheme, address(scope.client)), items, "content-length", IGNORED)
            caller = hot.admitted(key, now)
            if caller is None:
                asgi = asgi_scope(scope, items)
                asgi["state"][ADMITTED] = hot.remember(key, asgi, now)
            elif hot.takes(length) and not scope.query_string:
                try:
                    body = await hot.patience.wait(protocol())
                except ShiroromError as error:
                    receive = failing(error)
                else:
                    if await self._served(caller, body, protocol):
                        return
                    receive = replay(body)
        await self._app(asgi or asgi_scope(scope, items), receive or receiving(protocol, items), sending(protocol))

    async def _served(self, caller: Caller, body: bytes, protocol: RsgiProtocol) -> bool:
        told = await self.hot.answer(caller, body)
        if told is None:
            return False
        answer, decision = told
        headers = _HEADERS[caller.secure]
        protocol.response_bytes(
            200, headers + as_text(decision.headers()) if decision.policy_field else headers, answer
        )
        return True

    def _refused(self, scope: RsgiScope, protocol: RsgiProtocol, error: ShiroromError) -> None:
        asgi: Any = asgi_scope(scope, scope.headers.items())
        asgi["app"] = asgi["litestar_app"] = self._app
        status, headers, body = self._refuse(asgi, error)
        always = [one for one in (SECURE if scope.scheme == "https" else ALWAYS) if one[0] != b"content-type"]
        protocol.response_bytes(status, as_text([*headers, *always]), b"" if scope.method == "HEAD" else body)
