"""The API described: OpenAPI 3.1 for programs, and a page for people made from the very same description."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, get
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License
from litestar.response import Response

from shirorom import __version__
from shirorom.edge.api.bodies import (
    CarriersWire,
    CheckRequest,
    HealthWire,
    PairedWire,
    PairingRequest,
    ParseRequest,
    ReadingRequest,
    ReadyWire,
    WithdrawalRequest,
    WithdrawnWire,
)
from shirorom.edge.api.claims import CLAIM_WIRES
from shirorom.edge.api.counter_bodies import COUNTER_WIRES
from shirorom.edge.api.described import (
    BY_PROGRAM,
    HEADERS,
    KEY,
    SECURITY,
    examples_of,
    for_programs,
    keyed,
    ours_alone,
    with_examples,
    with_headers,
    without_tuples,
)
from shirorom.edge.api.lookups import LookupsRequest
from shirorom.edge.api.notices import FEED_MEDIA
from shirorom.edge.api.pictures import FILE_MEDIA, PICTURE_MEDIA, PictureWire
from shirorom.edge.api.screenings import RESULT_MEDIA, SCREENING_WIRES
from shirorom.edge.api.sheets import SHEET_MEDIA, SheetRequest
from shirorom.edge.api.watch_alerts import ALERT_WIRES
from shirorom.edge.api.watch_book import TABLE_MEDIA, UnitSearch
from shirorom.edge.api.watch_hooks import HOOK_WIRES
from shirorom.edge.api.watch_plan import WATCH_PLAN_WIRES
from shirorom.edge.book_wire import ImportedWire, UnitsWire
from shirorom.edge.feed_wire import FeedWire
from shirorom.edge.lookup_wire import LookupsWire
from shirorom.edge.register_wire import RegisterWire
from shirorom.edge.sheet_wire import SheetWire, VerifyWire
from shirorom.edge.web.page import AnyRequest, page
from shirorom.edge.web.who import OPT, Who
from shirorom.edge.wire import CheckWire, ParseWire, Problem, RecordWire

METHODS = ("get", "post", "put", "patch", "delete")


def openapi_config() -> OpenAPIConfig:
    """What the description says of the whole; the addresses come from the routes."""
    return OpenAPIConfig(
        title="Shirorom",
        version=__version__,
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        description="Asks Japan's four carriers whether a used phone is restricted. Problems: RFC 9457, see /help.",
        create_examples=False,
        use_handler_docstrings=True,
        render_plugins=(),
        path="/.description",
    )


WIRES: tuple[type[msgspec.Struct], ...] = (
    CheckRequest, ParseRequest, ReadingRequest, WithdrawalRequest, PairingRequest, PairedWire,
    CheckWire, ParseWire, PictureWire, RecordWire, WithdrawnWire, CarriersWire, HealthWire, ReadyWire, Problem,
    SheetRequest, SheetWire, VerifyWire,
    *COUNTER_WIRES, *WATCH_PLAN_WIRES, *ALERT_WIRES, *HOOK_WIRES, *CLAIM_WIRES,
    ImportedWire, UnitsWire, UnitSearch, FeedWire, RegisterWire, *SCREENING_WIRES,
    LookupsRequest, LookupsWire,
)  # fmt: skip


@cache
def description(app: Litestar) -> bytes:
    """The description as JSON, made once: Litestar's of the routes, msgspec's of what the bodies are.

    msgspec decodes the bodies, so its schema is what is really taken: limits, unknown fields, enumerations.
    """
    whole: dict[str, Any] = app.openapi_schema.to_schema()
    _, made = msgspec.json.schema_components(WIRES, ref_template="#/components/schemas/{name}")
    of_addresses = {name: shape for name, shape in whole["components"]["schemas"].items() if "enum" in shape}
    takes_key, by_program, codes = keyed(app), for_programs(app), set[str]()
    for path, item in whole["paths"].items():
        for operation in item.values():
            _describe(operation, takes_key)
            if operation["operationId"] in by_program:
                operation["security"] = BY_PROGRAM
            with_headers(path, operation)
            codes.update(with_examples(operation))
    whole["components"] = {
        "schemas": of_addresses | without_tuples(made),
        "headers": HEADERS,
        "securitySchemes": SECURITY,
        "examples": examples_of(codes, app.state["web"].parts.words("en")),
    }
    return msgspec.json.encode(whole)


def _describe(operation: dict[str, Any], takes_key: Collection[str]) -> None:
    """What one operation takes and gives, where its route and its wires do not say it."""
    name = operation["operationId"]
    ours_alone(operation)
    if name in takes_key:
        operation.setdefault("parameters", []).append(KEY)
    if name in BINARY:
        operation["requestBody"] = {"content": _files(BINARY[name]), "required": True}
    if name in DOWNLOADS:
        operation["responses"]["200"] = {"description": "The file.", "content": _files(DOWNLOADS[name])}
    if name in TABLES:
        operation["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    if name in EXAMPLES:
        operation["requestBody"]["content"]["application/json"]["example"] = json.loads(EXAMPLES[name])


def _files(media: Iterable[str]) -> dict[str, Any]:
    return {one: {"schema": FILE} for one in sorted(media)}


@get("/openapi.json", include_in_schema=False, opt={OPT: Who.VISITOR})
async def openapi(request: AnyRequest) -> Response[bytes]:
    """The description."""
    return Response(description(request.app), media_type="application/json", headers={"cache-control": "no-cache"})


@get("/docs", include_in_schema=False, opt={OPT: Who.VISITOR})
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
    shapes = schema["components"]["schemas"]
    shape = shapes[body["$ref"].rpartition("/")[2]]
    required = shape.get("required", [])
    return [
        {
            "name": field,
            "type": _type(spec, shapes),
            "required": field in required,
            "meaning": spec.get("description", ""),
        }
        for field, spec in shape["properties"].items()
    ]


def _type(spec: dict[str, Any], shapes: dict[str, Any]) -> str:
    """A type as a person writes it."""
    if "$ref" in spec:
        return _type(shapes[spec["$ref"].rpartition("/")[2]], shapes)
    if "anyOf" in spec:
        return " | ".join(_type(one, shapes) for one in spec["anyOf"])
    if "enum" in spec:
        return " | ".join(str(one) for one in spec["enum"])
    if spec.get("type") == "array":
        return f"[{_type(spec['items'], shapes)}]"
    return str(spec.get("format") or spec["type"])


BINARY = {
    "verify": SHEET_MEDIA, "picture": PICTURE_MEDIA, "counterScreenshot": PICTURE_MEDIA, "file": FILE_MEDIA,
    "watchImport": TABLE_MEDIA, "notices": FEED_MEDIA, "screen": TABLE_MEDIA,
}  # fmt: skip
"""Bodies that are a file as it is."""
TABLES = frozenset({"watchAlerts", "watchChanges"})
"""Answers that are a csv too, where it is asked for."""
DOWNLOADS = {"screeningResult": RESULT_MEDIA}
"""Answers that are a file as it is."""
FILE = {"type": "string", "format": "binary"}
"""How generated clients know a file; OpenAPI 3.1 itself asks for no schema at all there."""

EXAMPLES = {
    "check": '{"imeis": ["001001010000013"]}',
    "lookups": '{"devices": ["001001010000013", ["IMEI1: 001001010000021", "IMEI2: 001001010000039"]]}',
    "parse": '{"text": "IMEI1: 001001010000013"}',
    "record": '{"imei": "001001010000013", "carrier": "au", "glyph": "\u25cb"}',
    "sheet": '{"imeis": ["001001010000013"]}',
    "counterAdd": '{"text": "IMEI1: 001001010000013 IMEI2: 001001010000021"}',
    "counterNext": '{"carrier": null}',
    "counterRules": '{"stop_at_restricted": false, "skip": []}',
    "watchSearch": '{"text": "0013"}',
    "watchPlanQueue": '{"count": 100}',
    "watchPlanChoice": '{"rules": "usual"}',
    "watchHookAdd": '{"name": "pos", "url": "https://example.jp/hooks"}',
    "withdraw": '{"index": 0, "reason": "\u6253\u3061\u9593\u9055\u3044", "practice": true}',
}
"""Bodies that can be sent as they stand to a practice server."""
