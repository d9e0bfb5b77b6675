"""What passes between the engine process and its parent: the order of a run, and its outcome.

All values are frozen and of plain Python types, so they can be pickled, and reading them needs neither
duckdb nor polars.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from engine.model.errors import ServerAwayError, SourceError
from engine.model.places.lake import Lake
from engine.model.places.postgres_address import SourceAddress
from engine.model.source_file.failures import NAMED_BY
from engine.model.text.log_text import TEXT
from engine.model.values.payload import Payload

FAILED, UNAVAILABLE = "failed", "unavailable"


@dataclass(frozen=True)
class RunLimits:
    """The longest time of a run without progress, and of one dataset; in seconds."""

    without_progress_seconds: float = 120.0
    dataset_seconds: float = 30.0


@dataclass(frozen=True)
class IntegrityCheck:
    """SQLite's quick check of the source: ``finding`` is ``ok`` or its first finding."""

    finding: str
    checked_at: datetime


@dataclass(frozen=True)
class RunOrder:
    """What the engine process is to compute: the named datasets, in this order, at one ``now``.

    ``integrity`` is the last known quick check, None before the first. ``replica`` is the replica's file,
    None for a replica in memory that ends with the order. ``started_at`` is the wall clock before the run;
    if it is None the engine process reads the clock. ``full_audit`` asks to compare every row of the replica
    with the source. The engine process sends the datasets in ``partial`` as soon as each is computed. With
    ``check_reads`` a dataset whose SQL reads other columns than its header names is a problem too.
    ``log_format`` is the form of what the engine process logs.
    ``left_out`` are staged tables that are not to be read, and why. ``socket`` is that of whoever holds the
    replica, None if nobody does. If ``holds`` is true the engine process holds the replica from now on and
    answers questions there; otherwise it closes the replica after the run.
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
class UnreadableCount:
    """How many values of a source column cannot be read.

    ``rows`` is the number of rows of its table, from which the share follows; None if it is not known.
    """

    table: str
    column: str
    values: int
    rows: int | None = None

    @property
    def share(self) -> float | None:
        """Return the share of the column's rows, 0 to 1; None if their number is not known."""
        return self.values / self.rows if self.rows else None


@dataclass(frozen=True)
class UnrecognisedCount:
    """How many values of a source column have a word that the schema does not know.

    The word is in lower case, cut, and free of control characters; it may be empty.
    """

    table: str
    column: str
    word: str
    values: int


@dataclass(frozen=True)
class ReplicatedTable:
    """The state of one source table in the replica after a run.

    ``sync`` says how it is synced: ``append``, ``incremental`` or ``full``. Every row has been
    compared with the source since ``verified_at``, None before the first full audit. ``covered`` is the share
    of rows compared in the audit under way. ``repaired`` is the number of rows that differed in this run
    although no sync had noticed. ``last_id`` is the highest id seen, None if the table has no usable ids, or
    no row.
    """

    table: str
    sync: str
    rows: int
    verified_at: datetime | None
    covered: float
    repaired: int
    last_id: int | None = None


TOKEN_PREFIX = "replica "
"""What the names of replica tokens begin with."""


@dataclass(frozen=True)
class ReplicaToken:
    """A random text that a run stores, by which the replica recognises the source again.

    It is stored in the source, or in a store apart together with the ``source_place``. ``seen`` is the token
    in the run's snapshot, None if there was none, and ``schema_version`` is that of the snapshot. If there
    are others when the run is stored, it is not the source that the run saw.
    """

    name: str
    value: str
    seen: str | None
    schema_version: int


def source_place(db: Path, schema_version: int) -> str:
    """Return the digest of a source's path, device, inode and schema version, which stands beside a token.

    It differs if another file takes the source's place, if SQLite restores a backup into the file, and if the
    schema changes.
    """
    found = db.stat()
    text = f"{db}\0{found.st_dev}\0{found.st_ino}\0{schema_version}"
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


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
