"""The offline verifier as the web app hands it out: one file, the same for everybody, under its own stricter policy."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from litestar import Response, get

from shirorom.edge.web.who import OPT, PLAIN, Who

NAME = "shirorom-verify.html"
"""What the file is called once it is saved; it works from there, with the network off."""
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"]+)"')


@cache
def verifier_file() -> bytes:
    """The file's bytes, as built by `scripts/verifier.py`."""
    return (resources.files("shirorom.data") / "verify" / NAME).read_bytes()


@get("/verify.html", include_in_schema=False, opt={OPT: Who.ANYONE, PLAIN: True}, sync_to_thread=False)
def verifier() -> Response[Any]:
    """The page. Its policy allows its own script and style, and no request at all."""
    content = verifier_file()
    policy = _POLICY.search(content)
    assert policy is not None, "the build writes it"
    headers = {
        "content-security-policy": f"{policy[1].decode()}; frame-ancestors 'none'",
        "content-disposition": f'inline; filename="{NAME}"',
        "cache-control": "no-cache",
    }
    return Response(content, media_type="text/html; charset=utf-8", headers=headers)
