"""What starts a run: the words of the column ``trigger`` in ``dashboard_runs``."""

from __future__ import annotations

from enum import StrEnum


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    FULL = "full"
    PAGE = "page"
    CARD = "card"
    READ = "read"
    COMMAND = "command"
    WARM = "warm"
    CHECK = "check"
