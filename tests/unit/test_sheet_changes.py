"""Every change of any value in a record sheet fails verification: tried on a stamped one with an attachment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.timestamp import Rfc3161Stamps
from shirorom.domain.sheet import Outcome
from shirorom.log.bundle import encode_bundle, signed_bytes, stamped_bytes, to_base64
from shirorom.service.trust import stamp_of
from shirorom.service.verify import Verify
from tests.stamp_world import World, world

__all__ = ["world"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value that is no list and no object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*path, n))
    else:
        yield path


def containers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every list and object that holds anything."""
    if isinstance(value, dict | list) and value:
        yield path
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(inner, (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step_ in path:
        value = value[step_]
    return value


def other(draw: Any, value: object) -> object:
    """Another value: of the same kind, or of any."""
    if isinstance(value, str) and value and draw(st.booleans()):
        n = draw(st.integers(0, len(value) - 1))
        sign = draw(st.sampled_from("0123456789abcdefABCXYZ+/=- \n").filter(lambda s: s != value[n]))
        return value[:n] + sign + value[n + 1 :]
    anything = (
        st.none() | st.booleans() | st.integers(0, 9) | st.just("") | st.just([]) | st.just({}) | st.text(max_size=4)
    )
    return draw(anything.filter(lambda new: (type(new), new) != (type(value), value)))


@cache
def _plain(file: bytes) -> str:
    return json.dumps(json.loads(file))


@given(data=st.data())
@settings(max_examples=250, deadline=None)
def test_every_change_of_a_value_fails(world: World, data: st.DataObject) -> None:
    """One value anywhere in a stamped sheet with an attachment, changed by who has no key: it does not hold."""
    bundle = json.loads(_plain(encode_bundle(world.bundle)))
    paths = list(leaves(bundle))
    path = paths[data.draw(st.integers(0, len(paths) - 1))]
    holder = at(bundle, path[:-1])
    holder[path[-1]] = other(data.draw, holder[path[-1]])
    assert not _holds(world, bundle)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_change_of_shape_fails(world: World, data: st.DataObject) -> None:
    """Dropped, doubled or swapped anywhere: it does not hold. But a stamp, a CRL, an attachment may be taken away."""
    bundle = json.loads(_plain(encode_bundle(world.bundle)))
    paths = list(containers(bundle))
    path = paths[data.draw(st.integers(0, len(paths) - 1))]
    found = at(bundle, path)
    if isinstance(found, dict):
        name = data.draw(st.sampled_from(sorted(found)))
        if path == ("attachments",):
            return  # less is shown, nothing else is said
        del found[name]
    elif data.draw(st.booleans()):
        if path == ("time",) or path[-1] == "revocation":
            return
        del found[data.draw(st.integers(0, len(found) - 1))]
    else:
        found.insert(0, found[-1])
    assert not _holds(world, bundle)


def test_an_attachment_may_be_taken_away(world: World) -> None:
    """And a stamp, and a CRL: the sheet that is left is true and shows less."""
    less = msgspec.structs.replace(world.bundle, attachments={}, time=[])
    assert world.examine(less).outcome is Outcome.HOLDS
    assert "clock" in world.examine(less).not_proved


def _holds(world: World, bundle: Mapping[str, Any]) -> bool:
    file = json.dumps(bundle).encode("utf-8", "surrogatepass")
    return Verify(Rfc3161Stamps())(file, world.trust, now=world.now, admit_practice=True).holds


def test_every_bit_of_a_stamp_counts(world: World) -> None:
    """A sample of the bits of token, certificates and CRL (all of them were tried once: none is accepted)."""
    stamp = stamp_of(world.bundle.time[0])
    message = stamped_bytes(world.bundle, 0)
    accepted = []
    for name, content in (("token", stamp.token), ("certificates", stamp.certificates[0])):
        for bit in range(0, len(content) * 8, 37):
            bent = bytearray(content)
            bent[bit // 8] ^= 1 << bit % 8
            whole = bytes(bent) if name == "token" else (bytes(bent), *stamp.certificates[1:])
            try:
                Rfc3161Stamps().examine(replace(stamp, **{name: whole}), message)
                accepted.append((name, bit))
            except Exception:  # noqa: BLE001
                pass
    assert accepted == []


OWN_CLAIMS = ("issuer", "policy", "access", "tie", "issued_at", "as_of", "age_s_max")
"""What an issuer may say as it likes; all else in a sheet follows from its record."""


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_dishonest_issuer_gains_nothing(world: World, data: st.DataObject) -> None:
    """One value changed and signed anew: no crash, and it holds only where the value is the issuer's own claim."""
    bundle = json.loads(_plain(encode_bundle(world.bundle))) | {"time": []}
    paths = [path for path in leaves(bundle) if path[0] == "sheet"]
    path = paths[data.draw(st.integers(0, len(paths) - 1))]
    holder = at(bundle, path[:-1])
    holder[path[-1]] = other(data.draw, holder[path[-1]])
    signer = world.shop.keyring.signer(world.now)
    try:
        message = signed_bytes(bundle["sheet"])
    except (ValueError, RecursionError):
        return  # no bytes, no signature
    bundle["signatures"][0]["signature"] = to_base64(signer.sign(message))
    assert not _holds(world, bundle) or path[1] in OWN_CLAIMS
