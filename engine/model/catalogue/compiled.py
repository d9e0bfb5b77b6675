"""Keeps what SQL files declare in compiled form, beside Python's compiled modules.

Checking headers and parsing SQL takes longer than all else that a command does at its start. So a
start reads what an earlier one has made, if no file has changed since.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import TypeVar, cast

MODEL = Path(__file__).parents[1]
T = TypeVar("T")


def compiled(name: str, folders: Iterable[Path], make: Callable[[], T]) -> T:
    """Return what ``make`` returns of the SQL files in some folders, from an earlier process if it can.

    What cannot be read is made again; what cannot be written is made again by the next process.
    """
    stamp = (
        _code_stamp(),
        tuple(_stamp(path) for folder in folders for path in sorted(folder.glob("*.sql"))),
    )
    path = compiled_path(name)
    # A damaged file raises nearly anything, and costs no more than a missing one.
    with contextlib.suppress(Exception):
        found, value = pickle.loads(path.read_bytes())
        if found == stamp:
            return cast(T, value)
    made = make()
    with contextlib.suppress(OSError):
        _write(path, pickle.dumps((stamp, made)))
    return made


def compiled_path(name: str) -> Path:
    """Return where the compiled form of that name is kept."""
    return Path(cache_from_source(__file__)).with_name(f"declared-{name}.pickle")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


@cache
def _code_stamp() -> tuple[object, ...]:
    """Return what changes with the code that reads the files, and with the Python that runs it."""
    return (sys.version, *(_stamp(path) for path in sorted(MODEL.rglob("*.py"))))


def _stamp(path: Path) -> tuple[str, int, int]:
    status = path.stat()
    return str(path), status.st_mtime_ns, status.st_size
