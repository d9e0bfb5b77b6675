"""What can be wrong with the source database's file, in the user's words.

Used by both readers of it, so it imports neither ``sqlite3`` nor duckdb.
"""

from __future__ import annotations

from pathlib import Path

from engine.errors import SourceError


def require_file(db: Path) -> None:
    """Raise SourceError where there is no such file."""
    if not db.exists():
        raise SourceError(db, "no such file", "name the database with DASHBOARD_DB or --db")
    if not db.is_file():
        raise SourceError(db, "it is not a file", "name the database with DASHBOARD_DB or --db")


def explain_failure(db: Path, message: str) -> SourceError:
    """Return the error that tells a user what SQLite's message means and what to do."""
    text = message.lower()
    if "not a database" in text or "file is encrypted" in text:
        return SourceError(db, "it is not an SQLite database", "name another file with DASHBOARD_DB or --db")
    if "malformed" in text or "disk image" in text or "corrupt" in text:
        return SourceError(
            db, f"it is damaged ({message})", "restore a backup, or try `sqlite3 sites.db .recover`"
        )
    if "locked" in text or "busy" in text:
        return SourceError(
            db, "another program keeps it locked", "end that program's transaction, then try again"
        )
    if "readonly" in text or "read-only" in text:
        return SourceError(db, "it cannot be written to", "give this user the right to write it")
    if "no such table: dashboard_" in text or "no such table: main.dashboard_" in text:
        table = text.split("no such table: ")[1].split()[0].removeprefix("main.")
        return SourceError(db, f"its table {table} is missing", "run `dashboard migrate`")
    if "unable to open" in text or "permission" in text:
        return SourceError(db, "it cannot be opened", "check that this user may read and write it")
    return SourceError(db, message, "run `dashboard check` to see more")
