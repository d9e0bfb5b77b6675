"""How much processor time a process has had, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path


def processor_seconds(pid: int | None) -> float | None:
    """Return what a process has had without its children; None where the system does not tell."""
    if pid is None:
        return None
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The name before, in parentheses, may hold anything.
        fields = status.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError, AttributeError):
        return None
