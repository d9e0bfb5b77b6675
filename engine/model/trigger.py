"""Triggers: what starts a run, in the words of the column ``trigger`` of ``dashboard_runs``."""

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
