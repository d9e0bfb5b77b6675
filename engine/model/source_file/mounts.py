"""Mounts: whether the source is mounted into a container without the folder that it lies in.

SQLite keeps its log, or its journal, beside the file. If only the file is shared, a container and the
pipeline have a log each, do not see what the other has written, and damage the file.
"""

from __future__ import annotations

import re
from pathlib import Path

from engine.model.errors import SourceError

MOUNTS = Path("/proc/self/mountinfo")


def require_folder_with(db: Path, mounts: Path = MOUNTS) -> None:
    """Raise SourceError if the file of a source is mounted alone; ``mounts`` is Linux's table of mounts."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return
    if str(db.resolve()) in {_unescaped(line.split(" ")[4]) for line in lines}:
        raise SourceError(
            db,
            "the file is mounted without its folder, and SQLite's log lies beside the file",
            "mount the folder",
        )


def _unescaped(path: str) -> str:
    """Return a path in which Linux has written blanks and the like as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path)
