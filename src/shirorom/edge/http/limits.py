"""How much one caller may ask in a while: counted per caller and kind of route, told as the IETF's RateLimit fields.

A window opens with a caller's first request of a kind and lasts `window_s`; within it no more than `quota` units pass.
So what the fields say is literally true: in the next `t` seconds no more than `r` units. Up to twice the quota can pass
around the end of a window; who plans capacity counts with that. The clock is the caller's: a number of seconds that
never goes back. Nothing is kept of callers whose window is over.

Source: draft-ietf-httpapi-ratelimit-headers-11 §3, §4.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from shirorom.service.settings import ApiSettings

CALLERS_MAX = 20_000
"""Windows kept at once. Past it the oldest is forgotten: its caller begins anew, which is the kinder mistake."""
OPERATOR = ""
"""Whoever works at the machine itself where nobody has to sign in: not counted."""
STRANGER = "network "
"""How a caller begins who is known by the network alone."""
KINDS = ("checks", "lookups", "screenings", "others")


@dataclass(frozen=True, slots=True)
class Quota:
    """Units in a window of seconds; 0 units: no limit. `unit`: of what, where it is not requests."""

    units: int
    window_s: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of one request. The fields are empty where nothing is counted; `retry_s` is 0 where it may pass."""

    allowed: bool
    policy_field: str = ""
    limit_field: str = ""
    retry_s: int = 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the answer carries of it, as ASGI writes headers."""
        if not self.policy_field:
            return []
        return [(b"ratelimit-policy", self.policy_field.encode()), (b"ratelimit", self.limit_field.encode())]


FREE = Decision(allowed=True)


@dataclass(slots=True)
class _Window:
    until: float
    left: int


@dataclass(slots=True)
class Limiter:
    """Counts. `quotas` by kind; `strangers`: of those who are known by their network alone. Not for several threads."""

    quotas: Mapping[str, Quota]
    strangers: Mapping[str, Quota]
    callers_max: int = CALLERS_MAX
    _windows: OrderedDict[tuple[str, str], _Window] = field(default_factory=OrderedDict)

    def take(self, who: str, kind: str, cost: int, now: float) -> Decision:
        """Count `cost` units of one request, or refuse it and count nothing.

        A request that costs more than a whole quota passes where nothing was used yet, and uses all of it.
        """
        quota = (self.strangers if who.startswith(STRANGER) else self.quotas).get(kind)
        if who == OPERATOR or quota is None or quota.units == 0:
            return FREE
        window = self._windows.get((who, kind))
        if window is None or window.until <= now:
            window = self._open(who, kind, quota, now)
        allowed = cost <= window.left or window.left == quota.units
        if allowed:
            window.left = max(0, window.left - cost)
        seconds = max(1, math.ceil(window.until - now))
        unit = f';shirorom-unit="{quota.unit}"' if quota.unit else ""
        return Decision(
            allowed,
            f'"{kind}";q={quota.units};w={quota.window_s}{unit}',
            f'"{kind}";r={window.left};t={seconds}',
            0 if allowed else seconds,
        )

    def _open(self, who: str, kind: str, quota: Quota, now: float) -> _Window:
        key = who, kind
        self._windows.pop(key, None)
        window = self._windows[key] = _Window(now + quota.window_s, quota.units)
        if len(self._windows) > self.callers_max:
            self._windows.popitem(last=False)
        return window


def limiter_of(settings: ApiSettings) -> Limiter:
    """What `[api]` allows."""
    return Limiter(
        quotas={
            "checks": Quota(settings.checks_per_min, 60),
            "lookups": Quota(settings.lookups_per_min, 60, "phones"),
            "screenings": Quota(settings.screenings_per_h, 3_600),
            "others": Quota(settings.others_per_min, 60),
        },
        strangers={kind: Quota(settings.strangers_per_min, 60) for kind in KINDS},
    )


def kind_of(path: str, method: str) -> str | None:
    """Which quota a route counts on; None: none (pages, and what only says that the server is there)."""
    if not path.startswith("/v1/"):
        return None
    name = path.split("/", 3)[2]
    if name == "screenings":
        return "screenings" if method == "POST" and path == "/v1/screenings" else "others"
    return name if name in KINDS else "others"
