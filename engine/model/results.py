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
class RunLimits:
    """How long a run may go on without progress, and how long one dataset may take; in seconds."""

    without_progress_seconds: float = 120.0
    dataset_seconds: float = 30.0


@dataclass(frozen=True)
class IntegrityCheck:
    """SQLite's quick check of the source: ``finding`` is ``ok`` or its first finding."""

    finding: str
    checked_at: datetime


@dataclass(frozen=True)
class RunOrder:
    """What the engine process is to compute: the named datasets, at one *now*.

    ``integrity`` is the last quick check known, None before the first. ``replica`` is the replica's
    file, None for one in memory that ends with the order.
    ``started_at`` is the wall clock before the run, None to read it on arrival; ``prove`` asks
    to compare every row of the replica with the source. The datasets are computed in the order
    they are named in; those that are also in ``early`` are handed over as soon as each is done.
    """

    db: Path
    now: datetime
    time_zone: str
    datasets: tuple[str, ...]
    integrity: IntegrityCheck | None = None
    replica: Path | None = None
    started_at: datetime | None = None
    memory_limit_bytes: int = 1 << 30
    prove: bool = False
    early: frozenset[str] = frozenset()
    limits: RunLimits = RunLimits()


@dataclass(frozen=True)
class Progress:
    """How far a run has come: ``done`` of ``total`` steps, now at ``step``."""

    done: int
    total: int
    step: str


@dataclass(frozen=True)
class PageValue:
    """What pages get of a dataset's value in its stored form: compressed bytes, size of the JSON, length."""

    blob: bytes
    raw_bytes: int
    entries: int


@dataclass(frozen=True)
class CategoryNames:
    """The names of one category that a dataset's charts show, in the order they are to get colours."""

    category: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class ComputedDataset:
    """One dataset's stored form: compressed bytes, size of the JSON, length, time it took.

    ``page_value`` is None if pages get all of it. ``rows_found`` is the number of rows before
    the cut, None if nothing was cut.
    """

    name: str
    key: str
    blob: bytes
    raw_bytes: int
    entries: int
    ttl_minutes: int
    compute_ms: float
    page_value: PageValue | None = None
    rows_found: int | None = None
    categories: tuple[CategoryNames, ...] = ()


@dataclass(frozen=True)
class DatasetProblem:
    """Why a dataset of a run has no value: ``kind`` is FAILED or UNAVAILABLE, ``reason`` one line."""

    name: str
    key: str
    kind: str
    reason: str


@dataclass(frozen=True)
class UnreadableCount:
    """How many values of a source column have no reading.

    ``rows`` is the number of rows of its table, so that a share can be shown; None where it is not known.
    """

    table: str
    column: str
    values: int
    rows: int | None = None

    @property
    def share(self) -> float | None:
        """Return the share of the column's rows, 0 to 1; None where their number is not known."""
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
    """How one source table stands in the replica, after a run.

    ``kept`` says how it is kept up to date: ``appended``, ``changed`` or ``whole``. Every row has
    been compared with the source since ``proved_at``, None before the first time; ``covered``
    is the share of rows compared in the pass under way. ``repaired`` rows were found different
    in this run, which no sync had noticed. ``last_id`` is the highest id seen, None where the
    table has no ids to go by, or no row.
    """

    table: str
    kept: str
    rows: int
    proved_at: datetime | None
    covered: float
    repaired: int
    last_id: int | None = None


MARK_PREFIX = "replica "
"""What the names of replicas' marks begin with."""


@dataclass(frozen=True)
class ReplicaMark:
    """What a run leaves in the source, by which the replica knows the source again: a random nonce.

    ``seen`` is the mark that the run's snapshot bore, None for none, and ``schema_version`` that
    snapshot's. A source that has others by the time the run is stored is not the one the run saw.
    """

    name: str
    value: str
    seen: str | None
    schema_version: int


@dataclass(frozen=True)
class RunTimings:
    """What a run's parts took: bringing the replica up to date, auditing it, computing datasets."""

    sync_ms: float = 0.0
    audit_ms: float = 0.0
    datasets_ms: float = 0.0


@dataclass(frozen=True)
class RunOutcome:
    """All that a run computed. ``unreadable`` and ``unrecognised`` cover the ``tables_read`` and no other.

    ``changes_through`` is the id up to which the source's change log has been read, None
    where it has none. ``seen_at`` is the clock just before the run's snapshot of the source.
    """

    computed: tuple[ComputedDataset, ...]
    problems: tuple[DatasetProblem, ...]
    tables_read: tuple[str, ...]
    unreadable: tuple[UnreadableCount, ...]
    replica: tuple[ReplicatedTable, ...] = ()
    timings: RunTimings = RunTimings()
    changes_through: int | None = None
    mark: ReplicaMark | None = None
    seen_at: datetime | None = None
    unrecognised: tuple[UnrecognisedCount, ...] = ()


NOTHING_COMPUTED = RunOutcome((), (), (), ())
"""The outcome of a run that failed as a whole, or whose result is another's."""


@dataclass(frozen=True)
class RunFailure:
    """A run that could not be computed at all, told as the parts of a DashboardError."""

    offender: str
    cause: str
    remedy: str
