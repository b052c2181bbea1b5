"""Bodies are taken as the description spells them: of every route, whatever boolean or whole number is in its body."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
from litestar.testing import TestClient

from tests.web_kit import BASE, Kit, openapi_of, settings_of

WHOLE: dict[str, Any] = openapi_of()
JSON = "application/json"
OTHERS: dict[str, tuple[Any, ...]] = {"boolean": (0, 1, "false", "true"), "integer": ("1", True)}
"""What is no value of a type, though it spells one."""
VALUES = {"boolean": True, "integer": 1}

KEYS = {"WarrantyRequest": "receipt"}
"""Of a body that has a mapping, a key of it: schemas do not list them. The place told is that of the mapping."""

Place: TypeAlias = tuple[str | int, ...]


def resolved(shape: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in shape:
        return resolved(WHOLE["components"]["schemas"][shape["$ref"].rpartition("/")[2]])
    return shape


def leaves(shape: dict[str, Any], at: Place = ()) -> Iterator[tuple[Place, str, Any]]:
    """Each place of a body where a boolean or a whole number may stand, its type, and the least body that has it."""
    shape = resolved(shape)
    if shape.get("type") in OTHERS:
        yield (), shape["type"], None
    for one in shape.get("anyOf", ()):
        yield from leaves(one)
    for name, one in shape.get("properties", {}).items():
        for place, kind, inner in leaves(one):
            yield (name, *place), kind, {**least(shape), name: inner}
        if isinstance(one.get("additionalProperties"), dict):
            key = KEYS[shape["title"]]
            for place, kind, inner in leaves(one["additionalProperties"]):
                yield (name, key, *place), kind, {**least(shape), name: {key: inner}}
    if isinstance(shape.get("items"), dict):
        for place, kind, inner in leaves(shape["items"]):
            yield (0, *place), kind, [inner, *least(shape)[1:]]


def least(shape: dict[str, Any]) -> Any:
    """The least value of a schema."""
    shape = resolved(shape)
    if "anyOf" in shape:
        return least(shape["anyOf"][0])
    if "examples" in shape or "enum" in shape:
        return (shape.get("examples") or shape["enum"])[0]
    match shape.get("type"):
        case "object":
            return {name: least(shape["properties"][name]) for name in shape.get("required", ())}
        case "array":
            return [least(shape["items"])] * shape.get("minItems", 0)
        case "string":
            return "a" * shape.get("minLength", 0)
        case "integer":
            return shape.get("minimum", 0)
        case "boolean":
            return False
    raise AssertionError(shape)


def put(body: Any, place: Place, value: Any) -> Any:
    """The body with a value at a place."""
    made = json.loads(json.dumps(body))
    if not place:
        return value
    made[place[0]] = put(made[place[0]], place[1:], value)
    return made


CASES = [
    pytest.param(path, place, kind, body, id=f"{operation['operationId']} {'/'.join(map(str, place))}")
    for path, item in WHOLE["paths"].items()
    for operation in item.values()
    for place, kind, body in leaves(operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {}))
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Any]]:
    kit = Kit(tmp_path_factory.mktemp("data"), settings_of(), people=True)
    with TestClient(kit.app, base_url=BASE) as made:
        yield made
    kit.close()


def test_there_are_such_places() -> None:
    """Control: those that were known when this was written are found."""
    found = {case.id for case in CASES}
    assert {"counterNext only_item", "withdraw index", "sheet full", "counterRules stop_at_restricted"} <= found


@pytest.mark.parametrize(("path", "place", "kind", "body"), CASES)
def test_what_only_spells_a_value_is_refused(
    client: TestClient[Any], path: str, place: Place, kind: str, body: Any
) -> None:
    """422 at that very place; and not for the value itself."""
    pointer = "/" + "/".join(str(step) for step in place if step not in KEYS.values())
    for other in OTHERS[kind]:
        answer = client.post(path, json=put(body, place, other))
        assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")
        assert answer.json()["errors"][0]["pointer"] == pointer
    answer = client.post(path, json=put(body, place, VALUES[kind]))
    assert answer.is_success or pointer not in [error["pointer"] for error in answer.json()["errors"]]
