"""The memory of a process, as Linux reports it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory_bytes(pid: int | None) -> int | None:
    """Return the highest resident size of a process, None if the system does not report it."""
    return None if pid is None else _status_bytes(pid, "VmHWM")


def resident_bytes(pid: int) -> int:
    """Return the resident size of a process, 0 if it has ended."""
    return _status_bytes(pid, "VmRSS") or 0


def _status_bytes(pid: int, field: str) -> int | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE)
    return None if found is None else int(found[1]) * 1024
