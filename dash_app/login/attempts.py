"""Attempts to log in: each is counted, and one password is verified at a time, beside the event loop."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from engine.model.access import Role
from engine.model.clock import wall_clock
from engine.sessions.keys import address_key, digest_of
from engine.sessions.opened import LoginState
from engine.sessions.passwords import Passwords

MOST_WAITING = 8
"""How many attempts of browsers that are not known may wait for their turn."""

BUSY_SECONDS = 5


@dataclass(frozen=True)
class Attempt:
    """How an attempt ended: ``role`` None means that it failed; ``wait_seconds`` is 0 if it was verified."""

    role: Role | None = None
    wait_seconds: int = 0


class Attempts:
    """The attempts of one process; belongs to one event loop.

    A browser that an operator has logged in by is counted apart from its address, and waits in no queue that
    strangers and viewers can fill. So neither locks the operator out.
    """

    def __init__(self, state: LoginState, passwords: Passwords) -> None:
        self._state = state
        self._passwords = passwords
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def verify(self, password: str, address: str, device: str | None) -> Attempt:
        """Verify a password; ``device`` is the secret of a browser that is known. Raises DashboardError."""
        counted_by = address_key(address) if device is None else f"device {digest_of(device)}"
        if device is None and self._waiting >= MOST_WAITING:
            return Attempt(wait_seconds=BUSY_SECONDS)
        self._waiting += 1
        try:
            limits = self._state.limits
            wait = await asyncio.to_thread(limits.begin_attempt, counted_by, wall_clock())
            if wait:
                return Attempt(wait_seconds=wait)
            async with self._turn:
                role = await asyncio.to_thread(self._passwords.verify, password)
            if role is not None:
                await asyncio.to_thread(limits.forgive_attempt, counted_by)
            return Attempt(role)
        finally:
            self._waiting -= 1
