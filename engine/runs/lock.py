"""The lock that keeps runs apart, over all processes of one machine: a file's, gone with its holder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock

from engine.errors import SettingError
from engine.settings import Settings


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


@contextmanager
def holding(lock: FileLock) -> Iterator[None]:
    """Hold the lock, waiting for it as long as it takes. Raises SettingError where it cannot be taken."""
    try:
        lock.acquire()
    except OSError as error:
        raise SettingError(
            "DASHBOARD_STATE_DIR", f"cannot lock {lock.lock_file} ({error.strerror})", "name another folder"
        ) from None
    try:
        yield
    finally:
        lock.release()
