"""The shop's webhooks over HTTP, for the owner alone: endpoints, their secrets (shown once), tests, replay, the log."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import ConfigError
from shirorom.edge.api.counter_bodies import DoneWire
from shirorom.edge.api.once import once
from shirorom.edge.api.routes import answer
from shirorom.edge.http.problems import BODY, KEY, SIGNED, STORAGE, about
from shirorom.edge.web.page import by_of, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who
from shirorom.edge.wire import at as time_text
from shirorom.ports.outlets import Attempt, Hook
from shirorom.service.watch_hooks import Hooks

AnyRequest = Request[Any, Any, Any]
OWNER = {WHO: Who.OWNER}
LOG_MAX = 200
NEEDS = ("desk-missing", *STORAGE, *SIGNED)
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=32, description="The endpoint's name.")]


class HookWire(msgspec.Struct, frozen=True):
    """An endpoint. `off_why`: `failing`, `gone`, or empty. `waiting`: messages that have not arrived."""

    name: str
    url: str
    made_at: str
    made_by: str
    waiting: int
    off_at: str | None
    off_why: str


class HooksWire(msgspec.Struct, frozen=True):
    """Every endpoint."""

    hooks: tuple[HookWire, ...]


class SecretWire(msgspec.Struct, frozen=True):
    """An endpoint with its secret, which is shown this once."""

    hook: HookWire
    secret: str


class AttemptWire(msgspec.Struct, frozen=True):
    """One attempt. `outcome`: `delivered`, or why not; `status`: that of HTTP, where there was one."""

    message: str
    alert: int | None
    at: str
    took_ms: int
    status: int | None
    outcome: str


class AttemptsWire(msgspec.Struct, frozen=True):
    """The delivery log, newest first."""

    attempts: tuple[AttemptWire, ...]


class ReplayedWire(msgspec.Struct, frozen=True):
    """How many messages are in line again."""

    messages: int


class HookRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An endpoint by its name."""

    name: Name


class HookAddRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A new endpoint: https, on the open internet."""

    name: Name
    url: Annotated[str, msgspec.Meta(max_length=1_000, description="Where messages are posted.")]


class ReplayRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Deliver again: one message, or all of alerts from `since` on."""

    name: Name
    since: Annotated[int, msgspec.Meta(ge=1, le=2**53, description="The first alert's number.")] = 1
    message: Annotated[
        Annotated[str, msgspec.Meta(max_length=64)] | None, msgspec.Meta(description="Only this message, by its id.")
    ] = None


@get("/v1/watch/hooks", opt=OWNER, **about(
    "watchHooks", "watch", "The shop's webhooks", {200: HooksWire}, *NEEDS))  # fmt: skip
async def get_hooks(request: AnyRequest) -> ASGIResponse:
    """Every endpoint, and whether it was switched off."""
    found = await asyncio.to_thread(hooks_of(request).store.hooks)
    return answer(request, HooksWire(tuple(hook_of(one) for one in found)))


@post("/v1/watch/hooks", status_code=201, opt=OWNER, **about(
    "watchHookAdd", "watch", "Add a webhook", {201: SecretWire}, *BODY, "hook-name", "hook-target",
    "hook-name-taken", "hooks-full", *KEY, *NEEDS))  # fmt: skip
@once
async def post_hook(request: AnyRequest, data: JSONBody[HookAddRequest]) -> ASGIResponse:
    """A Standard Webhook (1.0.0) from now on. Keep the secret: it is not shown again."""
    hook, secret = await asyncio.to_thread(hooks_of(request).add, data.name, data.url, by=by_of(request))
    return answer(request, SecretWire(hook_of(hook), secret), status=201)


@post("/v1/watch/hooks/secret", status_code=200, opt=OWNER, **about(
    "watchHookRotate", "watch", "Replace a webhook's secret", {200: SecretWire}, *BODY, "hook-not-found",
    *KEY, *NEEDS))  # fmt: skip
@once
async def post_secret(request: AnyRequest, data: JSONBody[HookRequest]) -> ASGIResponse:
    """For a day messages carry two signatures, one by each secret."""
    hook, secret = await asyncio.to_thread(hooks_of(request).rotate, data.name)
    return answer(request, SecretWire(hook_of(hook), secret))


@post("/v1/watch/hooks/test", status_code=200, opt=OWNER, **about(
    "watchHookTest", "watch", "Send a test", {200: AttemptWire}, *BODY, "hook-not-found", *NEEDS))  # fmt: skip
async def post_test(request: AnyRequest, data: JSONBody[HookRequest]) -> ASGIResponse:
    """Posted at once; the answer says how it went."""
    return answer(request, attempt_of(await asyncio.to_thread(hooks_of(request).test, data.name)))


@post("/v1/watch/hooks/replay", status_code=200, opt=OWNER, **about(
    "watchHookReplay", "watch", "Deliver again", {200: ReplayedWire}, *BODY, "hook-not-found", "message-not-found",
    *KEY, *NEEDS))  # fmt: skip
@once
async def post_replay(request: AnyRequest, data: JSONBody[ReplayRequest]) -> ASGIResponse:
    """Each message keeps its `webhook-id`. Switches an endpoint on that was switched off."""
    hooks = hooks_of(request)
    count = await asyncio.to_thread(hooks.replay, data.name, since=data.since, message=data.message)
    return answer(request, ReplayedWire(count))


@post("/v1/watch/hooks/removals", status_code=200, opt=OWNER, **about(
    "watchHookRemove", "watch", "Remove a webhook", {200: DoneWire}, *BODY, "hook-not-found", *NEEDS))  # fmt: skip
async def post_removal(request: AnyRequest, data: JSONBody[HookRequest]) -> ASGIResponse:
    """With its messages and its log."""
    await asyncio.to_thread(hooks_of(request).store.remove_hook, data.name)
    return answer(request, DoneWire(True))


@get("/v1/watch/hooks/{name:str}/log", opt=OWNER, **about(
    "watchHookLog", "watch", "A webhook's delivery log", {200: AttemptsWire}, "hook-not-found", *NEEDS))  # fmt: skip
async def get_log(request: AnyRequest) -> ASGIResponse:
    """Every attempt, newest first."""
    name: str = request.path_params["name"]
    found = await asyncio.to_thread(hooks_of(request).store.attempts, name, count_max=LOG_MAX)
    return answer(request, AttemptsWire(tuple(attempt_of(one) for one in found)))


def hooks_of(request: AnyRequest) -> Hooks:
    """The service. Raises `desk-missing` without the shop's database."""
    hooks = web_of(request).parts.hooks
    if hooks is None:
        raise ConfigError("desk-missing")
    return hooks


def hook_of(hook: Hook) -> HookWire:
    """One endpoint as it is sent."""
    off_at = None if hook.off_at is None else time_text(hook.off_at)
    return HookWire(hook.name, hook.url, time_text(hook.made_at), hook.made_by, hook.waiting, off_at, hook.off_why)


def attempt_of(attempt: Attempt) -> AttemptWire:
    """One attempt as it is sent."""
    return AttemptWire(
        attempt.message, attempt.alert, time_text(attempt.at), attempt.took_ms, attempt.status, attempt.outcome
    )


HOOKS = (get_hooks, post_hook, post_secret, post_test, post_replay, post_removal, get_log)
HOOK_WIRES: tuple[type[msgspec.Struct], ...] = (
    HookRequest, HookAddRequest, ReplayRequest, HooksWire, SecretWire, AttemptWire, AttemptsWire, ReplayedWire,
)  # fmt: skip
