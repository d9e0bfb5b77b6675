"""Reads SQL files with a TOML header: finds them, and separates header and body.

A file opens with ``/*``, TOML, ``*/``; what follows is the SQL, which runs as it stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.model.errors import DatasetFileError

PACKAGED_SQL = Path(__file__).parents[2] / "sql"
CHECKOUT_SQL = Path(__file__).parents[3] / "sql"
SQL_DIR = PACKAGED_SQL if PACKAGED_SQL.is_dir() else CHECKOUT_SQL


@dataclass(frozen=True)
class SqlFile:
    """A parsed file: ``header`` is its TOML, ``body`` the SQL without the header."""

    path: Path
    header: Mapping[str, Any]
    body: str

    @property
    def name(self) -> str:
        """Return the file's name without its ending."""
        return self.path.stem


def read_sql_file(path: Path) -> SqlFile:
    """Return the file's header and body. Raises DatasetFileError if there is no header or no SQL."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetFileError(path, f"cannot be read ({error})", "restore the file") from None
    start, opened, rest = text.partition("/*")
    toml, closed, body = rest.partition("*/")
    if start.strip() or not opened or not closed:
        raise DatasetFileError(path, "it does not open with a header", "begin the file with /* TOML */")
    try:
        header = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise DatasetFileError(path, f"its header is not TOML ({error})", "correct that line") from None
    if not body.strip():
        raise DatasetFileError(path, "it holds no SQL", "write the select below the header")
    return SqlFile(path, header, body.strip().removesuffix(";").strip())


def read_folder(folder: Path) -> tuple[SqlFile, ...]:
    """Return the SQL files of a folder by name. Raises DatasetFileError if it holds none."""
    paths = sorted(folder.glob("*.sql"))
    if not paths:
        raise DatasetFileError(folder, "no SQL files", "install the package again, or restore the folder")
    return tuple(read_sql_file(path) for path in paths)
