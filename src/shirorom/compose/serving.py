"""The app while it serves: who can reach it, what it is given, what runs beside it until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.edge.cli.context import ServeOptions, Started
from shirorom.service.settings import Access

if TYPE_CHECKING:
    from shirorom.adapters.lan import LanTls
    from shirorom.adapters.texts_toml import Texts
    from shirorom.compose import Composition
    from shirorom.edge.web.parts import Example, Parts
    from shirorom.ports.asking import Asker

DAY_S = 86_400
EVERYWHERE = "0.0.0.0"  # noqa: S104  # only with TLS and people (`serve --lan`)


@dataclass(frozen=True, slots=True)
class Reach:
    """Who can call the app. `beyond`: other machines too, by the network or through a proxy on this one."""

    bind: str
    port: int
    beyond: bool
    tls: LanTls | None = None
    helper_port: int = 0
    lookups_port: int | None = None

    @property
    def origins(self) -> tuple[str, ...]:
        """Where the app is over TLS, by each of its names."""
        return tuple(f"https://{name}:{self.port}" for name in (self.tls.names or ("localhost",))) if self.tls else ()


def run(whole: Composition, options: ServeOptions, on_ready: Callable[[Started], None]) -> None:
    """Serve until interrupted; with `practice`, beside practice carriers that end with it."""
    from shirorom.edge.web.serve import run_server

    reach = _reach(whole, options)
    if not options.practice:
        run_server(Serving(_served(whole, options, reach)).serve_app(options, reach, on_ready))
        return
    practice = whole.start_practice()
    try:
        access = Access.SITE if whole.can_read else Access.HAND
        inner = _served(whole, options, reach).practising(practice, access)
        run_server(Serving(inner).serve_app(options, reach, on_ready))
        inner.close()
    finally:
        practice.close()


def _reach(whole: Composition, options: ServeOptions) -> Reach:
    """Who can call, and by which way. Raises `bind-unsafe`: beyond this machine TLS or a proxy is needed."""
    from shirorom.edge.web.serve import free_port, is_loopback

    web = whole.settings.web
    bind = EVERYWHERE if options.lan and is_loopback(options.bind) else options.bind
    beyond = not is_loopback(bind)
    if beyond and not options.lan and not (web.proxy and web.hosts):
        raise ConfigError("bind-unsafe", bind=bind)
    port = free_port(bind, options.port)
    reach = Reach(bind, port, beyond or bool(web.hosts) or web.proxy is not None)
    if options.lookups_port is not None:
        reach = replace(reach, lookups_port=_other_port(bind, options.lookups_port, port))
    if not options.lan:
        return reach
    from shirorom.adapters.lan import lan_names, lan_tls

    tls = lan_tls(whole.data, lan_names(web.hosts), now=whole.clock.now())
    beside = _other_port(bind, options.port + 1 if options.port else 0, reach.lookups_port)
    return replace(reach, tls=tls, helper_port=beside)


def _other_port(bind: str, port: int, taken: int | None) -> int:
    """A port that is free and is not one of ours: two servers would share its calls. Raises `port-in-use`."""
    from shirorom.edge.web.serve import free_port

    free = free_port(bind, port)
    if free == taken:
        raise ConfigError("port-in-use", port=free)
    return free


def _served(whole: Composition, options: ServeOptions, reach: Reach) -> Composition:
    hosts = (*whole.settings.web.hosts, *(reach.tls.names if reach.tls else ()))
    public = whole.settings.web.public or options.public
    web = msgspec.structs.replace(whole.settings.web, public=public, hosts=tuple(dict.fromkeys(hosts)))
    return whole.within(msgspec.structs.replace(whole.settings, web=web))


class Serving:
    """One app under way."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    async def serve_app(self, options: ServeOptions, reach: Reach, on_ready: Callable[[Started], None]) -> None:
        """The app, its asker process, and the daily clearing of old evidence."""
        from shirorom.compose import closing
        from shirorom.compose.loading import loading
        from shirorom.edge.web.serve import Tls, serve

        async with closing(self._whole.process_asker()) as asker:
            with loading():
                from shirorom.edge.web.app import create_app, create_door, create_helper

                parts = self.parts(asker, reach)
                app = create_app(parts)
            tls = Tls(reach.tls.certificate, reach.tls.key, asyncio.Event()) if reach.tls else None
            daily = [asyncio.create_task(self._clear_old_blobs())]
            if self._whole.watches:
                daily += [asyncio.create_task(one) for one in self._whole.watch.running()]
            if tls is not None:
                daily.append(asyncio.create_task(self._renew(reach, tls.renewed)))
            if self._whole.settings.log.publish:
                daily.append(asyncio.create_task(self._whole.publishing.follow()))
            if self._whole.register.available:
                daily.append(asyncio.create_task(self._whole.register.follow()))
            automatic = self._whole.watch.plan_asker(parts.check)
            if automatic is not None:
                daily.append(asyncio.create_task(automatic.run()))
            try:
                await serve(
                    app,
                    bind=reach.bind,
                    port=reach.port,
                    on_ready=lambda url: on_ready(self._started(url, options, reach, parts)),
                    tls=tls,
                    helper=(create_helper(parts), reach.helper_port) if tls is not None else None,
                    mounts=self._whole.publishing.mounts() if self._whole.settings.log.publish else None,
                    door=(create_door(app), reach.lookups_port) if reach.lookups_port is not None else None,
                )
            finally:
                for task in daily:
                    task.cancel()

    def _started(self, url: str, options: ServeOptions, reach: Reach, parts: Parts) -> Started:
        """What is told once it runs; the set-up link is made at this moment, so that all its minutes are left."""
        from shirorom.edge.web.serve import host_in_url

        base = url if reach.tls is None else f"https://{_nearest(reach.tls.names)}:{reach.port}/"
        setup = None
        if parts.people is not None and (options.owner_link or not parts.people.has_owner()):
            setup = f"{base}setup/{parts.people.offer_setup()}"
        lookups = None
        if reach.lookups_port is not None:
            at = urlsplit(base)
            lookups = f"{at.scheme}://{host_in_url(at.hostname or '')}:{reach.lookups_port}/v1/lookups"
        if reach.tls is None:
            return Started(url, setup, lookups=lookups)
        trust = f"http://{_nearest(reach.tls.names)}:{reach.helper_port}/trust"
        return Started(base, setup, trust, reach.tls.fingerprint, reach.tls.left_out, lookups)

    async def _renew(self, reach: Reach, renewed: asyncio.Event) -> None:
        """Once a day, look whether the certificate must be renewed, and let the server take the new one."""
        from shirorom.adapters.lan import lan_tls

        tls = reach.tls
        while tls is not None:
            await asyncio.sleep(DAY_S)
            if self._whole.clock.now() >= tls.renew_at:
                tls = await asyncio.to_thread(
                    lan_tls, self._whole.data, (*tls.names, *tls.left_out), now=self._whole.clock.now()
                )
                renewed.set()

    def parts(self, asker: Asker, reach: Reach) -> Parts:
        """Everything that the pages and the API call."""
        from shirorom.adapters.guides_toml import packaged_guides
        from shirorom.edge.web.parts import Parts, Trust
        from shirorom.service.counter_screenshot import ScreenshotCheck

        people = self._whole.people
        if reach.beyond and people is None and not self._whole.settings.web.public:
            raise ConfigError("desk-missing")
        tls = reach.tls

        pictures = self._whole.pictures()
        return Parts(
            settings=self._whole.settings,
            facts=self._whole.facts,
            rooms=self._whole.rooms,
            clock=self._whole.clock,
            words=self._words,
            asker=asker,
            check=self._whole.check(asker),
            record=self._whole.record,
            withdraw=self._whole.withdraw,
            correct=self._whole.correct,
            history=self._whole.history,
            asker_ready=lambda: getattr(asker, "ready", True),
            pictures=pictures,
            check_screenshot=ScreenshotCheck(pictures, self._whole.facts),
            guides=packaged_guides,
            people=people,
            pairing=self._whole.pairing(people),
            beyond=reach.beyond,
            trust=Trust(tls.authority, tls.fingerprint, reach.origins) if tls else None,
            examples=_examples() if all(self._whole.rooms.is_practice(carrier) for carrier in CarrierId) else (),
            counter=None if self._whole.settings.web.public else self._whole.counter,
            answers=None if self._whole.settings.web.public else self._whole.answers,
            proof=self._whole.proof.for_web(pictures),
            shelves=self._whole.publishing.shelves() if self._whole.settings.log.publish else {},
            book=self._whole.watch.book if self._whole.watches else None,
            boards=self._whole.watch.boards if self._whole.watches else None,
            watch_plan=None if self._whole.settings.web.public else lambda: self._whole.watch.plan,
            watch_glance=(lambda: self._whole.watch.glance) if self._whole.watches else None,
            alerts=self._whole.watch.alerts if self._whole.watches else None,
            hooks=self._whole.watch.hooks if self._whole.watches else None,
            claims=self._whole.watch.claims if self._whole.watches else None,
            risk=(lambda: self._whole.watch.risk) if self._whole.watches else None,
            feeds=None if self._whole.settings.web.public else self._whole.feeds.take,
            screenings=self._whole.screenings,
            once=self._whole.once,
            incoming=self._whole.screenings.store.incoming if self._whole.screenings else None,
            register=None if self._whole.settings.web.public else self._whole.register.for_web(),
            lookups=None if self._whole.settings.web.public else self._whole.register.lookups,
        )

    def _words(self, language: str) -> Texts:
        return self._whole.texts(language)

    async def _clear_old_blobs(self) -> None:
        """Once a day, remove saved pages whose time has passed ([blobs] keep_days)."""
        while self._whole.settings.blobs.keep_days:
            before = self._whole.clock.now() - timedelta(days=self._whole.settings.blobs.keep_days)
            await asyncio.to_thread(self._whole.blobs().expire, before=before)
            await asyncio.sleep(DAY_S)


def _nearest(names: Sequence[str]) -> str:
    """The name by which everybody surely gets here: an address of the network, else this machine itself."""
    return next((name for name in names if name.replace(".", "").isdigit()), "localhost")


def _examples() -> Sequence[Example]:
    """Practice phones to try: one with two numbers, and one for each verdict."""
    from shirorom.domain.imei import Device
    from shirorom.edge.practice.catalogue import Group, catalogue
    from shirorom.edge.web.parts import Example

    phones = catalogue().phones
    first = {phone.checks[0].verdict: phone for phone in reversed(phones) if phone.group is not Group.DUAL}
    dual = next(phone for phone in phones if phone.group is Group.DUAL)
    return [
        Example(Device(tuple(number.imei for number in phone.numbers)), phone.title, phone.title_en)
        for phone in (dual, *first.values())
    ]
