"""The peak memory of a process, as Linux reports it."""

from __future__ import annotations

import re
from pathlib import Path


def peak_memory_bytes(pid: int | None) -> int | None:
    """Return the highest resident size of a process, None if the system does not report it."""
    if pid is None:
        return None
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return None if found is None else int(found[1]) * 1024
