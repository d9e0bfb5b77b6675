"""Marks of tests that are about stores in files of SQLite alone."""

from __future__ import annotations

import pytest

in_files = pytest.mark.parametrize("store", ["in the source", "apart"], indirect=True)
"""For tests that have the fixture ``store``."""

in_sqlite = pytest.mark.parametrize("either_store", ["SQLite"], indirect=True)
"""For tests that have the fixture ``either_store``."""
