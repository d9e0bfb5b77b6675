"""The quality of a source: what its quick check found, and how many of its values a run could not use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class IntegrityCheck:
    """SQLite's quick check of the source: ``finding`` is ``ok`` or its first finding."""

    finding: str
    checked_at: datetime


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
