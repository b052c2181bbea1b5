"""Records the examples of answers in the description of the API: a plugin for pytest, loaded by hand when wires change.

    python -m pytest -p tests.answers tests/unit

What the tests of the API are answered by practice servers goes into src/shirorom/data/answers.json: of each operation
and status the richest answer that a reader would still look through. A test holds the file against the schemas.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

FILE = Path(__file__).resolve().parent.parent / "src" / "shirorom" / "data" / "answers.json"
CHARS_MAX = 2_500

Found = dict[tuple[str, str], Any]


class Recorder:
    """Looks at every answer that a test client gets."""

    def __init__(self) -> None:
        self.addresses: list[tuple[str, re.Pattern[str], str]] = []
        self.found: Found = {}
        self._send = httpx.Client.send

    def learn(self, paths: dict[str, Any]) -> None:
        """Which operation stands behind which address."""
        for path, item in paths.items():
            shape = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)))
            self.addresses += [(method.upper(), shape, one["operationId"]) for method, one in item.items()]

    def send(self, client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:
        """As the client sends, and look."""
        response = self._send(client, request, **more)
        if response.headers.get("content-type") == "application/json" and not more.get("stream"):
            self._look(request, response)
        return response

    def _look(self, request: httpx.Request, response: httpx.Response) -> None:
        for method, shape, name in self.addresses:
            if method == request.method and shape.fullmatch(request.url.path):
                value = response.json()
                key = name, str(response.status_code)
                if _worth(value) > _worth(self.found.get(key)):
                    self.found[key] = value


def _worth(value: Any) -> int:
    """How much an answer shows; one that is too long to read shows less than any other."""
    if value is None:
        return -1_000_000
    length = len(json.dumps(value, ensure_ascii=False))
    return length if length <= CHARS_MAX else -length


def pytest_configure(config: pytest.Config) -> None:
    """Begin to look."""
    from tests.web_kit import openapi_of

    recorder = Recorder()
    recorder.learn(openapi_of()["paths"])
    config.stash[_KEY] = recorder
    httpx.Client.send = lambda client, request, **more: recorder.send(client, request, **more)  # type: ignore[method-assign, assignment]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Write what was found, beside what stands there of operations that no test of this run called."""
    recorder = config.stash[_KEY]
    whole: dict[str, dict[str, Any]] = json.loads(FILE.read_bytes())
    for (name, status), value in sorted(recorder.found.items()):
        whole.setdefault(name, {})[status] = value
    FILE.write_text(json.dumps(dict(sorted(whole.items())), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


_KEY = pytest.StashKey[Recorder]()
