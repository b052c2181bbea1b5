"""Passwords by argon2id (ports.Hasher): RFC 9106's second recommended parameters, 64 MiB, three passes, four lanes."""

from __future__ import annotations

from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2Hasher:
    """ports.Hasher. Other parameters are for tests alone."""

    def __init__(self, *, time_cost: int = 3, memory_kib: int = 65_536, lanes: int = 4) -> None:
        self._argon2 = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes)

    @cached_property
    def _nobody(self) -> str:
        """What is worked on in nobody's place: made with the first sign-in, as it is as slow as one."""
        return self._argon2.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """A new hash, its salt and parameters inside."""
        return self._argon2.hash(password)

    def holds(self, hashed: str | None, password: str) -> bool:
        """Whether it is that password. Where there is none, the same work is done for nothing."""
        nobody = self._nobody  # also where there is somebody, so that the first sign-in takes as long for every name
        try:
            self._argon2.verify(hashed or nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return hashed is not None

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters."""
        return self._argon2.check_needs_rehash(hashed)
