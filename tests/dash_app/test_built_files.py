"""The front end that pages load is built from its sources, or one line says what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version

from dash_app import built_files
from dash_app.frontend import build
from dash_app.server import create_server
from engine.model.errors import DashboardError

SOURCES = build.FOLDER
LOCK = (SOURCES / "package-lock.json").read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return the ``dash_app`` of a checkout whose front end was never built."""
    sources = tmp_path / "dash_app" / "frontend"
    shutil.copytree(SOURCES, sources, ignore=shutil.ignore_patterns("node_modules"))
    return sources.parent


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def command(checkout: Path, *arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run the build's command without the packages of this interpreter, Node's wheel among them."""
    environment: Mapping[str, str] = {"PATH": str(path)}
    return subprocess.run(
        [sys.executable, "-I", "-S", str(checkout / "frontend" / "build.py"), *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_built_files_are_those_of_the_sources() -> None:
    assert build.is_built(), "run `make frontend`"


def test_a_changed_source_and_a_lost_file_ask_for_a_build(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = checkout / "assets"
    shutil.copytree(build.ASSETS, assets)
    monkeypatch.setattr(build, "FOLDER", checkout / "frontend")
    monkeypatch.setattr(build, "ASSETS", assets)
    assert build.is_built()
    (assets / "favicon.svg").rename(assets / "other.svg")
    assert not build.is_built()
    (assets / "other.svg").rename(assets / "favicon.svg")
    assert build.is_built()
    with (checkout / "frontend" / "src" / "main.js").open("a") as source:
        source.write("\n")
    assert not build.is_built()


def test_a_server_without_the_built_files_says_how_to_make_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(built_files, "ASSETS", tmp_path)
    with pytest.raises(DashboardError, match=r"the front end is not built .*; run `make frontend`"):
        create_server()


def test_without_npm_one_line_names_what_to_install(checkout: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    assert command(checkout, "requirements", "build", path=empty).stdout.split() == [build.NODE_WHEEL]
    done = command(checkout, path=empty)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f"the front end needs npm: install Node 20 or newer, or `pip install {build.NODE_WHEEL}`"
    ]


def test_a_node_that_is_too_old_counts_as_none(checkout: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    program(programs, "npm", "exit 0")
    program(programs, "node", "echo v18.19.0")
    assert command(checkout, "requirements", "build", path=programs).stdout.split() == [build.NODE_WHEEL]
    program(programs, "node", "echo v20.0.0")
    assert command(checkout, "requirements", "build", path=programs).stdout.split() == []


def test_where_npm_fails_one_line_says_why_and_nothing_is_left_half_built(
    checkout: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    program(programs, "node", "echo v22.1.0")
    program(programs, "npm", "echo 'npm error code ENOTFOUND'; echo 'npm error no such host'; exit 1")
    done = command(checkout, path=programs)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "`npm ci --omit=dev` failed" in done.stderr
    assert "npm error no such host" in done.stderr
    assert not (checkout / "assets").exists()


def test_the_lock_names_exact_versions_and_no_address() -> None:
    assert "://" not in LOCK
    packages = json.loads(LOCK)["packages"]
    wanted = json.loads((SOURCES / "package.json").read_text(encoding="utf-8"))
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version


def test_the_bundle_of_plotly_is_of_the_version_that_dash_serves() -> None:
    assert json.loads(LOCK)["packages"]["node_modules/plotly.js-basic-dist-min"]["version"] == (
        get_plotlyjs_version()
    )
