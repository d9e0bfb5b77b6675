"""How the runs of a queue have gone, and whether it backs off: computes nothing more for clients just now."""

from __future__ import annotations

import time

from engine.model.trigger import Trigger

BACKOFF_SECONDS = 60.0
"""How long nothing is computed for clients after a run for them has failed as a whole."""


class RunFailures:
    """``count`` is how many runs have failed; ``latest`` the line of the latest run, None if it went well.

    Only the backoff is thread-safe; the lock of the queue guards the rest.
    """

    def __init__(self) -> None:
        self.count = 0
        self.latest: str | None = None
        self._backs_off_until = 0.0

    @property
    def backs_off(self) -> bool:
        """Return whether a run for clients has failed just now, and none has gone well since."""
        return time.monotonic() < self._backs_off_until

    @property
    def version(self) -> str:
        """Return a text that changes with each failure, and when the backoff begins or ends."""
        return f"{self.count}{'r' if self.backs_off else ''}"

    def note(self, trigger: Trigger, failure: str | None) -> None:
        """Note how a run has gone: ``failure`` is the line that says why it failed, None if it went well."""
        self.latest = failure
        if failure is None:
            self._backs_off_until = 0.0
            return
        self.count += 1
        if trigger is Trigger.READ:
            self._backs_off_until = time.monotonic() + BACKOFF_SECONDS
