"""What a description needs besides what routes and bodies say of themselves: for generated clients, and for readers.

Nothing here changes what is served; it says it in the way that generators of clients understand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from litestar import Litestar
from litestar.routes import HTTPRoute

from shirorom.domain.errors import CODES, RequestError
from shirorom.edge.api.once import KEYED
from shirorom.edge.http.problems import MEDIA_TYPE
from shirorom.edge.web.admission import for_tokens
from shirorom.edge.wire import problem_of
from shirorom.edge.words import Words

OWN_KEY = frozenset({"counterAnswer", "counterReading", "claim"})
"""Operations that keep their key with what they record."""
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "8 to 64 letters and digits, a UUID say: the same key and request are answered as the first time.",
    "schema": {"type": "string", "maxLength": 66},
}
HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Policy": {"description": "The quota: units `q` in `w` seconds.", "schema": {"type": "string"}},
    "RateLimit": {"description": "What is left of it: `r` units in `t` seconds.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
    "Location": {"description": "Where what was made is.", "schema": {"type": "string"}},
    "X-Next": {"description": "The cursor of what comes next (csv).", "schema": {"type": "string"}},
}
SECURITY = {
    "program": {"type": "http", "scheme": "bearer", "description": "A program's token, got by `POST /v1/pairings`."}
}
BY_PROGRAM: list[dict[str, list[str]]] = [{}, {"program": []}]
"""Also without: people sign in, and at the machine itself nobody need."""
SAMPLES: dict[str, str | int] = {
    "retry_s": 30, "minutes": 1, "bytes_max": 65_536, "seconds_max": 30, "depth_max": 32, "limit": 1_000,
}  # fmt: skip
"""Details of an error, as an example shows them."""


def keyed(app: Litestar) -> frozenset[str]:
    """The operations that take a key."""
    handlers = (handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers)
    return OWN_KEY | {str(handler.operation_id) for handler in handlers if getattr(handler.fn, KEYED, False)}


def for_programs(app: Litestar) -> frozenset[str]:
    """The operations that a program's token opens."""
    handlers = (handler for route in app.routes if isinstance(route, HTTPRoute) for handler in route.route_handlers)
    return frozenset(str(handler.operation_id) for handler in handlers if for_tokens(handler))


def without_tuples(shape: Any) -> Any:
    """Arrays of one kind and length where a tuple was said: no generator of clients knows `items: false`."""
    if isinstance(shape, list):
        return [without_tuples(one) for one in shape]
    if not isinstance(shape, dict):
        return shape
    made = {name: without_tuples(one) for name, one in shape.items()}
    if "default" in made and made["default"] is None:
        del made["default"]  # says no more than that it may be left out, and generators then want it always
    if made.get("items") is False:
        kinds = made.pop("prefixItems")
        same = all(one == kinds[0] for one in kinds)
        made["items"] = kinds[0] if same else {"anyOf": kinds}
    return made


def with_headers(path: str, operation: dict[str, Any]) -> None:
    """Say which headers an answer carries."""
    if not path.startswith("/v1/"):
        return
    for status, answer in operation["responses"].items():
        names = ["RateLimit-Policy", "RateLimit"]
        names += ["Retry-After"] if status == "429" else ["Location"] if status == "202" else []
        names += ["X-Next"] if "text/csv" in answer.get("content", {}) else []
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def ours_alone(operation: dict[str, Any]) -> None:
    """Leave out the refusal that Litestar declares by itself, in a form that is never sent."""
    operation["responses"] = {
        status: answer
        for status, answer in operation["responses"].items()
        if "Validation Exception" not in json.dumps(answer.get("content", {}))
    }


def with_examples(operation: dict[str, Any]) -> Iterable[str]:
    """Put an example to each outcome; returns the codes of the problems among them."""
    name, used = operation["operationId"], set[str]()
    for status, answer in operation["responses"].items():
        for media, content in answer.get("content", {}).items():
            if media == MEDIA_TYPE:
                codes = [code for code in answer["description"].split("`") if code in CODES]
                content["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
                used.update(codes)
            elif media == "application/json":
                example = recorded().get(name, {}).get(status)
                if example is not None:
                    content["example"] = example
    return used


def examples_of(codes: Iterable[str], words: Words) -> dict[str, Any]:
    """The problem of each code, as it is sent to who reads English."""
    return {code: {"value": _problem(code, words)} for code in sorted(codes)}


def _problem(code: str, words: Words) -> dict[str, Any]:
    problem = problem_of(RequestError(code, **SAMPLES), words)
    return {
        "type": problem.type, "title": problem.title, "status": problem.status, "detail": problem.detail,
        "code": problem.code, "fix": problem.fix, "errors": [],
    }  # fmt: skip


@cache
def recorded() -> dict[str, dict[str, Any]]:
    """Answers as a practice server gave them, by operation and status (tests/answers.py recorded them)."""
    whole: dict[str, dict[str, Any]] = json.loads((files("shirorom.data") / "answers.json").read_bytes())
    return whole
