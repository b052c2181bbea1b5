"""The tie to the phone in hand: a photo of its own screen (`*#06#`) beside a one-time code (domain/one_time.py).

It shows that the phone whose screen was photographed had these numbers after the code was made. It does not show that
the photo is no montage, nor where the phone is now; a person sees the phone, the sheet only says what was read.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Device
from shirorom.domain.one_time import Request
from shirorom.domain.picture import numbers_in, one_time_code_in
from shirorom.domain.sheet import Tie, matches
from shirorom.ports.blobs import Blobs
from shirorom.ports.clock import Clock
from shirorom.ports.pictures import Pictures


@dataclass(frozen=True, slots=True)
class TieToPhone:
    """A photo and the code that was shown → what it ties."""

    pictures: Pictures
    clock: Clock

    async def __call__(self, content: bytes, *, asked: Request, device: Device, blobs: Blobs) -> Tie:
        """Read a photo and keep it, made anew without what a camera writes beside it.

        The numbers may differ from those of the device: then the tie says so.

        Raises:
            RequestError: `tie-over`, the code is too old; `tie-no-code`, it is not on the photo;
                `picture-no-number`; and whatever keeps a picture from being read.
            StorageError: the photo could not be kept.
        """
        now = self.clock.now().replace(microsecond=0)
        if not asked.valid(now):
            raise RequestError("tie-over")
        read = await self.pictures.read(content)
        if not one_time_code_in(read, asked.code):
            raise RequestError("tie-no-code")
        seen = tuple(dict.fromkeys(one.imei for one in numbers_in(read).found if one.imei is not None))
        if not seen:
            raise RequestError("picture-no-number")
        digest = await asyncio.to_thread(blobs.put, await self.pictures.clean(content))
        return Tie(asked.code, now, digest, seen, matches(device.imeis, seen))
