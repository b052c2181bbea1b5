"""JSON bodies taken as the description says, and in no other spelling: false is `false`, not 0 and not "false".

Litestar converts bodies together with what stands in addresses, where everything is text, and so takes for a boolean or
a number what only spells one. Here a body is decoded into its type before that; what is of its type is left alone.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import State

from shirorom.domain.errors import RequestError
from shirorom.edge.http.problems import PlacedError, pointer_of

_PLACE = re.compile(r"`(\$[^`]*?)(?:\[\.\.\.\].*)?`$")
"""The place that msgspec names; within a mapping (`[...]`) that is the mapping."""


class StrictRequest(Request[Any, Any, State]):
    """A request whose JSON body is read as its handler's `data` is typed."""

    async def json(self) -> Any:
        """The body, decoded and checked.

        Raises:
            RequestError: `body-malformed`. PlacedError: `body-invalid`, with the place.
        """
        wanted = self.route_handler.parsed_data_field
        if wanted is None:
            return await super().json()
        try:
            return msgspec.json.decode(await self.body(), type=wanted.annotation)
        except msgspec.ValidationError as error:
            place = _PLACE.search(str(error))
            raise PlacedError(RequestError("body-invalid"), pointer_of(place[1] if place else "")) from None
        except msgspec.DecodeError:
            raise RequestError("body-malformed") from None
