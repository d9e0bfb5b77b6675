"""The processor time of a process, as Linux reports it."""

from __future__ import annotations

import os
from pathlib import Path


def processor_seconds(pid: int | None) -> float | None:
    """Return the seconds of a process without its children; None if the system does not report them."""
    if pid is None:
        return None
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The name in parentheses before may hold any character.
        fields = status.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError, AttributeError):
        return None
