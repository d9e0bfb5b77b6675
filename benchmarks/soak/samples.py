"""What a soak measures of the server while it lasts, and whether that stays level.

A value is level if it is not higher late than it was early: the median of the last fifth of the samples is
compared with that of the second, because the first is the start.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import resident_bytes

PARTS = 5


@dataclass(frozen=True)
class Sample:
    """The server at one moment, in bytes and in numbers of open files."""

    seconds: float
    memory_bytes: int
    handles: int
    wal_bytes: int
    log_bytes: int


def sample(pid: int, db: Path, log: Path, began: float) -> Sample:
    """Return a sample of a process, its source's write-ahead log and its own log; seconds since ``began``."""
    return Sample(
        time.monotonic() - began,
        resident_bytes(pid),
        len(os.listdir(f"/proc/{pid}/fd")),  # noqa: PTH208
        _size(db.with_name(db.name + "-wal")),
        _size(log),
    )


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started and that still run."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:
            continue
    return found


def early_and_late(samples: Sequence[Sample], of: Callable[[Sample], int]) -> tuple[int, int]:
    """Return the medians of the second and of the last fifth of some samples.

    >>> early_and_late([Sample(at, at, 0, 0, 0) for at in range(10)], lambda one: one.memory_bytes)
    (2, 8)
    """
    part = max(1, len(samples) // PARTS)
    early, late = samples[part : 2 * part], samples[-part:]
    return int(statistics.median(map(of, early or samples))), int(statistics.median(map(of, late)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
