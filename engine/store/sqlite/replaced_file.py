"""A file that was put in the source's place: checked before anything is written to it.

What is known of it stands in a small JSON file in the state folder, so that every process of the
dashboard, one that is started meanwhile too, leaves the file alone until its check has passed.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from filelock import FileLock, Timeout

from engine.model.clock import from_sqlite, to_sqlite
from engine.model.errors import SourceError
from engine.model.settings import Settings
from engine.model.source_file.stamp import FileIdentity, identity_of
from engine.store.sqlite.connections import connections_to

log = logging.getLogger(__name__)

OK = "ok"
OPERATIONS_BETWEEN_LOOKS = 200_000
LOCK_SECONDS = 0.25
LETTING_GO_SECONDS = 1.5


@dataclass(frozen=True)
class ReplacedFile:
    """The file that was found in the source's place at ``noticed_at``.

    ``finding`` is the first finding of SQLite's quick check, ``ok`` when it has passed; None before
    the end of the check.
    """

    file: FileIdentity
    noticed_at: datetime
    finding: str | None = None

    def refusal(self, db: Path, zone: ZoneInfo) -> SourceError | None:
        """Return why nothing is to be written to the file, in the clock of a zone; None if it may be."""
        at = self.noticed_at.astimezone(zone).strftime("%H:%M")
        if self.finding is None:
            return SourceError(
                db,
                f"the file was replaced at {at}; it is being checked before anything is written",
                "wait: a large file takes minutes",
            )
        if self.finding != OK:
            return SourceError(
                db,
                f"the file was replaced at {at} by one that is damaged ({self.finding});"
                " nothing is written to it",
                "put a sound file in its place",
            )
        return None


def record_path(state_dir: Path, db: Path) -> Path:
    """Return the file that says what is known of the file put in the source's place."""
    return state_dir / f"{db.name}.replaced.json"


def read_record(path: Path) -> ReplacedFile | None:
    """Return what is recorded; None if nothing is, or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return ReplacedFile(FileIdentity(**found["file"]), from_sqlite(found["noticed_at"]), found["finding"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(path: Path, replaced: ReplacedFile) -> None:
    """Record what is known; a folder that cannot be written is said so in the log."""
    record = {
        "file": asdict(replaced.file),
        "noticed_at": to_sqlite(replaced.noticed_at),
        "finding": replaced.finding,
    }
    part = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(record), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        log.warning("other processes are not informed that the source was replaced: %s", error)


def checked(
    db: Path, state_dir: Path, replaced: ReplacedFile, is_given_up: Callable[[], bool]
) -> ReplacedFile | None:
    """Check the file, one process at a time, and record the finding; None when given up.

    A process that had to wait takes the finding of the one that it waited for.
    """
    path = record_path(state_dir, db)
    lock = FileLock(path.with_suffix(".lock"), thread_local=False)
    waited = False
    while not is_given_up():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            waited = True
            continue
        except OSError:
            # Without a folder for the lock each process checks for itself.
            return _check(db, path, replaced, is_given_up)
        try:
            found = read_record(path)
            if waited and found is not None and found.file == replaced.file and found.finding is not None:
                return found
            return _check(db, path, replaced, is_given_up)
        finally:
            lock.release()
    return None


def _check(
    db: Path, path: Path, replaced: ReplacedFile, is_given_up: Callable[[], bool]
) -> ReplacedFile | None:
    write_record(path, replaced)
    finding = quick_check(db, is_given_up)
    if finding not in (None, OK):
        # The index of the log may still be that of the file before: another process lets go of it within
        # a second.
        time.sleep(LETTING_GO_SECONDS)
        finding = quick_check(db, is_given_up)
    if finding is None:
        return None
    done = replace(replaced, finding=finding)
    write_record(path, done)
    return done


def unchecked_file(settings: Settings) -> ReplacedFile | None:
    """Return the file in the source's place if its check was cut short or failed; otherwise None.

    Raises SourceError if there is no file.
    """
    record = read_record(record_path(settings.state_dir, settings.db))
    if record is None or record.finding == OK or record.file != identity_of(settings.db):
        return None
    return record


def require_sound(settings: Settings) -> None:
    """Check the file in the source's place if that was not done to the end.

    For the start of a process; takes minutes for a large file. Raises SourceError if it is damaged.
    """
    found = unchecked_file(settings)
    if found is None:
        return
    zone = ZoneInfo(settings.time_zone)
    log.warning("%s", replace(found, finding=None).refusal(settings.db, zone))
    done = checked(settings.db, settings.state_dir, replace(found, finding=None), lambda: False)
    refusal = None if done is None else done.refusal(settings.db, zone)
    if refusal is not None:
        raise refusal


def quick_check(db: Path, is_given_up: Callable[[], bool]) -> str | None:
    """Return the first finding of SQLite's quick check, which reads the whole file; None when given up."""
    try:
        with closing(connections_to(db).open("ro")) as connection:
            connection.set_progress_handler(lambda: int(is_given_up()), OPERATIONS_BETWEEN_LOOKS)
            finding: str = connection.execute("pragma quick_check(1)").fetchone()[0]
            return finding
    except (sqlite3.Error, SourceError) as error:
        return None if is_given_up() else str(error)
