"""The check of a file that was put in the source's place, before anything is written to it.

A small JSON file in the state folder records the file and the result of its check. So every process of the
dashboard, even one that starts meanwhile, leaves the file alone until its check has passed.
``replacement_guard`` notices the file, and ``connections`` refuses to write to it.
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
from engine.model.private_files import FILE_MODE, make_private_folder, read_private, write_private
from engine.model.settings import Settings
from engine.model.source_file.stamp import FileIdentity, identity_of
from engine.store.sqlite.connections import connections_to

log = logging.getLogger(__name__)

OK = "ok"
OPERATIONS_BETWEEN_POLLS = 200_000
LOCK_SECONDS = 0.25
RELEASE_SECONDS = 1.5


@dataclass(frozen=True)
class ReplacedFile:
    """The file that was found in the source's place at ``noticed_at``.

    ``finding`` is the first finding of SQLite's quick check, ``ok`` if it has passed, None before its end.
    """

    file: FileIdentity
    noticed_at: datetime
    finding: str | None = None

    def refusal(self, db: Path, zone: ZoneInfo) -> SourceError | None:
        """Return why nothing may be written to the file, with times in a zone; None if writing is allowed."""
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
    """Return the path of the record of the file in the source's place."""
    return state_dir / f"{db.name}.replaced.json"


def read_record(path: Path) -> ReplacedFile | None:
    """Return the record; None if there is none, or it cannot be read."""
    try:
        found = json.loads(read_private(path))
        return ReplacedFile(FileIdentity(**found["file"]), from_sqlite(found["noticed_at"]), found["finding"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_record(path: Path, replaced: ReplacedFile) -> None:
    """Write the record; log a warning if the folder cannot be written to."""
    record = {
        "file": asdict(replaced.file),
        "noticed_at": to_sqlite(replaced.noticed_at),
        "finding": replaced.finding,
    }
    try:
        make_private_folder(path.parent)
        write_private(path, json.dumps(record).encode())
    except OSError as error:
        log.warning("other processes are not informed that the source was replaced: %s", error)


def checked(
    db: Path, state_dir: Path, replaced: ReplacedFile, is_given_up: Callable[[], bool]
) -> ReplacedFile | None:
    """Check the file, one process at a time, and record the finding; return None if given up.

    A process that waited takes the finding of the process that it waited for.
    """
    path = record_path(state_dir, db)
    lock = FileLock(path.with_suffix(".lock"), mode=FILE_MODE, thread_local=False)
    waited = False
    while not is_given_up():
        try:
            make_private_folder(path.parent)
            lock.acquire(timeout=LOCK_SECONDS)
        except Timeout:
            waited = True
            continue
        except OSError:
            # Without a folder for the lock each process makes its own check.
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
    finding = check_file(db, is_given_up)
    if finding not in (None, OK):
        # The log's index may still be that of the file before, until other processes release it within a
        # second.
        time.sleep(RELEASE_SECONDS)
        finding = check_file(db, is_given_up)
    if finding is None:
        return None
    done = replace(replaced, finding=finding)
    write_record(path, done)
    return done


def unchecked_file(settings: Settings, db: Path | None = None) -> ReplacedFile | None:
    """Return the file in the place of ``db`` if its check was cut short or has failed; None otherwise.

    ``db`` None is the source. Raises SourceError if there is no file.
    """
    db = db or settings.source_file
    if db is None:
        return None
    record = read_record(record_path(settings.state_dir, db))
    if record is None or record.finding == OK or record.file != identity_of(db):
        return None
    return record


def require_sound(settings: Settings) -> None:
    """Check the file in the source's place if an earlier check was cut short or has failed.

    A process calls it when it starts. It takes minutes for a large file. Raises SourceError if it is damaged.
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


def check_file(db: Path, is_given_up: Callable[[], bool]) -> str | None:
    """Return the first finding of SQLite's quick check, which reads the whole file; None if given up."""
    try:
        with closing(connections_to(db).open("ro")) as connection:
            connection.set_progress_handler(lambda: int(is_given_up()), OPERATIONS_BETWEEN_POLLS)
            finding: str = connection.execute("pragma quick_check(1)").fetchone()[0]
            return finding
    except (sqlite3.Error, SourceError) as error:
        return None if is_given_up() else str(error)
