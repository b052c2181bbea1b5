"""Which language a caller gets: asked for, remembered, preferred, else Japanese."""

from __future__ import annotations

import pytest

from shirorom.edge.http.language import choose, cookie_value


@pytest.mark.parametrize(
    ("asked", "remembered", "accept", "language"),
    [
        (None, None, None, "ja"),
        (None, None, "en-US,en;q=0.9,ja;q=0.8", "en"),
        (None, None, "ja,en;q=0.5", "ja"),
        (None, None, "en;q=0,ja", "ja"),
        (None, None, "fr,de;q=0.5", "ja"),
        (None, None, "en;q=zebra", "ja"),
        (None, "en", "ja", "en"),
        ("ja", "en", "en", "ja"),
        ("xx", None, "en", "en"),
    ],
)
def test_language_is_chosen(asked: str | None, remembered: str | None, accept: str | None, language: str) -> None:
    """`?lang=` before the cookie before `Accept-Language` before Japanese; nonsense counts as nothing."""
    assert choose(asked=asked, remembered=remembered, accept=accept) == language


def test_cookie_is_found_among_others() -> None:
    """Only the cookie of that name is read."""
    assert cookie_value("a=1; lang=en; b=2") == "en"
    assert cookie_value("slang=en") is None
