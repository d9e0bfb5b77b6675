"""What a run comes to: its progress meanwhile, and then its outcome, or why it could not be computed.

The engine process sends these values to its parent: they are frozen and of plain Python types, so they can
be pickled, and reading them needs neither duckdb nor polars.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.model.errors import ServerAwayError, SourceError
from engine.model.values.payload import Payload
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.model.values.replica_state import ReplicatedTable, ReplicaToken

FAILED, UNAVAILABLE = "failed", "unavailable"

READING, COMPUTING = "reading", "computing"
"""The two parts of a run: reading the source into the replica, and computing datasets."""


@dataclass(frozen=True)
class Progress:
    """The progress of a run: ``done`` of ``total`` steps, and the ``step`` under way.

    ``view`` is the staged table whose view the step reads, None for any other step. Only the end of the
    process ends such a read. ``part_done`` of ``part_total`` is the progress within the ``part`` under way:
    datasets in COMPUTING, shares of the rows to read in READING; 0 of 0 if it is not known.
    """

    done: int
    total: int
    step: str
    view: str | None = None
    part: str = READING
    part_done: int = 0
    part_total: int = 0


@dataclass(frozen=True)
class CategoryNames:
    """The names of one category that a dataset's charts show, in the order in which they get colours."""

    category: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class ComputedDataset:
    """A dataset's value, ready to be stored, and the time it took.

    ``page_value`` is the small value that pages get, None if they get the whole value. ``rows_found`` is the
    number of rows before the value was cut, None if it was not cut. ``lacks`` says which optional tables are
    missing, and so which of its numbers are null.
    """

    name: str
    key: str
    value: Payload
    ttl_minutes: int
    compute_ms: float
    page_value: Payload | None = None
    rows_found: int | None = None
    categories: tuple[CategoryNames, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetProblem:
    """Why a dataset of a run has no value: ``kind`` is FAILED or UNAVAILABLE, ``reason`` one line."""

    name: str
    key: str
    kind: str
    reason: str


@dataclass(frozen=True)
class RunTimings:
    """The duration of a run's parts in ms: syncing the replica, auditing it, computing datasets."""

    sync_ms: float = 0.0
    audit_ms: float = 0.0
    datasets_ms: float = 0.0


@dataclass(frozen=True)
class RunOutcome:
    """All that a run computed. ``unreadable`` and ``unrecognised`` cover the ``tables_read`` alone.

    ``changes_through`` is the id up to which the source's change log was read, None if it has no log.
    ``changes_seen_in`` is the snapshot in which that of a server was read, None if nothing of it can go.
    ``seen_at`` is the clock just before the run's snapshot of the source. ``tables_unreadable`` has tables
    that are there and cannot be read, each with the reason.
    """

    computed: tuple[ComputedDataset, ...]
    problems: tuple[DatasetProblem, ...]
    tables_read: tuple[str, ...]
    unreadable: tuple[UnreadableCount, ...]
    replica: tuple[ReplicatedTable, ...] = ()
    timings: RunTimings = RunTimings()
    changes_through: int | None = None
    changes_seen_in: str | None = None
    token: ReplicaToken | None = None
    seen_at: datetime | None = None
    unrecognised: tuple[UnrecognisedCount, ...] = ()
    tables_unreadable: tuple[tuple[str, str], ...] = ()


NOTHING_COMPUTED = RunOutcome((), (), (), ())
"""The outcome of a run that failed as a whole, or that took the result of another."""


@dataclass(frozen=True)
class RunFailure:
    """A run that could not be computed at all, as the parts of a DashboardError.

    ``is_away`` says that the source's server was away, or has ended the connection.
    """

    offender: str
    cause: str
    remedy: str
    is_away: bool = False

    def as_error(self) -> SourceError:
        """Return the error that it stands for."""
        kind = ServerAwayError if self.is_away else SourceError
        return kind(self.offender, self.cause, self.remedy)
