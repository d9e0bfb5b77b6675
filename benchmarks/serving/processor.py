"""The processor time of a server's processes, as Linux reports it."""

from __future__ import annotations

import os
from pathlib import Path


def processor_seconds(pid: int | None) -> float | None:
    """Return the seconds of a process; None if the system does not report them."""
    if pid is None:
        return None
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The name in parentheses before may hold any character.
        fields = status.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError, AttributeError):
        return None


def workers_of(pid: int) -> tuple[int, ...]:
    """Return the child processes of a process; none if the system does not report them."""
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return ()
    return tuple(map(int, found.split()))
