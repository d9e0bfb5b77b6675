"""What passes between the engine process and whoever asked it: a run's order and its outcome.

Frozen values of plain Python types only, so that they cross the process border unchanged and
reading them needs neither duckdb nor polars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FAILED, UNAVAILABLE = "failed", "unavailable"


@dataclass(frozen=True)
class IntegrityCheck:
    """SQLite's quick check of the source: ``finding`` is ``ok`` or its first finding."""

    finding: str
    checked_at: datetime


@dataclass(frozen=True)
class RunOrder:
    """What the engine process is to compute: the named datasets, at one *now*.

    ``integrity`` is the last check known, None before the first; ``check_integrity`` asks for
    a new one.
    """

    db: Path
    now: datetime
    time_zone: str
    datasets: tuple[str, ...]
    integrity: IntegrityCheck | None = None
    check_integrity: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a run has come: ``done`` of ``total`` steps, now at ``step``."""

    done: int
    total: int
    step: str


@dataclass(frozen=True)
class ComputedDataset:
    """One dataset's stored form: compressed bytes, size of the JSON, length, time it took."""

    name: str
    key: str
    blob: bytes
    raw_bytes: int
    entries: int
    ttl_minutes: int
    compute_ms: float


@dataclass(frozen=True)
class DatasetProblem:
    """Why a dataset of a run has no value: ``kind`` is FAILED or UNAVAILABLE, ``reason`` one line."""

    name: str
    key: str
    kind: str
    reason: str


@dataclass(frozen=True)
class UnreadableCount:
    """How many values of a source column have no reading."""

    table: str
    column: str
    values: int


@dataclass(frozen=True)
class RunOutcome:
    """All that a run computed. ``unreadable`` covers the ``tables_read`` and no other."""

    computed: tuple[ComputedDataset, ...]
    problems: tuple[DatasetProblem, ...]
    tables_read: tuple[str, ...]
    unreadable: tuple[UnreadableCount, ...]
    integrity: IntegrityCheck | None


NOTHING_COMPUTED = RunOutcome((), (), (), (), None)
"""The outcome of a run that failed as a whole, or whose result is another's."""


@dataclass(frozen=True)
class RunFailure:
    """A run that could not be computed at all, told as the parts of a DashboardError."""

    offender: str
    cause: str
    remedy: str
