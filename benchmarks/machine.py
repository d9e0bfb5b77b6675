"""The machine that the figures were measured on."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """The machine and the versions; None for what the system does not report.

    ``load`` is the mean number of processes at work in the minute before: above 0 somebody else
    takes part in what is measured.
    """

    cores: int | None
    memory_bytes: int | None
    load: float | None
    processor: str | None
    system: str
    python: str
    sqlite: str
    duckdb: str
    polars: str


def describe_machine() -> Machine:
    """Return this machine."""
    return Machine(
        cores=os.cpu_count(),
        memory_bytes=_memory_bytes(),
        load=_load(),
        processor=_processor(),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        duckdb=version("duckdb"),
        polars=version("polars"),
    )


def _memory_bytes() -> int | None:
    found = re.search(r"^MemTotal:\s+(\d+) kB$", _read("/proc/meminfo"), re.MULTILINE)
    return None if found is None else int(found[1]) * 1024


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def _processor() -> str | None:
    found = re.search(r"^model name\s*: (.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return None if found is None else found[1]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
