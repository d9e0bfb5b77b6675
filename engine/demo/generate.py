"""Makes one demo database file. The file gets its final name only when it is complete."""

from __future__ import annotations

import math
import os
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.demo.cron import write_cron
from engine.demo.http_errors import write_http_errors
from engine.demo.metrics import write_system_metrics
from engine.demo.pipeline import write_pipeline
from engine.demo.timeline import LEAST_DAYS, USUAL_DAYS, scene_until
from engine.demo.writer import Progress, Writer
from engine.model.errors import SettingError, SourceError
from engine.model.private_files import create_private

# In ninety days.
_ROWS_PER_SCALE = 392_000
_ROWS_AT_ANY_SCALE = 164_000  # system metrics and runs of jobs
# A few unreadable values, because real databases have them: table, column, how far into the table, and the
# value.
_UNREADABLE = (
    ("llm_usage", "created_at", 0.91, "Invalid Date"),
    ("llm_usage", "estimated_cost", 0.87, "n/a"),
    ("http_errors", "occurred_at", 0.83, "Invalid Date"),
    ("http_errors", "status_code", 0.94, "ECONNRESET"),
    ("outreaches", "delivered_at", 0.78, "0000-00-00 00:00:00"),
)
# Words that the pipeline's schema does not know, because a newer pipeline would write such words.
_UNRECOGNISED = (
    ("conversations", "sentiment", 0.62, "out_of_office"),
    ("conversations", "sentiment", 0.81, "out_of_office"),
    ("conversations", "sentiment", 0.94, "spam"),
)
_LEFTOVERS = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class DemoSummary:
    """What was made. `rows` has a pair of table and number of rows for each table, in the schema's order."""

    path: Path
    rows: tuple[tuple[str, int], ...]
    size_bytes: int
    first_day: datetime
    now: datetime
    scale: float
    seed: int

    @property
    def rows_total(self) -> int:
        """Return the number of rows of all tables together."""
        return sum(count for _, count in self.rows)


def generate(
    path: Path,
    *,
    scale: float = 1.0,
    seed: int = 42,
    days: int = USUAL_DAYS,
    now: datetime,
    progress: Progress | None = None,
) -> DemoSummary:
    """Write the last days of a pipeline's life, up to `now`, into a new SQLite database.

    The same scale, seed, days and now give the same rows. `now` is an aware instant, cut to whole seconds;
    scale 1 has 20,000 sites in ninety days, and more or less days as many
    a day. `progress` is called with the rows done and the rows expected. Raises
    `SettingError` for a scale, days or an instant that makes no sense, and `SourceError` if the path is
    taken or cannot be written; in either case nothing is left behind.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise SettingError(f"scale {scale}", "is not a positive number", "give one such as 1 or 0.1")
    if now.tzinfo is None or not 1971 <= now.year <= 2100:
        raise SettingError(f"now {now}", "must be an instant with a time zone, from 1971 to 2100", "give one")
    if not LEAST_DAYS <= days <= (now - datetime(1970, 1, 2, tzinfo=UTC)).days:
        raise SettingError(f"days {days}", "is out of range", f"give {LEAST_DAYS} or more, from 1970 on")
    _refuse_taken(path)
    now = now.astimezone(UTC).replace(microsecond=0)
    scene = scene_until(now, scale=scale, seed=seed, days=days)
    # The draft is beside the file, because the last step is a rename within one file system.
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        _remove(unfinished)
        os.close(create_private(unfinished))
        writer = Writer(unfinished, rows_expected(scale, days), progress)
        try:
            write_pipeline(scene, writer)
            write_http_errors(scene, writer)
            write_cron(scene, writer)
            write_system_metrics(scene, writer)
            writer.finish(_UNREADABLE + _UNRECOGNISED)
        finally:
            writer.close()
        size_bytes = unfinished.stat().st_size
        _refuse_taken(path)
        unfinished.rename(path)
    except (OSError, sqlite3.Error) as error:
        raise SourceError(
            path, f"cannot be written: {error}", "free space or choose another place"
        ) from error
    finally:
        _remove(unfinished)
    return DemoSummary(
        path=path,
        rows=tuple(writer.rows_written.items()),
        size_bytes=size_bytes,
        first_day=now - timedelta(days=days),
        now=now,
        scale=scale,
        seed=seed,
    )


def rows_expected(scale: float, days: int = USUAL_DAYS) -> int:
    """Return about how many rows a database has."""
    return int((_ROWS_PER_SCALE * scale + _ROWS_AT_ANY_SCALE) * days / USUAL_DAYS)


def _refuse_taken(path: Path) -> None:
    """Raise an error if the path exists, or a log beside it that SQLite would apply to the new file."""
    for name in (path, *(path.with_name(path.name + suffix) for suffix in _LEFTOVERS)):
        if name.exists() or name.is_symlink():
            raise SourceError(
                name, "exists already and is not overwritten", "remove it or choose another name"
            )
    if not path.parent.is_dir():
        raise SourceError(path.parent, "is no folder", "create it or choose another place")


def _remove(path: Path) -> None:
    for name in (path, *(path.with_name(path.name + suffix) for suffix in _LEFTOVERS)):
        name.unlink(missing_ok=True)
