"""The API described: OpenAPI 3.1 for programs, and a page for people made from the very same description."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License
from litestar.response import Response

from shirorom import __version__
from shirorom.edge.web.page import AnyRequest, page

METHODS = ("get", "post", "put", "patch", "delete")


def openapi_config() -> OpenAPIConfig:
    """What the description says of the whole; the addresses come from the routes."""
    return OpenAPIConfig(
        title="Shirorom",
        version=__version__,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        description="Asks Japan's four carriers whether a used phone is restricted. Problems: RFC 9457, see /help.",
        create_examples=False,
        render_plugins=(),
        path="/.description",
    )


@cache
def description(app: Litestar) -> bytes:
    """The description as JSON, made once."""
    return msgspec.json.encode(app.openapi_schema.to_schema())


@get("/openapi.json", include_in_schema=False)
async def openapi(request: AnyRequest) -> Response[bytes]:
    """The description."""
    return Response(description(request.app), media_type="application/json", headers={"cache-control": "no-cache"})


@get("/docs", include_in_schema=False)
async def docs(request: AnyRequest) -> Response[bytes]:
    """The description for people."""
    schema = json.loads(description(request.app))
    operations = [
        _operation(schema, path, method, operation)
        for path, item in schema["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]
    return page(request, "docs.html", here="api", operations=operations, origin=str(request.base_url).rstrip("/"))


def _operation(schema: dict[str, Any], path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "path": path,
        "method": method.upper(),
        "id": operation["operationId"],
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "fields": _fields(schema, body) if body else [],
        "example": EXAMPLES.get(operation["operationId"]),
        "answers": [
            {
                "status": status,
                "media": next(iter(answer.get("content", {})), ""),
                "codes": [code for code in answer.get("description", "").split("`") if "-" in code and " " not in code],
            }
            for status, answer in sorted(operation["responses"].items())
        ],
    }


def _fields(schema: dict[str, Any], body: dict[str, Any]) -> list[dict[str, Any]]:
    name = body.get("$ref", "").rpartition("/")[2]
    shape = schema["components"]["schemas"].get(name, body)
    required = shape.get("required", [])
    return [
        {"name": field, "type": _type(spec), "required": field in required}
        for field, spec in shape.get("properties", {}).items()
    ]


def _type(spec: dict[str, Any]) -> str:
    if "oneOf" in spec or "anyOf" in spec:
        return " | ".join(_type(one) for one in spec.get("oneOf") or spec["anyOf"])
    if "enum" in spec:
        return " | ".join(str(one) for one in spec["enum"])
    if "$ref" in spec:
        return str(spec["$ref"].rpartition("/")[2])
    kind = spec.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(kind)
    return f"[{_type(spec.get('items', {}))}]" if kind == "array" else str(kind)


EXAMPLES = {
    "check": '{"imeis": ["001001010000013"]}',
    "parse": '{"text": "IMEI1: 001001010000013"}',
    "record": '{"imei": "001001010000013", "carrier": "au", "glyph": "\u25cb"}',
    "withdraw": '{"index": 0, "reason": "\u6253\u3061\u9593\u9055\u3044", "practice": true}',
}
"""Bodies that can be sent as they stand to a practice server."""
