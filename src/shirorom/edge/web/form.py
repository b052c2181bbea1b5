"""The fields of a form as it was sent."""

from __future__ import annotations

from urllib.parse import parse_qs

from shirorom.domain.errors import RequestError
from shirorom.edge.web.page import AnyRequest

FIELDS_MAX = 16


async def form_of(request: AnyRequest) -> dict[str, str]:
    """The fields of a form, each once.

    Raises:
        RequestError: `body-malformed`: not UTF-8, or one field twice.
    """
    try:
        fields = parse_qs(
            (await request.body()).decode("ascii"), keep_blank_values=True, strict_parsing=False,
            errors="strict", max_num_fields=FIELDS_MAX,
        )  # fmt: skip
    except ValueError:
        raise RequestError("body-malformed") from None
    if any(len(values) > 1 for values in fields.values()):
        raise RequestError("body-malformed")
    return {name: values[0] for name, values in fields.items()}
