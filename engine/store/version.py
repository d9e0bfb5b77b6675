"""The version of the cache: it differs whenever the cache does, and is read before every read of entries.

Every read compares what is kept in memory with the store's version. Generations are compared for equality
only, because a restored backup sets the number back. The nonce is new with each change, so it differs even if
the number is the same.
"""

from __future__ import annotations

from dataclasses import dataclass

STATE_ROWS = ("generation", "generation_mark")
"""The rows of ``dashboard_state`` that a version is made of."""


@dataclass(frozen=True)
class CacheVersion:
    """One state of one cache.

    ``file`` is the file's device and inode, zeros in PostgreSQL. ``schema`` is another number after a DDL
    statement, and ``nonce`` is random text, empty before the first change. ``latest_run`` is the id of the
    newest row of ``dashboard_runs``, of a failed run too. It and the generation are 0 before the first run.
    """

    file: tuple[int, int]
    schema: int
    generation: int
    nonce: str
    latest_run: int

    @property
    def contents(self) -> tuple[object, ...]:
        """Return what stays the same as long as the entries do."""
        return (self.file, self.schema, self.generation, self.nonce)

    @property
    def text(self) -> str:
        """Return a text that differs whenever an open page has something new to show."""
        return f"{self.generation}.{self.nonce or '0'}.{self.schema}.{self.latest_run}"
