"""Digits as a Japanese keyboard types them (全角), made from plain ones so that every number here can be checked."""

from __future__ import annotations


def wide(text: str) -> str:
    """The same text with its ASCII digits in full width (U+FF10 to U+FF19)."""
    return text.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
