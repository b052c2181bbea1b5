"""Who calls: the person behind a request, and whom a route serves. Decided before a handler runs, never inside one."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from litestar import Request

from shirorom.domain.desk.people import Person, Role

__all__ = ["COUNTS_ITSELF", "OPT", "PASSIVE", "PLAIN", "Person", "Role", "Who", "person_of"]

OPT = "who"
"""Key of a route's `opt` that holds its `Who`. A route that says nothing is for the shop's people alone."""

PASSIVE = "passive"
"""Key of a route's `opt`: a page asks by itself, so that the pause after which a sign-in ends goes on."""
PLAIN = "plain"
"""Key of a route's `opt`: the same for everybody, so that nobody is looked up."""
COUNTS_ITSELF = "counts-itself"
"""Key of a route's `opt`: what it costs stands in the body, so the route counts it on the caller's quota itself."""


class Who(StrEnum):
    """Whom a route serves. ANYONE: also strangers. VISITOR: strangers on a public page, else people of the shop."""

    ANYONE = "anyone"
    VISITOR = "visitor"
    STAFF = "staff"
    OWNER = "owner"


def person_of(request: Request[Any, Any, Any]) -> Person | None:
    """Who calls; None for a stranger on a public page."""
    person: Person | None = request.scope.get("state", {}).get("person")
    return person
