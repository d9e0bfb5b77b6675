"""A copy of the checkout for each test, and a source database to try it on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.docs.pages import ROOT
from tests.engine.source_database import SCHEMA
from tests.guides.checkout import Checkout

LEFT_OUT = shutil.ignore_patterns(
    ".*", "node_modules", "browser", "histories", "*.db", "*.egg-info", "dist", "build"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a copy of the checkout, in which a test does what a guide says."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT, folder, ignore=LEFT_OUT)
    shutil.copy(ROOT / ".env.example", folder)
    return Checkout(folder)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a source with three calls of language models, of two providers."""
    path = tmp_path / "sites.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"pragma journal_mode = wal; {SCHEMA}")
        connection.executemany(
            "insert into llm_usage (stage, provider, model, estimated_cost, created_at)"
            " values ('scoring', ?, 'small', ?, datetime('now', '-1 hour'))",
            [("Acme", 0.25), ("Other", 2.0), ("acme", 0.5)],
        )
        connection.commit()
    return path
