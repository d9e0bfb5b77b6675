"""Which module may use what: the rules that keep the pipeline's database safe."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.programs import ROOT, environment

WEB_LIBRARIES = {"dash_app", "dash", "dash_bootstrap_components", "plotly"}
COMPUTE_LIBRARIES = {"duckdb", "polars", "duckdb_extension_sqlite_scanner"}


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Return the modules a file imports anywhere, for type checking alone included."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top_level(names: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in names}


def calls_of(path: Path, owner: str, function: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == function
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == owner
        ):
            yield node


@pytest.mark.parametrize("path", modules("engine"), ids=named)
def test_the_engine_knows_no_web_app(path: Path) -> None:
    assert top_level(imports(path)).isdisjoint(WEB_LIBRARIES)


@pytest.mark.parametrize("path", modules("dash_app"), ids=named)
def test_the_web_app_computes_nothing_itself(path: Path) -> None:
    assert top_level(imports(path)).isdisjoint(COMPUTE_LIBRARIES)
    assert not any(name.startswith("engine.compute") for name in imports(path))


@pytest.mark.parametrize("path", modules("engine"), ids=named)
def test_duckdb_and_polars_are_used_in_the_compute_folder_alone(path: Path) -> None:
    if not named(path).startswith("engine/compute/"):
        assert top_level(imports(path)).isdisjoint(COMPUTE_LIBRARIES)


@pytest.mark.parametrize("path", modules("engine/compute"), ids=named)
def test_the_compute_folder_never_imports_sqlite3_nor_what_opens_databases_with_it(path: Path) -> None:
    assert "sqlite3" not in top_level(imports(path))
    assert not any(name.startswith(("engine.database", "engine.cache")) for name in imports(path))


def test_one_module_touches_zlib() -> None:
    users = {named(path) for path in modules("engine") + modules("dash_app") if "zlib" in imports(path)}
    assert users == {"engine/payload.py"}


def test_one_module_opens_databases_with_sqlite3_beside_the_demo() -> None:
    paths = modules("engine") + modules("dash_app")
    users = {named(path) for path in paths if any(calls_of(path, "sqlite3", "connect"))}
    assert {user for user in users if not user.startswith("engine/demo/")} == {"engine/connections.py"}
    assert not any("sqlite3.connect" in imports(path) for path in paths)


def test_one_module_attaches_the_source_to_duckdb() -> None:
    users = {named(path) for path in modules("engine") if "attach '" in path.read_text(encoding="utf-8")}
    assert users == {"engine/compute/source.py"}


def test_no_module_reads_the_clock_but_through_the_entry_points() -> None:
    readers = {
        named(path)
        for path in modules("engine")
        if any(calls_of(path, "datetime", "now")) or any(calls_of(path, "datetime", "utcnow"))
    }
    assert readers == {"engine/clock.py"}


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


@pytest.mark.parametrize("module", ["engine.cli.main", "engine.runs", "engine.cache", "dash_app.server"])
def test_importing_what_a_web_process_needs_loads_neither_duckdb_nor_polars(module: str) -> None:
    script = f"import sys, {module}; print(sorted({{'duckdb', 'polars'}} & set(sys.modules)))"
    assert printed_by(script) == "[]"


def test_importing_the_engine_package_and_its_compute_folder_loads_no_sqlite3() -> None:
    script = "import sys, engine.compute.run, engine.compute.process; print('_sqlite3' in sys.modules)"
    assert printed_by(script) == "False"
