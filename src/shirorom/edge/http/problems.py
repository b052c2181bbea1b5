"""How a refusal is told: one RFC 9457 problem for every failure, with the code that CLI, page and manual use too.

Litestar declares another error form than it sends; so every route declares `PROBLEMS` itself, and every answer that
is not a success is written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec

from shirorom.domain.errors import CODES, Area, RequestError, ShiroromError
from shirorom.edge.http.language import Language
from shirorom.edge.wire import Problem, problem_of
from shirorom.edge.words import Words

MEDIA_TYPE = "application/problem+json"


class WordsOf(Protocol):
    """Gives the catalogue of a language."""

    def __call__(self, language: Language) -> Words:
        """The catalogue."""
        ...


class PlacedError(ShiroromError):
    """An error that knows which part of the body it speaks of (`pointer`, RFC 6901)."""

    def __init__(self, error: ShiroromError, pointer: str) -> None:
        super().__init__(error.code, **error.details)
        self.error, self.pointer = error, pointer

    @property
    def http(self) -> int:
        """The status of the error inside."""
        return self.error.http


_BY_STATUS: Mapping[int, str] = {
    400: "body-malformed",
    401: "sign-in-needed",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "body-too-large",
    415: "media-type",
    429: "too-many-requests",
}


def error_of(exception: Exception) -> ShiroromError:
    """Whatever a handler raised, as an error with a code; what nobody expected is `internal`."""
    if isinstance(exception, ShiroromError):
        return exception
    if isinstance(exception, ValidationException):
        return _invalid(exception)
    if isinstance(exception, HTTPException) and exception.status_code in _BY_STATUS:
        return RequestError(_BY_STATUS[exception.status_code])
    return ShiroromError("internal")


def _invalid(exception: ValidationException) -> ShiroromError:
    """Litestar lists the places that a decoder refused; only the first is told, in our words."""
    first = exception.extra[0] if isinstance(exception.extra, list) and exception.extra else {}
    path = str(first.get("key", "")) if isinstance(first, Mapping) else ""
    return PlacedError(RequestError("body-invalid"), pointer_of(path))


def pointer_of(path: str) -> str:
    """A decoder's path (`imeis[0]`, `$.imeis[0]`) as a JSON Pointer; the whole body when there is none."""
    steps = path.removeprefix("$").replace("[", ".").replace("]", "").strip(".")
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps.split(".")) if steps else ""


def told(error: ShiroromError, words: Words) -> Problem:
    """The problem that tells an error, with the place it speaks of where that is known."""
    if isinstance(error, PlacedError):
        return problem_of(error.error, words, pointer=error.pointer)
    return problem_of(error, words)


def declared(*codes: str) -> dict[int, ResponseSpec]:
    """The problems of a route for its OpenAPI description: those of its own codes, and those every route has."""
    by_status: dict[int, list[str]] = {}
    for code in (*ALWAYS, *codes):
        by_status.setdefault(RequestError(code).http, []).append(code)
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description=", ".join(f"`{code}`" for code in dict.fromkeys(names)),
        )
        for status, names in sorted(by_status.items())
    }


def about(
    operation: str, tag: str, summary: str, answers: Mapping[int, type[msgspec.Struct]], *codes: str
) -> dict[str, Any]:
    """What a route's description says besides its docstring: name, answers, and the codes that may refuse."""
    good = {
        status: ResponseSpec(wire, generate_examples=False, description="The answer.")
        for status, wire in answers.items()
    }
    return {"operation_id": operation, "tags": [tag], "summary": summary, "responses": good | declared(*codes)}


SIGNED: Sequence[str] = ("sign-in-needed", "not-allowed", "owner-missing")
"""Of whoever may not call; also on a route for everybody, where a token is sent that is none."""
ALWAYS: Sequence[str] = (
    "host-refused", "not-through-proxy", "method-not-allowed", "too-many-requests", "internal", *SIGNED,
)  # fmt: skip
BODY: Sequence[str] = (
    "origin-refused", "body-malformed", "body-duplicate-key", "body-too-deep", "body-too-slow", "body-too-large",
    "media-type", "body-invalid",
)  # fmt: skip
STORAGE: Sequence[str] = tuple(
    code for code, entry in CODES.items() if entry.http == 503 and entry.area is Area.STORAGE
)
KEY: Sequence[str] = ("idempotency-key-missing", "idempotency-key-reused", "idempotency-in-progress")
"""Of a route that takes an `Idempotency-Key`."""
