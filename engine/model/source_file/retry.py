"""Retries while another program locks the database, or its server is away, so that no work is lost.

A run bounds each of its steps by its next run too: ``Runner._while_locked``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from engine.model.errors import ServerAwayError, SourceError
from engine.model.source_file.failures import is_locked

LONGEST_SECONDS = 60.0
SERVER_AWAY_SECONDS = 10.0
"""How long a server that is away is waited for: as long as a restart takes."""
ATTEMPT_SECONDS = 1.0
"""How long one attempt waits for a lock: briefly, so that the process can end between two attempts."""
PAUSE_SECONDS = 0.1

Result = TypeVar("Result")


def while_locked(
    action: Callable[[], Result],
    seconds: float = LONGEST_SECONDS,
    is_given_up: Callable[[], bool] = lambda: False,
    *,
    waits_for_server: bool = True,
) -> Result:
    """Return the action's result; try it again for some seconds while the database is locked or away.

    Raises the last SourceError when the time is over or the action is given up, and other errors at once:
    also that a server is away, if it is not waited for.
    """
    until = time.monotonic() + seconds
    away_seconds = min(SERVER_AWAY_SECONDS, seconds) if waits_for_server else 0.0
    until_away: float | None = None
    while True:
        try:
            return action()
        except SourceError as error:
            is_away = isinstance(error, ServerAwayError)
            if is_away and until_away is None:
                # However long the action has taken, it is tried again if its connection was lost.
                until_away = time.monotonic() + away_seconds
            elif not is_away:
                # It was there, so its next absence is another one.
                until_away = None
            ends = until if until_away is None else until_away
            if not (is_away or is_locked(error)) or time.monotonic() >= ends or is_given_up():
                raise
        time.sleep(PAUSE_SECONDS)
