"""Starts the practice carriers: four sites and their index page, one port each, on loopback."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.edge.practice.catalogue import Catalogue, catalogue
from shirorom.edge.practice.index import index_handler
from shirorom.edge.practice.server import Handle, Request, Response, SiteServer
from shirorom.edge.practice.sites import PLACES, Site, World

TIMEOUT_S = 15


@dataclass(frozen=True, slots=True)
class Practice:
    """The running practice carriers. `origins` is what goes into a configuration; `close` ends everything."""

    origins: dict[CarrierId, str]
    index_url: str
    world: World
    servers: tuple[SiteServer, ...]

    def close(self) -> None:
        """End all sites, also answers that are still pending; idempotent."""
        self.world.closing.set()
        for server in self.servers:
            server.close()

    def __enter__(self) -> Practice:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def start(
    port: int = 0,
    *,
    slow_s: float = 0.0,
    consent: bool = False,
    evil: bool = False,
    clock: Callable[[], float] = time.monotonic,
    phones: Catalogue | None = None,
) -> Practice:
    """Start the index page on `port` and the four carriers on the next four (0: any free ports), on 127.0.0.1 only.

    Args:
        slow_s: Seconds before each answer.
        consent: Every site asks for a consent before its form.
        evil: Numbers of the evil range get hostile and lying pages.
        clock: Seconds, for phones that change with time; only differences count.
        phones: Another catalogue than the packaged one.

    Raises:
        ConfigError: `port-in-use`.
    """
    world = World(phones if phones is not None else catalogue(), clock, slow_s=slow_s, consent=consent)
    servers: list[SiteServer] = []
    origins: dict[CarrierId, str] = {}
    try:
        if evil:
            from shirorom.edge.practice.evil import EvilMode  # only here: hundreds of pages that nobody else needs

            trap = _bind(_trap(world), 0)
            servers.append(trap)
            world.evil = EvilMode(trap.origin)
        for n, carrier in enumerate(CarrierId, 1):
            site = Site(carrier, world)
            server = _bind(site.handle, port + n if port else 0)
            servers.append(server)
            origins[carrier] = site.origin = server.origin
        index = _bind(index_handler(world.catalogue, origins, PLACES), port)
        servers.append(index)
    except ConfigError:
        for server in servers:
            server.server_close()
        raise
    for server in servers:
        server.start()
    return Practice(origins, f"{index.origin}/", world, tuple(servers))


def _trap(world: World) -> Handle:
    """Another origin that evil pages try to reach. It remembers who came (paths only), and answers ○ to all."""

    def handle(request: Request) -> Response:
        world.strays.append(request.path)
        return Response("<!DOCTYPE html><meta charset=utf-8><p>○</p>".encode())

    return handle


def _bind(handle: Handle, port: int) -> SiteServer:
    try:
        return SiteServer(handle, port)
    except OverflowError as error:
        raise ConfigError("port-in-use", port=port) from error
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES) or getattr(error, "winerror", None) in (10013, 10048):
            raise ConfigError("port-in-use", port=port) from error
        raise


def config_toml(practice: Practice) -> str:
    """A configuration that asks these practice carriers by itself."""
    lines = ["# Written by `shirorom practice`: asks the practice carriers (test numbers only).", ""]
    for carrier, origin in practice.origins.items():
        lines += [f"[carriers.{carrier.value}]", 'access = "site"', f'url = "{origin}"', f"timeout_s = {TIMEOUT_S}", ""]
    return "\n".join(lines)


def run(
    port: int,
    *,
    write_config: Path | None = None,
    slow_s: float = 0.0,
    consent: bool = False,
    evil: bool = False,
    started: Callable[[Practice], None] = lambda _: None,
    wait: Callable[[], None] | None = None,
) -> None:
    """What `shirorom practice` does: start, write the configuration, tell (`started`), serve until interrupted.

    Args:
        wait: Returns when serving should end; without it, an interrupt (Ctrl-C) ends it.

    Raises:
        ConfigError: `port-in-use`, or `config-invalid` when the configuration cannot be written.
    """
    with start(port, slow_s=slow_s, consent=consent, evil=evil) as practice:
        if write_config is not None:
            try:
                write_config.write_text(config_toml(practice), encoding="utf-8")
            except OSError as error:
                why = type(error).__name__
                raise ConfigError("config-invalid", file=write_config.name, key="", why=why) from error
        started(practice)
        if wait is not None:
            wait()
            return
        try:
            while not practice.world.closing.wait(1.0):
                pass  # a wait with a limit, so that an interrupt is seen on Windows too
        except KeyboardInterrupt:
            return
