"""Loading without the collector of garbage (compose/loading.py)."""

from __future__ import annotations

import gc

import pytest

from shirorom.compose.loading import loading


def test_collector_waits_while_loading_and_leaves_alone_what_stands() -> None:
    """Off within, on behind; what was made within is never gone through again."""
    with loading():
        assert not gc.isenabled()
        made = [[n] for n in range(1_000)]
    assert gc.isenabled()
    standing = {id(one) for one in gc.get_objects()}
    assert standing.isdisjoint(map(id, made))
    gc.unfreeze()


def test_collector_is_back_after_a_failure() -> None:
    """Whatever goes wrong while loading."""
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()
    gc.unfreeze()
