"""A source that is missing, damaged, locked or slow leaves the others' pages and runs as they are."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.health import readiness
from engine.runs.processes.shared_engine import SharedEngine
from engine.store.sqlite.store_file import prepare_store
from tests.dash_app.sources.given import NORTH, SOUTH, serving_several, settings_of_several
from tests.engine.runs.test_child import ENDLESS_VIEW
from tests.engine.source_database import execute_script, make_source

RUN, HANGING = ("job_health",), ("conversation_stats",)


@pytest.fixture
def own_files(tmp_path: Path) -> dict[str, Path]:
    """Return two sources without rows, each in a folder of its own."""
    for name in (NORTH, SOUTH):
        (tmp_path / name).mkdir()
    return {name: make_source(tmp_path / name / "sites.db") for name in (NORTH, SOUTH)}


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("begin exclusive")
        yield


def damage(file: Path) -> None:
    for path in (file, file.with_name(f"{file.name}-wal")):
        if path.exists():
            path.write_bytes(b"no database" * 1000)


def runs_of(settings_files: dict[str, Path], engine: SharedEngine) -> dict[str, Runner]:
    settings = settings_of_several(settings_files, DASHBOARD_PRECOMPUTE_INTERVAL="2")
    return {name: Runner(settings.for_source(name), engine.share()) for name in settings_files}


@pytest.mark.parametrize("trouble", ["missing", "damaged"])
def test_a_source_in_trouble_leaves_the_runs_of_others_and_the_engine(
    own_files: dict[str, Path], trouble: str
) -> None:
    engine = SharedEngine()
    runners = runs_of(own_files, engine)
    try:
        runners[SOUTH].run(RunRequest(Trigger.COMMAND, wall_clock(), RUN))
        pid = runners[SOUTH].engine_pid
        if trouble == "damaged":
            damage(own_files[NORTH])
        else:
            own_files[NORTH].unlink()
        with pytest.raises(DashboardError):
            runners[NORTH].run(RunRequest(Trigger.COMMAND, wall_clock(), RUN))
        summary = runners[SOUTH].run(RunRequest(Trigger.COMMAND, wall_clock(), RUN))
        assert summary.outcome.computed
        # Closing the one in trouble ends no engine that has gone on to another source.
        runners[NORTH].close()
        assert runners[SOUTH].engine_pid == pid
    finally:
        for runner in runners.values():
            runner.close()
        engine.close()


def test_a_run_that_waits_for_a_locked_source_holds_up_no_other(own_files: dict[str, Path]) -> None:
    engine = SharedEngine()
    runners = runs_of(own_files, engine)
    outcomes = []

    def run_north() -> None:
        outcomes.append(runners[NORTH].run(RunRequest(Trigger.COMMAND, wall_clock(), RUN)))

    waiting = threading.Thread(target=run_north)
    try:
        with locked(own_files[NORTH]):
            waiting.start()
            summary = runners[SOUTH].run(RunRequest(Trigger.COMMAND, wall_clock(), RUN))
            assert summary.outcome.computed
            assert not outcomes
        waiting.join(60)
        assert outcomes[0].outcome.computed
    finally:
        for runner in runners.values():
            runner.close()
        engine.close()


def test_a_source_that_hangs_costs_the_others_its_turn_and_no_run(own_files: dict[str, Path]) -> None:
    execute_script(own_files[NORTH], ENDLESS_VIEW)
    settings = settings_of_several(own_files, DASHBOARD_RUN_TIMEOUT="3")
    engine = SharedEngine()
    runners = {name: Runner(settings.for_source(name), engine.share()) for name in own_files}
    outcomes = {}

    def run(name: str) -> None:
        outcomes[name] = runners[name].run(RunRequest(Trigger.COMMAND, wall_clock(), HANGING))

    threads = [threading.Thread(target=run, args=(name,)) for name in (NORTH, SOUTH)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert [problem.name for problem in outcomes[NORTH].outcome.problems] == [*HANGING]
        assert [dataset.name for dataset in outcomes[SOUTH].outcome.computed] == [*HANGING]
    finally:
        for runner in runners.values():
            runner.close()
        engine.close()


def test_pages_of_the_others_are_served_and_the_list_says_which_cannot_be_read(
    own_files: dict[str, Path],
) -> None:
    own_files[NORTH].unlink()
    with serving_several(settings_of_several(own_files), computed=False) as client:
        assert client.get("/south/").status_code == 200
        assert client.get("/north/").status_code == 200
        north, _ = client.get("/api/sources").json()["sources"]
        assert "no such file" in north["trouble"]
        assert "Cannot be read" in client.get("/").text
        assert client.get("/healthz").status_code == 200
        assert str(own_files[NORTH].parent) not in client.get("/").text


def test_the_probe_is_ready_while_any_source_is_and_says_which_are_not(
    own_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "KEPT_SECONDS", -1.0)
    gone = ["the database cannot be read", "the database, or its folder, cannot be written to"]
    with serving_several(settings_of_several(own_files)) as client:
        here = TestClient(client.app, "http://127.0.0.1:8050", client=("127.0.0.1", 5000))
        away = TestClient(client.app, "http://probe.example", client=("192.0.2.7", 5000))
        for lost, status, word in (("", 200, "ready"), (NORTH, 200, "ready"), (SOUTH, 503, "not ready")):
            for path in own_files[lost].parent.glob("sites.db*") if lost else ():
                path.unlink()
            reasons = {name: [] if file.exists() else gone for name, file in own_files.items()}
            answer = here.get("/readyz")
            assert (answer.status_code, answer.json()) == (status, {"status": word, "sources": reasons})
            assert here.head("/readyz").status_code == status
            for name, file in own_files.items():
                assert here.get(f"/{name}/readyz").status_code == (200 if file.exists() else 503)
            # Who may not know the reasons gets the status alone, under whatever name.
            answer = away.get("/readyz")
            assert (answer.status_code, answer.json()) == (status, {"status": word})


def test_pages_say_which_setting_names_a_source_that_is_gone(own_files: dict[str, Path]) -> None:
    with serving_several(settings_of_several(own_files), computed=False) as client:
        for path in own_files[NORTH].parent.glob("sites.db*"):
            path.unlink()
        trouble = client.get(f"/api/{NORTH}/page/llm").json()["trouble"]
        assert trouble == "sites.db: no such file; name the database with DASHBOARD_SOURCES (north)"
        assert client.get(f"/api/{SOUTH}/page/llm").json()["trouble"] is None


def test_a_cache_that_is_gone_is_not_taken_for_its_source(own_files: dict[str, Path], tmp_path: Path) -> None:
    settings = settings_of_several(own_files, DASHBOARD_CACHE_URL=f"sqlite://{tmp_path}/cache.db")
    for name in own_files:
        prepare_store(settings.for_source(name))
    with serving_several(settings, computed=False) as client:
        for path in tmp_path.glob("cache-north.db*"):
            path.unlink()
        trouble = client.get(f"/api/{NORTH}/page/llm").json()["trouble"]
        remedy = "run `dashboard migrate`, which makes it, or correct DASHBOARD_CACHE_URL"
        assert trouble == f"cache-north.db: no such file; {remedy}"
