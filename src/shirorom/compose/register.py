"""The register's part of the composition root: where it is kept, who makes it, who answers from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.compose.publishing import NAMES
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError

if TYPE_CHECKING:
    from shirorom.adapters.register_file import RegisterFiles
    from shirorom.compose import Composition
    from shirorom.domain.imei import Device
    from shirorom.edge.web.parts import RegisterParts
    from shirorom.register.format import Purpose
    from shirorom.service.doctor import RegisterOut
    from shirorom.service.feeds import Feeds
    from shirorom.service.lookup import Lookup
    from shirorom.service.lookup_plain import AnyLookup, PlainLookup
    from shirorom.service.publish_eir import PublishAll, PublishEir
    from shirorom.service.publish_register import Publication, PublishRegister
    from shirorom.service.register_status import ShowRegister
    from shirorom.service.screen_answers import Said

EIR = "eir"
"""How the directories of registers of what a network refuses begin."""


class Registering:
    """Everything of the registers of both logs, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole
        self._files: dict[bool, RegisterFiles] = {}
        self._publish: dict[bool, PublishRegister] = {}

    @property
    def available(self) -> bool:
        """Whether numpy is installed (the extras `carrier` and `files`); without it phones are folded one by one."""
        return find_spec("numpy") is not None

    def files(self, practice: bool) -> RegisterFiles:
        """The register of one log."""
        from shirorom.adapters.register_file import RegisterFiles

        if practice not in self._files:
            room = self._whole.room(practice)
            self._files[practice] = RegisterFiles(self._directory(practice), room.log, self._whole.clock)
        return self._files[practice]

    def publish(self, practice: bool) -> PublishRegister:
        """service/publish_register.py for one log; the same one for everybody in this process."""
        known = self._publish.get(practice)
        return known if known is not None else self._publish.setdefault(practice, self._publisher(practice))

    def _publisher(self, practice: bool) -> PublishRegister:
        from shirorom.register.format import Layout
        from shirorom.service.publish_register import PublishRegister
        from shirorom.service.register_notices import FeedNotices

        layout = Layout(self._whole.settings.register.layout)
        return PublishRegister(
            self._whole.room(practice).log, FeedNotices(self._feeds(practice)), self.files(practice), layout
        )

    def now(self, practice: bool, *, whole: bool = False) -> Publication | None:
        """Publish the register of one log as it stands; None: no carrier is enrolled.

        Raises:
            ShiroromError: `register-extra-missing`, a carrier is enrolled and numpy is not installed.
        """
        if not self._feeds(practice).accepted():
            return None
        if not self.available:
            raise ShiroromError("register-extra-missing")
        return self.publish(practice)(whole=whole)

    def eir_files(self, practice: bool, purpose: Purpose) -> RegisterFiles:
        """The register of what one network refuses under one policy."""
        from shirorom.adapters.register_file import RegisterFiles

        directory = self._directory(practice) / f"{EIR}-{purpose.policy}-{purpose.network.value}"
        return RegisterFiles(directory, self._whole.room(practice).log, self._whole.clock, purpose=purpose)

    def eir(self, practice: bool, network: CarrierId, policy: str) -> Publication:
        """Publish it as the log stands.

        Raises:
            ConfigError: there is no such policy; ShiroromError: `eir-not-enrolled`, `register-extra-missing`.
        """
        if not self.available:
            raise ShiroromError("register-extra-missing")
        return self._eir(practice, network, policy)()

    def _eir(self, practice: bool, network: CarrierId, policy: str) -> PublishEir:
        from shirorom.register.format import Purpose
        from shirorom.service.publish_eir import PublishEir
        from shirorom.service.register_notices import FeedNotices

        known = self._whole.facts.policy(policy)
        notices = FeedNotices(self._feeds(practice))
        files = self.eir_files(practice, Purpose(known.id, network))
        return PublishEir(self._whole.room(practice).log, notices, notices.blocks, files, known, network)

    async def follow(self) -> None:
        """Publish what feeds brought, in both logs, until cancelled."""
        from shirorom.service.follow_feeds import FollowFeeds

        async def one(practice: bool) -> None:
            await FollowFeeds(lambda: self._opened(practice), NAMES[practice])()

        await asyncio.gather(*map(one, NAMES))

    @cached_property
    def lookup(self) -> Lookup:
        """service/lookup.py. Needs numpy."""
        from shirorom.service.lookup import Lookup

        return Lookup(self._whole.rooms, self._whole.clock, self.files, self._whole.snapshots.shelf)

    @cached_property
    def show(self) -> ShowRegister:
        """service/register_status.py."""
        from shirorom.service.register_status import ShowRegister

        whole, there = self._whole, self.available
        shelf = whole.snapshots.shelf if there else None
        return ShowRegister(whole.room, self.files if there else None, shelf, whole.clock)

    def look(self, practice: bool) -> RegisterOut | None:
        """For `doctor`: what answers; None: there is no such log, or no carrier is enrolled. Raises `register-…`."""
        from shirorom.service.doctor import RegisterOut

        if not self._whole.publishing.exists(practice) or not self.show(practice).enrolled:
            return None
        if not self.available:
            raise ShiroromError("register-extra-missing")
        from shirorom.register.native import NATIVE

        register = self.files(practice).current()
        return RegisterOut(register.stamp.log.size, register.base.opened.count, NATIVE is not None)

    def examine(self, practice: bool) -> Sequence[str]:
        """For `fsck`: the codes of what is wrong with a log's registers. What this process remembers is not used."""
        if not self.available or not self._directory(practice).is_dir():
            return ()
        from shirorom.adapters.register_file import RegisterFiles
        from shirorom.adapters.segments import FileSegments
        from shirorom.register.format import Purpose
        from shirorom.service.examine_register import examine_register
        from shirorom.service.feeds import Feeds
        from shirorom.service.publish_eir import PublishEir
        from shirorom.service.register_notices import FeedNotices

        log = self._whole.room(practice).log
        notices = FeedNotices(Feeds(log, FileSegments(self._whole.data)))

        def opened(directory: Path, purpose: Purpose | None = None) -> RegisterFiles:
            return RegisterFiles(directory, log, self._whole.clock, age_max=timedelta.max, purpose=purpose)

        found = list(examine_register(opened(self._directory(practice)), notices))
        for path in sorted(self._directory(practice).glob(f"{EIR}-*-*")):
            policy, _, network = path.name.removeprefix(f"{EIR}-").rpartition("-")
            known = next((one for one in self._whole.facts.policies() if one.id == policy), None)
            if known is None or network not in set(CarrierId):  # of another version: nobody can say what it should hold
                found.append("eir-differs")
                continue
            files = opened(path, Purpose(policy, CarrierId(network)))
            made = PublishEir(log, notices, notices.blocks, files, known, CarrierId(network))
            found += ["eir-differs"] if examine_register(files, made) else []
        return found

    def for_web(self) -> RegisterParts:
        """What the pages show of it."""
        from shirorom.compose.practice_feeds import PracticePress
        from shirorom.edge.web.parts import RegisterParts

        whole = self._whole
        practice = all(whole.rooms.is_practice(carrier) for carrier in CarrierId)
        return RegisterParts(
            status=self.show,
            answers=self._said,
            wanted=self._wanted,
            practice=PracticePress(whole) if practice else None,
        )

    def _said(self, devices: Sequence[Device]) -> list[Said]:
        return self.lookups()(devices)

    def _wanted(self) -> bool:
        """Whether any carrier's word is expected here: a key was added (or cannot be read), a snapshot applied."""
        if (self._whole.data / "snapshot").is_dir():
            return True
        try:
            return bool(self._whole.feeds.keys.all())
        except ShiroromError:
            return True

    @cached_property
    def _plain(self) -> PlainLookup:
        from shirorom.service.lookup_plain import PlainLookup

        return PlainLookup(self._whole.rooms, self._whole.clock)

    def lookups(self) -> AnyLookup:
        """What look-ups of many phones are answered from, with a register or without."""
        return self.lookup if self.available else self._plain

    def _directory(self, practice: bool) -> Path:
        return self._whole.data / "register" / NAMES[practice]

    def _feeds(self, practice: bool) -> Feeds:
        feeds = self._whole.room(practice).recorder.feeds
        assert feeds is not None  # every room that is opened here has them
        return feeds

    def _opened(self, practice: bool) -> tuple[Feeds, PublishAll] | None:
        if not self._whole.publishing.exists(practice):
            return None
        from shirorom.service.publish_eir import PublishAll

        settings = self._whole.settings
        refused = [self._eir(practice, network, settings.verdict.policy) for network in settings.register.eir]
        return self._feeds(practice), PublishAll(self.publish(practice), refused)
