"""What one module alone does, and what a process has loaded: rules that keep the pipeline's database safe.

Which layer may import which is the import-linter's, by the contracts in `pyproject.toml`.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.engine.programs import ROOT, environment


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return the imports and calls of a file; each file is parsed once for all tests."""
    wanted = (ast.Import, ast.ImportFrom, ast.Call)
    return tuple(
        node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, wanted)
    )


def imports(path: Path) -> set[str]:
    """Return the modules a file imports anywhere, for type checking alone included."""
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def calls_of(path: Path, owner: str, function: str) -> Iterator[ast.Call]:
    for node in nodes(path):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == function
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == owner
        ):
            yield node


def test_one_module_touches_zlib() -> None:
    users = {named(path) for path in modules("engine") + modules("dash_app") if "zlib" in imports(path)}
    assert users == {"engine/model/values/payload.py"}


def test_one_module_opens_the_source_with_sqlite3_and_one_the_sessions_beside_the_demo() -> None:
    paths = modules("engine") + modules("dash_app")
    users = {named(path) for path in paths if any(calls_of(path, "sqlite3", "connect"))}
    assert {user for user in users if not user.startswith("engine/demo/")} == {
        "engine/sessions/file.py",
        "engine/store/sqlite/connections.py",
    }
    assert not any("sqlite3.connect" in imports(path) for path in paths)


def test_one_module_attaches_the_source_to_duckdb() -> None:
    users = {named(path) for path in modules("engine") if "attach '" in path.read_text(encoding="utf-8")}
    assert users == {"engine/replica/source.py"}


def test_no_module_reads_the_clock_but_through_the_entry_points() -> None:
    readers = {
        named(path)
        for path in modules("engine")
        if any(calls_of(path, "datetime", "now")) or any(calls_of(path, "datetime", "utcnow"))
    }
    assert readers == {"engine/model/clock.py"}


def printed_by(script: str) -> str:
    """Return what a script prints in a Python of its own, run from the checkout."""
    found = subprocess.run(
        [sys.executable, "-c", script],
        env=environment({}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return found.stdout.strip()


@pytest.mark.parametrize("module", ["engine.cli.main", "engine.runs", "engine.store", "dash_app.server"])
def test_importing_what_a_web_process_needs_loads_neither_duckdb_nor_polars(module: str) -> None:
    script = f"import sys, {module}; print(sorted({{'duckdb', 'polars'}} & set(sys.modules)))"
    assert printed_by(script) == "[]"


def test_importing_the_engine_package_and_its_compute_folder_loads_no_sqlite3() -> None:
    script = "import sys, engine.replica.run, engine.replica.process; print('_sqlite3' in sys.modules)"
    assert printed_by(script) == "False"
