"""The run under way, as the server tells a page that waits."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from dash_app.progress import run_state
from dash_app.server import create_server
from engine.clock import to_sqlite, wall_clock
from engine.runs import Trigger
from engine.settings import Settings, load_settings
from tests.dash_app.given import database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = load_settings({"DASHBOARD_DB": str(database(tmp_path))}, tmp_path / "no.env")
    settings.state_dir.mkdir()
    return settings


def under_way(settings: Settings, **given: Any) -> None:
    """Leave what a run under way leaves."""
    now = wall_clock()
    told = {
        "trigger": "schedule",
        "started_at": to_sqlite(now - timedelta(seconds=12)),
        "renewed_at": to_sqlite(now),
        "done": 3,
        "total": 31,
        "step": "copying llm_usage: 1.2 of 5.4 million rows",
    }
    (settings.state_dir / "sites.db.progress.json").write_text(json.dumps(told | given))


def test_without_a_run_there_is_nothing_to_tell(settings: Settings) -> None:
    assert run_state(settings, wall_clock()) == {"run": None}


def test_a_run_is_told_by_its_name_its_share_and_its_step(settings: Settings) -> None:
    under_way(settings)
    run = run_state(settings, wall_clock())["run"]
    assert 12 <= run.pop("seconds") < 60
    assert run == {
        "title": "Scheduled run",
        "step": "copying llm_usage: 1.2 of 5.4 million rows",
        "done": 3,
        "total": 31,
    }


def test_a_dataset_is_told_by_its_title(settings: Settings) -> None:
    under_way(settings, step="llm_cost_by_stage_30d")
    assert (
        run_state(settings, wall_clock())["run"]["step"] == "computing Model cost by day and stage, 30 days"
    )


@pytest.mark.parametrize("trigger", [*Trigger, "something newer"])
def test_whatever_started_it_has_a_name(settings: Settings, trigger: str) -> None:
    under_way(settings, trigger=str(trigger))
    assert run_state(settings, wall_clock())["run"]["title"]


def test_the_server_answers_with_it_and_lets_nobody_keep_it(settings: Settings) -> None:
    client = TestClient(create_server(settings))
    assert client.get("/state").json() == {"run": None}
    under_way(settings)
    answer = client.get("/state")
    assert answer.json()["run"]["done"] == 3
    assert answer.headers["cache-control"] == "no-store"
