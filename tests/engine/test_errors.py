"""An error is one line with the offender, the cause and the remedy."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from engine.model.errors import DashboardError, SourceError, nearest
from engine.model.source_file.failures import explain_failure, require_file


def test_an_error_reads_as_one_line_whatever_it_quotes() -> None:
    assert str(DashboardError("a\nb", "it is\n\tbroken", "mend it")) == "a b: it is broken; mend it"


def test_an_error_crosses_a_process_border_unchanged() -> None:
    error = SourceError("sites.db", "it is gone", "look for it")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.remedy) == (SourceError, str(error), "look for it")


def test_the_nearest_name_is_offered_and_all_of_them_if_none_is_near() -> None:
    assert nearest("pipelin", ["pipeline", "llm"]) == "did you mean 'pipeline'?"
    assert nearest("zzz", ["pipeline", "llm"]) == "valid names: llm, pipeline"


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        ("file is not a database", "it is not an SQLite database"),
        ("database disk image is malformed", "it is damaged (database disk image is malformed)"),
        ("database is locked", "another program keeps it locked"),
        ("attempt to write a readonly database", "it cannot be written to"),
        ("no such table: dashboard_cache", "one of the dashboard's tables is missing"),
        ("unable to open database file", "it cannot be opened"),
        ("something new", "something new"),
    ],
)
def test_a_message_of_sqlite_is_reported_with_cause_and_remedy(message: str, cause: str) -> None:
    error = explain_failure(Path("sites.db"), message)
    assert error.cause.startswith(cause)
    assert error.remedy


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("nothing.db", "no such file"),
        ("folder", "it is not a file"),
        ("empty.db", "it is empty"),
        ("empty.db/sites.db", "no such file"),
        ("x" * 300, "it cannot be reached"),
    ],
)
def test_a_path_that_is_no_database_file_is_reported_before_it_is_opened(
    tmp_path: Path, name: str, cause: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.db").touch()
    with pytest.raises(SourceError) as failure:
        require_file(tmp_path / name)
    assert failure.value.cause.startswith(cause)
    assert "DASHBOARD_DB" in failure.value.remedy
