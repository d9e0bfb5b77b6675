"""The state in which a run leaves the replica: its tables, and the token by which it knows its source."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


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
