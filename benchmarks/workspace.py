"""The folder that the benchmark works in, and the databases it makes there.

A temporary folder is removed however the benchmark ends; a kept one holds its databases for the
next time, whose windows are full for a day.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from engine.demo import generate, rows_expected
from engine.model.clock import parse_now, to_iso, wall_clock
from engine.model.errors import SettingError

BYTES_A_ROW = 280
RESERVE = 1.1
KEPT_FOR = timedelta(hours=24)

RowProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Size:
    """What a demo database is to be like: ``scale`` is the rate, ``days`` the length of its history."""

    scale: float
    days: int
    seed: int

    @property
    def name(self) -> str:
        """Return the name of its files."""
        return f"scale{self.scale:g}-days{self.days}-seed{self.seed}"

    @property
    def bytes_expected(self) -> int:
        """Return about how many bytes it takes, with what the benchmark adds to it."""
        return int(rows_expected(self.scale, self.days) * BYTES_A_ROW * RESERVE)


@dataclass(frozen=True)
class Database:
    """A demo database that was made or found; ``made_seconds`` is None for one that was found."""

    size: Size
    path: Path
    state_dir: Path
    rows: int
    size_bytes: int
    made_seconds: float | None


@contextmanager
def working_folder(kept: Path | None) -> Iterator[Path]:
    """Yield a folder: a temporary one that is removed again, or the one to keep. Raises SettingError."""
    if kept is not None:
        try:
            kept.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                kept, f"cannot be made ({error.strerror})", "name a folder you can write to"
            ) from None
        yield kept
        return
    folder = Path(tempfile.mkdtemp(prefix="dashboard-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_room(folder: Path, sizes: list[Size]) -> None:
    """Raise SettingError if the folder has no room for the databases that it lacks."""
    needed = sum(size.bytes_expected for size in sizes if not _path(folder, size).exists())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise SettingError(
            folder,
            f"{needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free",
            "choose a smaller --scale, or another folder with --keep",
        )


def database(folder: Path, size: Size, progress: RowProgress) -> Database:
    """Return a database of this size, found in the folder or made; its state folder is empty.

    Raises SourceError if it cannot be made.
    """
    path, state_dir = _path(folder, size), folder / f"{size.name}.state"
    shutil.rmtree(state_dir, ignore_errors=True)
    state_dir.mkdir()
    now = wall_clock()
    note = path.with_suffix(".json")
    if path.exists() and (found := _noted(note, now)) is not None:
        return Database(size, path, state_dir, found, path.stat().st_size, None)
    for old in folder.glob(f"{path.name}*"):
        old.unlink()
    note.unlink(missing_ok=True)
    started = time.perf_counter()
    made = generate(path, scale=size.scale, seed=size.seed, days=size.days, now=now, progress=progress)
    note.write_text(json.dumps({"now": to_iso(now), "rows": made.rows_total}), encoding="utf-8")
    seconds = time.perf_counter() - started
    return Database(size, path, state_dir, made.rows_total, made.size_bytes, seconds)


def _path(folder: Path, size: Size) -> Path:
    return folder / f"{size.name}.db"


def _noted(note: Path, now: datetime) -> int | None:
    """Return the number of rows of a database that is recent enough; None for any other."""
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
        rows, made = int(noted["rows"]), parse_now(noted["now"])
    except (OSError, ValueError, KeyError, TypeError, SettingError):
        return None
    return rows if now - made < KEPT_FOR else None
