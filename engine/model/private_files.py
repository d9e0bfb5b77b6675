"""Files of the dashboard's own: for its user alone from the first byte on, and never through a link.

They hold what the source holds, so nobody else may read them, however open the folder is that somebody has
named. It never changes the mode of the source, nor of the files that SQLite keeps beside it: those have the
mode that the pipeline needs.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from engine.model.errors import SettingError

FOLDER_MODE = 0o700
FILE_MODE = 0o600
OWN_PARTS = (
    ".replica.duckdb", ".questions", ".run.lock", ".progress.json", ".failure.json", ".replaced.",
    ".sessions.sqlite",
)  # fmt: skip
"""What the names of the dashboard's files contain, after the name of their source."""
MOST_BYTES = 1 << 20
"""The longest file that ``read_private`` returns: its files have some hundred bytes."""


def make_private_folder(folder: Path) -> None:
    """Make a folder that only this user can enter, if there is none. Raises OSError."""
    if not folder.is_dir():
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a file whole: a reader sees the old content or the new one. Raises OSError."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(create_private(draft), "wb") as file:
            file.write(content)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def create_private(path: Path) -> int:
    """Create a file that nobody else can read; return its descriptor. Raises OSError if the name is taken."""
    flags = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_WRONLY
    return os.open(path, flags, FILE_MODE)


def read_private(path: Path) -> bytes:
    """Return the content of a file. Raises OSError if there is none, or if it is not a regular file.

    It never waits, as reading a pipe of that name would.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MOST_BYTES:
            raise OSError(f"{path} is not a file of the dashboard")
        return file.read(MOST_BYTES)


def is_regular(path: Path) -> bool:
    """Return whether there is a regular file, and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def tighten(folder: Path) -> None:
    """Take from others what they may do in the state folder and with the dashboard's files in it.

    A folder that holds other files too keeps its mode, because other programs may need it. Nothing is done in
    a folder of another user. Raises SettingError if it is no folder, or a link.
    """
    found = _lstat(folder)
    if found is None:
        return
    if not stat.S_ISDIR(found.st_mode):
        raise SettingError(
            folder, "it is a link, or no folder", "remove it, or name a folder with DASHBOARD_STATE_DIR"
        )
    if found.st_uid != os.geteuid():
        return
    if _is_loose(found) and all(map(_is_own, folder.iterdir())):
        folder.chmod(FOLDER_MODE)
    for path in own_files(folder):
        status = _lstat(path)
        if status is not None and stat.S_ISREG(status.st_mode) and _is_loose(status):
            _tighten_file(path)


def loose_files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield the state folder and each of the dashboard's files in it that others can use, with its mode."""
    for path in (folder, *own_files(folder)):
        found = _lstat(path)
        if found is not None and _is_loose(found) and not stat.S_ISLNK(found.st_mode):
            yield path, f"{stat.S_IMODE(found.st_mode):04o}"


def own_files(folder: Path) -> list[Path]:
    """Return the dashboard's files in a folder, by name; none if it cannot be read."""
    try:
        return sorted(filter(_is_own, folder.iterdir()))
    except OSError:
        return []


def _is_own(path: Path) -> bool:
    # A backup beside the source may be named after it too.
    return any(part in path.name for part in OWN_PARTS)


def _tighten_file(path: Path) -> None:
    """Take a file's rights from others; do nothing if it has become another kind of file, or has gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    try:
        os.fchmod(descriptor, stat.S_IMODE(os.fstat(descriptor).st_mode) & FILE_MODE)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _is_loose(found: os.stat_result) -> bool:
    return bool(found.st_mode & 0o077)


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
