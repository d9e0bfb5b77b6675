"""What SQL files declare is parsed once, and read by later processes until a file changes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import engine
from engine.model.catalogue import compiled as module
from engine.model.catalogue.compiled import compiled, compiled_path
from engine.model.catalogue.datasets import catalogue, load_catalogue, load_reports, reports
from engine.model.catalogue.rollups import load_rollups, rollups
from engine.model.catalogue.staging import load_staging, staging

ROOT = Path(engine.__file__).parents[1]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one SQL file; the compiled form goes beside it."""
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "a.sql").write_text("select 1")
    monkeypatch.setattr(module, "compiled_path", lambda name: tmp_path / "made" / name)
    return tmp_path


def read(place: Path) -> tuple[list[str], int]:
    """Return the texts of the SQL files as they are declared, and how often that took reading them."""
    calls = []

    def make() -> list[str]:
        calls.append(1)
        return [path.read_text() for path in sorted((place / "sql").glob("*.sql"))]

    return compiled("texts", (place / "sql",), make), len(calls)


def test_files_that_have_not_changed_are_read_once(place: Path) -> None:
    assert read(place) == (["select 1"], 1)
    assert read(place) == (["select 1"], 0)


def test_a_file_that_changes_comes_or_goes_is_read_again(place: Path) -> None:
    read(place)
    (place / "sql" / "a.sql").write_text("select 22")
    assert read(place) == (["select 22"], 1)
    (place / "sql" / "b.sql").write_text("select 3")
    assert read(place) == (["select 22", "select 3"], 1)
    (place / "sql" / "a.sql").unlink()
    assert read(place) == (["select 3"], 1)


def test_a_file_of_the_same_length_and_a_later_time_is_read_again(place: Path) -> None:
    read(place)
    path = place / "sql" / "a.sql"
    path.write_text("select 2")
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert read(place) == (["select 2"], 1)


@pytest.mark.parametrize("content", [b"", b"damaged", b"\x80\x04N."])
def test_a_damaged_compiled_form_is_made_again(place: Path, content: bytes) -> None:
    read(place)
    (place / "made" / "texts").write_bytes(content)
    assert read(place) == (["select 1"], 1)
    assert read(place) == (["select 1"], 0)


def test_if_nothing_can_be_written_files_are_read_each_time(place: Path) -> None:
    (place / "made").write_text("no folder")
    assert read(place) == read(place) == (["select 1"], 1)


def test_the_compiled_form_stands_beside_compiled_modules() -> None:
    assert compiled_path("staging").parent.name == "__pycache__"


def test_the_products_own_declarations_are_those_of_the_files() -> None:
    assert staging() == load_staging()
    assert catalogue() == load_catalogue()
    assert reports() == load_reports()
    assert rollups() == load_rollups()


def test_a_later_process_parses_nothing() -> None:
    for loaded in (staging, catalogue, reports, rollups):
        assert loaded()
    assert parsers_of_a_process() == "[]"


def test_an_installation_compiles_all_for_users_who_may_not_write(tmp_path: Path) -> None:
    assert "sqlglot" in parsers_of_a_process(tmp_path / "empty", writes=False)
    run_python("-m", "engine.model.catalogue", cache=tmp_path)
    assert len(list(tmp_path.rglob("declared-*.pickle"))) == 4
    assert parsers_of_a_process(tmp_path, writes=False) == "[]"


def parsers_of_a_process(cache: Path | None = None, *, writes: bool = True) -> str:
    """Return which parsers a process loads to read all declarations."""
    code = """
import sys
from engine.model.catalogue import compiled
def refuse(*_):
    raise PermissionError
if sys.argv[1:] == ["only reads"]:
    compiled._write = refuse
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.datasets import catalogue, reports
catalogue(), reports(), rollups()
print([name for name in ("pydantic", "sqlglot") if name in sys.modules])
"""
    return run_python("-c", code, *([] if writes else ["only reads"]), cache=cache)


def run_python(*arguments: str, cache: Path | None) -> str:
    """Return what Python prints; ``cache`` is where it keeps what is compiled, None for the usual place."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    if cache is not None:
        env["PYTHONPYCACHEPREFIX"] = str(cache)
    result = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    return result.stdout.strip()
