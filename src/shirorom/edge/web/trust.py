"""How a tablet or a PC comes to trust this shop's certificate: a page with drawn steps, and the certificate itself.

`create_helper` serves these two without TLS, for a device that does not trust us yet, and nothing else: whatever else
is asked for is sent to the app's own address, without the path, because a path may hold a secret.
"""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, get
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.response import Redirect, Response

from shirorom.domain.errors import RequestError
from shirorom.edge.http.guard import host_name
from shirorom.edge.qr import qr_path
from shirorom.edge.web.page import AnyRequest, Web, page, web_of
from shirorom.edge.web.parts import Trust
from shirorom.edge.web.who import OPT, PLAIN, Who

ANYONE = {OPT: Who.ANYONE}
DEVICES: dict[str, int] = {"ipad": 5, "android": 4, "windows": 5, "mac": 4}
"""Devices, and how many steps each takes."""


def trust_of(request: AnyRequest) -> Trust:
    """The authority of this installation. Raises `not-found` where there is none (no `--lan`)."""
    trust = web_of(request).parts.trust
    if trust is None:
        raise RequestError("not-found")
    return trust


@get("/trust", include_in_schema=False, opt=ANYONE)
async def trust_page(request: AnyRequest) -> Response[Any]:
    """The steps, for each kind of device."""
    trust = trust_of(request)
    agent = request.headers.get("user-agent", "")
    mine = next((name for part, name in AGENTS if part in agent), "ipad")
    path, size = qr_path(trust.origins[0])
    return page(
        request, "trust.html", here="", url="/trust", devices=DEVICES, mine=mine, fingerprint=trust.fingerprint,
        origins=trust.origins, qr=path, qr_size=size,
    )  # fmt: skip


AGENTS = (("iPad", "ipad"), ("iPhone", "ipad"), ("Android", "android"), ("Windows", "windows"), ("Mac OS X", "mac"))


@get("/trust/ca.crt", include_in_schema=False, opt=ANYONE | {PLAIN: True})
async def trust_certificate(request: AnyRequest) -> Response[bytes]:
    """The authority's certificate (no secret): DER, which every device opens."""
    return Response(
        trust_of(request).certificate,
        media_type="application/x-x509-ca-cert",
        headers={"content-disposition": 'inline; filename="shirorom-ca.crt"'},
    )


TRUST: tuple[Any, ...] = (trust_page, trust_certificate)


def helper_routes(web: Web, static: Any, handle: Any) -> Litestar:
    """The app without TLS: the page, its files, the certificate; anything else is sent on."""

    def elsewhere(request: Request[Any, Any, Any], exception: Exception) -> Response[Any]:
        if isinstance(exception, NotFoundException) and request.method in ("GET", "HEAD"):
            return Redirect(f"{_here(request, web)}/", status_code=302)
        response: Response[Any] = handle(request, exception)
        return response

    return Litestar(
        [*TRUST, static],
        exception_handlers={Exception: elsewhere},
        openapi_config=None,
        state=State({"web": web}),
        logging_config=None,
    )


def _here(request: Request[Any, Any, Any], web: Web) -> str:
    """The app's address by the name under which this device called; the guard has checked that it is one of ours."""
    trust = web.parts.trust
    port = trust.origins[0].rpartition(":")[2] if trust else ""
    return f"https://{host_name(request.headers.get('host', '').encode('latin-1', 'replace'))}:{port}"
