"""Full disks: finds the folder whose disk is full, that of the source, of the state, or of temporary files.

SQLite and DuckDB report that a disk is full, but not always which one.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engine.model.places.postgres_address import SourceAddress

NEARLY_NOTHING_BYTES = 1 << 20
"""With less free space than this a folder counts as full if a write there has failed."""

_SURELY_FULL = ("no space left", "disk is full", "disk quota exceeded")
_PERHAPS_FULL = (
    "checkpointing failed",
    "checkpoint during detach failed",
    "disk i/o error",
    "could not write",
)


@dataclass(frozen=True)
class FullDisk:
    """A folder whose disk is full, with the cause and the remedy of an error that names it."""

    folder: Path
    cause: str
    remedy: str


@dataclass(frozen=True)
class _Place:
    """A folder that is written to: what it holds, and what to do if it is full."""

    folder: Path
    holds: str
    remedy: str


def free_bytes(folder: Path) -> int | None:
    """Return the free space on the disk of a folder, which may not exist yet; None if that is unknown."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def find_full_disk(
    message: str, db: SourceAddress, state_dir: Path | None = None, holds: str = "the source"
) -> FullDisk | None:
    """Return the full disk that a message of SQLite or DuckDB is about; None if it is about something else.

    With ``state_dir`` None only the folders of the source and of temporary files are considered. ``holds``
    says what ``db`` is.
    """
    text = message.lower()
    is_sure = any(fragment in text for fragment in _SURELY_FULL)
    if not is_sure and not any(fragment in text for fragment in _PERHAPS_FULL):
        return None
    places = _places(db, state_dir, holds)
    named = [Path(path) for path in re.findall(r'"(/[^"]+)"', message)] if is_sure else []
    found = next((place for place in places if any(place.folder in path.parents for path in named)), None)
    if found is None:
        found = next((place for place in places if _is_full(place.folder)), places[0] if is_sure else None)
    if found is None:
        return None
    free = free_bytes(found.folder)
    room = "" if free is None else f" ({free / 1e6:.1f} MB free)"
    return FullDisk(found.folder, f"the disk of this folder is full{room}; {found.holds}", found.remedy)


def _is_full(folder: Path) -> bool:
    free = free_bytes(folder)
    return free is not None and free < NEARLY_NOTHING_BYTES


def _places(db: SourceAddress, state_dir: Path | None, holds: str) -> list[_Place]:
    """Return the folders that are written to, the dashboard's own first."""
    temporary = Path(os.environ.get("SQLITE_TMPDIR") or tempfile.gettempdir())
    places = [
        *([_Place(db.parent, f"{holds} is in it", "free some space")] if isinstance(db, Path) else []),
        _Place(
            temporary,
            "temporary files are in it",
            "free some space, or name another folder with TMPDIR",
        ),
    ]
    if state_dir is None:
        return places
    own = _Place(
        state_dir,
        "the replica and working files are in it",
        "free some space, or name another folder with DASHBOARD_STATE_DIR",
    )
    return [own, *places]
