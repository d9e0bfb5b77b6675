"""The lock that keeps runs apart, over all processes of one machine: a file's, gone with its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from engine.model.errors import ComputeError, SettingError
from engine.model.settings import Settings


def make_run_lock(settings: Settings) -> FileLock:
    """Return the lock, not yet held, and make its folder. Raises SettingError."""
    path = settings.lock_path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot make {path.parent} ({error.strerror})", "name another folder"
        ) from None
    return FileLock(path, thread_local=False)


LOOK_SECONDS = 0.25
"""How often whoever waits for the lock looks whether it still wants it."""


@contextmanager
def holding(lock: FileLock, is_given_up: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Hold the lock, waiting for it as long as it takes, or until it is given up.

    Raises SettingError where it cannot be taken, ComputeError where it was given up.
    """
    try:
        while True:
            try:
                lock.acquire(timeout=LOOK_SECONDS)
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
