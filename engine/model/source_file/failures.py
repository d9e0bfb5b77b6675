"""Failures of the source database's file, explained to the user.

It imports neither ``sqlite3`` nor duckdb, because both sides use it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from engine.model.errors import DashboardError, SourceError
from engine.model.source_file.disk_space import find_full_disk

NAMED_BY, CACHE_NAMED_BY = "DASHBOARD_DB or --db", "DASHBOARD_CACHE_URL"
"""What names the only source, and a cache that is apart from it."""

_named_by: dict[Path, str] = {}


def note_name(file: Path, named_by: str) -> None:
    """Note for all errors of this process what names a file: a setting, if it is not ``NAMED_BY``."""
    _named_by[file] = named_by


def named_by(file: Path) -> str:
    """Return what names a file."""
    return _named_by.get(file, NAMED_BY)


def require_file(db: Path) -> None:
    """Raise SourceError if there is no such file, or if it is empty.

    SQLite reads an empty file as an empty database. Here somebody has named the wrong file.
    """
    remedy = f"name the database with {named_by(db)}"
    try:
        found = db.stat()
    except (FileNotFoundError, NotADirectoryError):
        if named_by(db) == CACHE_NAMED_BY:
            remedy = f"run `dashboard migrate`, which makes it, or correct {CACHE_NAMED_BY}"
        raise SourceError(db, "no such file", remedy) from None
    except OSError as error:
        raise SourceError(db, f"it cannot be reached ({error.strerror})", remedy) from None
    if not stat.S_ISREG(found.st_mode):
        raise SourceError(db, "it is not a file", remedy)
    if found.st_size == 0:
        raise SourceError(db, "it is empty", remedy)


_DAMAGED = "it is damaged"
_LOCKED = "another program keeps it locked"

# Fragments of SQLite's message → cause, remedy; the first that fits is used.
_EXPLANATIONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("not a database", "file is encrypted"),
        "it is not an SQLite database",
        "name another file with {named_by}",
    ),
    (
        ("disk image is malformed", "malformed database schema", "corrupt"),
        f"{_DAMAGED} ({{message}})",
        "restore a backup, or try SQLite's `.recover` on a copy",
    ),
    (
        ("locked", "busy"),
        _LOCKED,
        "end that program's transaction, then try again",
    ),
    (
        ("readonly", "read-only"),
        "it cannot be written to",
        "give this user the right to write it",
    ),
    (
        ("no such table: dashboard_", "no such table: main.dashboard_"),
        "one of the dashboard's tables is missing ({message})",
        "run `dashboard migrate`",
    ),
    (
        ("unable to open", "permission"),
        "it cannot be opened",
        "check that this user may read and write it and its folder",
    ),
)


def is_damage(error: DashboardError) -> bool:
    """Return whether an error says that the file itself is damaged; nothing may be written to it then."""
    return error.cause.startswith(_DAMAGED)


def is_locked(error: DashboardError) -> bool:
    """Return whether an error says that another program locks the file, which may soon end."""
    return error.cause == _LOCKED


def locked(db: object) -> SourceError:
    """Return the error that another program locks a database."""
    return SourceError(db, _LOCKED, "end that program's transaction, then try again")


def is_about_the_file(message: str) -> bool:
    """Return whether SQLite's message is about the whole file, not about one table or view."""
    text = message.lower()
    return any(fragment in text for fragments, *_ in _EXPLANATIONS for fragment in fragments)


def damaged(db: Path, finding: str) -> SourceError:
    """Return the error that names the first finding of SQLite's quick check."""
    return explain_failure(db, f"corrupt: {finding}")


def explain_failure(db: Path, message: str) -> SourceError:
    """Return the error that explains SQLite's message to a user, with a remedy."""
    text = message.lower()
    if "unable to open" in text and _lacks_index(db):
        return SourceError(
            db,
            "SQLite cannot make the index of its log (-shm) in this folder, which this user may not write to",
            "keep the file open in the program that writes it, or set `pragma journal_mode = delete`",
        )
    for fragments, cause, remedy in _EXPLANATIONS:
        if any(fragment in text for fragment in fragments):
            return SourceError(db, cause.format(message=message), remedy.format(named_by=named_by(db)))
    holds = "the cache" if named_by(db) == CACHE_NAMED_BY else "the source"
    if full := find_full_disk(message, db, holds=holds):
        return SourceError(full.folder, full.cause, full.remedy)
    return SourceError(db, message, "run `dashboard check` to see more")


def _lacks_index(db: Path) -> bool:
    """Return whether a readable file has no index of a log, and its folder takes none."""
    is_readable = os.access(db, os.R_OK) and not os.access(db.parent, os.W_OK)
    return is_readable and not db.with_name(db.name + "-shm").exists()
