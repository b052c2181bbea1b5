"""Who calls: the person behind a request, and whom a route serves. Decided before a handler runs, never inside one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar import Request

OPT = "who"
"""Key of a route's `opt` that holds its `Who`. A route that says nothing is for the shop's people alone."""


class Who(StrEnum):
    """Whom a route serves. ANYONE: also strangers. VISITOR: strangers on a public page, else people of the shop."""

    ANYONE = "anyone"
    VISITOR = "visitor"
    STAFF = "staff"
    OWNER = "owner"


class Role(StrEnum):
    """What a person of the shop may do: the owner everything, staff everything but people, keys and settings."""

    OWNER = "owner"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the shop. `name` is what the record calls them (`by`); `id` is 0 where no owner was set up yet."""

    id: int
    name: str
    role: Role


def person_of(request: Request[Any, Any, Any]) -> Person | None:
    """Who calls; None for a stranger on a public page."""
    person: Person | None = request.scope.get("state", {}).get("person")
    return person
