"""The run lock: a file lock that allows one run at a time on one machine, and ends with its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from engine.model.errors import ComputeError, SettingError
from engine.model.private_files import FILE_MODE, make_private_folder
from engine.model.settings import Settings


def make_run_lock(settings: Settings) -> FileLock:
    """Return the lock, not yet held, and create its folder. Raises SettingError."""
    path = settings.lock_path
    try:
        make_private_folder(path.parent)
    except OSError as error:
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot make {path.parent} ({error.strerror})", "name another folder"
        ) from None
    return FileLock(path, mode=FILE_MODE, thread_local=False)


POLL_SECONDS = 0.25
"""How often a process that waits for the lock checks whether it has given up."""


@contextmanager
def holding(lock: FileLock, is_given_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the lock, after waiting for it as long as it takes or until ``is_given_up``.

    Raises SettingError if the lock cannot be taken, ComputeError if the wait was given up.
    """
    try:
        while True:
            try:
                lock.acquire(timeout=POLL_SECONDS)
                break
            except Timeout:
                if is_given_up():
                    raise ComputeError("the run", "the dashboard is being ended", "start it again") from None
    except OSError as error:
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot lock {lock.lock_file} ({error.strerror})", "name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
