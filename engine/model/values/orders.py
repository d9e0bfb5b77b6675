"""What the engine process is ordered to do: a run, or to hold the replica.

All values are frozen and of plain Python types, so they can be pickled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.model.places.lake import Lake
from engine.model.places.postgres_address import SourceAddress
from engine.model.source_file.failures import NAMED_BY
from engine.model.text.log_text import TEXT
from engine.model.values.quality import IntegrityCheck


@dataclass(frozen=True)
class RunLimits:
    """The longest time of a run without progress, and of one dataset; in seconds."""

    without_progress_seconds: float = 120.0
    dataset_seconds: float = 30.0


@dataclass(frozen=True)
class RunOrder:
    """What the engine process is to compute: the named datasets, in this order, at one ``now``.

    ``integrity`` is the last known quick check, None before the first. ``replica`` is the replica's file,
    None for a replica in memory that ends with the order. ``started_at`` is the wall clock before the run;
    if it is None the engine process reads the clock. ``full_audit`` asks to compare every row of the replica
    with the source. The engine process sends the datasets in ``partial`` as soon as each is computed. With
    ``check_reads`` a dataset whose SQL reads other columns than its header names is a problem too.
    ``log_format`` is the form of what the engine process logs.
    ``left_out`` are staged tables that are not to be read, and why. ``socket`` is that of the process that
    holds the replica, None if none does. If ``holds`` is true the engine process holds the replica from now
    on and answers questions there; otherwise it closes the replica after the run.
    ``tokens`` are the replica tokens of a store apart by name, None if they are in the source.
    ``lake`` is where the replica is if it is in DuckLake; ``replica`` then only names working files.
    ``named_by`` is what names the source's file, as errors say it.
    """

    db: SourceAddress
    now: datetime
    time_zone: str
    datasets: tuple[str, ...]
    integrity: IntegrityCheck | None = None
    replica: Path | None = None
    started_at: datetime | None = None
    memory_limit_bytes: int = 1 << 30
    full_audit: bool = False
    check_reads: bool = False
    partial: frozenset[str] = frozenset()
    limits: RunLimits = RunLimits()
    log_format: str = TEXT
    left_out: Mapping[str, str] = field(default_factory=dict)
    socket: Path | None = None
    holds: bool = False
    tokens: Mapping[str, str] | None = None
    lake: Lake | None = None
    named_by: str = NAMED_BY

    @property
    def replica_file(self) -> Path | None:
        """Return the replica's file; None if the replica is in memory or in DuckLake."""
        return self.replica if self.lake is None else None


@dataclass(frozen=True)
class HoldOrder:
    """The order to hold the replica as the last run has left it, and to answer questions on the socket."""

    db: SourceAddress
    replica: Path
    socket: Path
    memory_limit_bytes: int
    log_format: str = TEXT
    holds: bool = True
    lake: Lake | None = None
    named_by: str = NAMED_BY


@dataclass(frozen=True)
class HoldAnswer:
    """Whether the engine process holds the replica now: there may be none that can be used."""

    is_held: bool
