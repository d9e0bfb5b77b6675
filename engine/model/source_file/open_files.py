"""Open files: the processes of this machine that have the source open, or a file beside it.

It works on Linux, for the processes that this user may inspect; elsewhere it finds nothing. It opens no file
of the source.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLLS, POLL_SECONDS = 3, 0.1
STOPPED, WAITS_FOR_DISK = frozenset("Tt"), frozenset("D")
DELETED = " (deleted)"


@dataclass(frozen=True)
class Holder:
    """A process that has some of the files open.

    ``is_hung`` is True if it is stopped, or waited for a disk at each poll. ``replaced`` are the paths at
    which there is now another file than the one it has open, or none.
    """

    pid: int
    command: str
    is_hung: bool
    replaced: tuple[Path, ...]


def holders(paths: Iterable[Path]) -> tuple[Holder, ...]:
    """Return the processes that have a file open that is, or was, at one of the paths, by process id."""
    wanted = {str(path): path for path in paths}
    found = []
    for pid in _process_ids():
        opened = list(_open_files(pid, wanted))
        if opened:
            replaced = sorted({path for path, is_there in opened if not is_there})
            found.append(Holder(pid, _command(pid), _is_hung(pid), tuple(replaced)))
    return tuple(found)


def _process_ids() -> list[int]:
    try:
        return sorted(int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    except OSError:
        return []


def _open_files(pid: int, wanted: dict[str, Path]) -> Iterator[tuple[Path, bool]]:
    """Yield each wanted path that a process has open, and whether the open file is still at that path."""
    try:
        descriptors = list((PROC / str(pid) / "fd").iterdir())
    except OSError:
        return
    for descriptor in descriptors:
        try:
            target = str(descriptor.readlink())
            path = wanted.get(target.removesuffix(DELETED))
            if path is not None:
                yield path, _is_same(descriptor, path)
        except OSError:
            continue


def _is_same(descriptor: Path, path: Path) -> bool:
    try:
        return os.path.samestat(descriptor.stat(), path.stat())
    except FileNotFoundError:
        return False


def _is_hung(pid: int) -> bool:
    states = set()
    for poll in range(POLLS):
        if poll:
            time.sleep(POLL_SECONDS)
        state = _state(pid)
        if state in STOPPED:
            return True
        states.add(state)
    return states <= WAITS_FOR_DISK


def _state(pid: int) -> str:
    """Return the one letter of a process's state; empty if it has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return "?"
