"""What is installed is what was locked, by its hash, and a running dashboard holds nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dash_app.frontend.build import NODE_WHEEL
from tests.docs.dependencies import ROOT, dependencies_page, locked
from tests.engine.programs import environment
from tests.engine.source_database import make_source
from tests.release.audit import audit

LOCKS = ["requirements.txt", "requirements-test.txt", "requirements-tools.txt", "requirements-node.txt"]
RUNTIME, TESTS, TOOLS, NODE = (locked(ROOT / name) for name in LOCKS)


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_is_one_version_with_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    lines = [line for line in text.replace("\\\n", "").splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        assert re.fullmatch(r"[\w.-]+==[\w.!+-]+( ; [^\\-]+)?( +--hash=sha256:[0-9a-f]{64})+ *", line), line[
            :80
        ]
    assert "://" not in text


def test_the_hashes_cover_other_machines_too() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    duckdb = re.search(r"^duckdb==.*?(?=^\w)", text, re.M | re.S)
    assert duckdb is not None
    # Wheels for Linux, macOS and Windows, of each Python.
    assert duckdb[0].count("--hash") > 10


def test_the_locks_agree() -> None:
    # The browser driver of dash[testing] needs an older urllib3.
    assert {package for package, version in RUNTIME.items() if TESTS.get(package) != version} <= {"urllib3"}
    name, version = NODE_WHEEL.split("==")
    assert {name: version} == NODE


def test_the_page_of_dependencies_has_every_package_of_the_lock() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| [^|]+ \| \w", dependencies_page(), re.M)
    assert rows == sorted(RUNTIME)


SERVED = """
import asyncio, json, sys
from pathlib import Path
from engine.model.setting_table.loading import load_settings
from engine.store.sqlite.migration import migrate
import engine.cli.main, engine.cli.web_server
from dash_app.server import create_server

db = Path(sys.argv[1])
migrate(db)
server = create_server(load_settings({"DASHBOARD_DB": str(db)}))

async def serve():
    async with server.router.lifespan_context(server):
        pass

asyncio.run(serve())
print(json.dumps({name: getattr(module, "__file__", None) for name, module in sys.modules.items()}))
"""


def test_a_served_process_has_loaded_nothing_of_tests_and_benchmarks(tmp_path: Path) -> None:
    source = make_source(tmp_path / "sites.db")
    command = [sys.executable, "-c", SERVED, str(source)]
    done = subprocess.run(command, env=environment({}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    modules: dict[str, str | None] = json.loads(done.stdout.splitlines()[-1])
    names = {name.partition(".")[0] for name in modules}
    assert {"dash_app", "engine", "uvicorn", "dash"} <= names
    assert not names & {"tests", "benchmarks", "pytest", "_pytest", "hypothesis", "selenium", "httpx", "mypy"}
    installed = {Path(file).parent for file in modules.values() if file and "site-packages" in file}
    folders = {
        str(folder).partition("site-packages/")[2].partition("/")[0].lower().replace("_", "-")
        for folder in installed
    }
    # anyio takes sniffio where it is installed, and needs it nowhere.
    assert folders & (TESTS.keys() - RUNTIME.keys()) <= {"sniffio"}


CLICK = {"name": "click", "version": "8.5.1"}


@pytest.mark.parametrize(
    ("answer", "says", "status"),
    [
        ({"dependencies": [CLICK | {"vulns": []}]}, "audit: no known weakness in 1 packages", 0),
        (
            {"dependencies": [CLICK | {"vulns": [{"id": "CVE-1", "fix_versions": ["9"]}]}]},
            "audit: known weaknesses:\nclick 8.5.1: CVE-1; use 9", 1,
        ),
        (
            {"dependencies": [{"name": "click", "skip_reason": "not found"}]},
            "audit: no advisory service can be reached: it knows none of the packages", 0,
        ),
        (
            None,
            "audit: no advisory service can be reached, so nothing is known (connection refused)", 0,
        ),
    ],
)  # fmt: skip
def test_an_audit_fails_for_a_weakness_alone(answer: object, says: str, status: int, tmp_path: Path) -> None:
    program = tmp_path / "pip_audit.py"
    program.write_text(
        f"import sys; print({json.dumps(answer)!r} if {answer is not None} else '')\n"
        "print('connection refused', file=sys.stderr)"
    )
    assert audit([sys.executable, str(program)]) == (says, status)
