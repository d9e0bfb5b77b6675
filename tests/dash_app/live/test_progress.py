"""The run under way, as pages are told of it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dash_app.live.progress import run_status
from engine.model.clock import to_sqlite, wall_clock
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.runs import Trigger, read_progress
from engine.runs.turns.queued import QueueState
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


def told(settings: Settings, trigger: Trigger | None = None) -> dict[str, Any] | None:
    """Return what is told while the queue is at a run of that trigger."""
    now = wall_clock()
    return run_status(read_progress(settings, now), QueueState(trigger, 0, None), now)


def test_without_a_run_there_is_nothing_to_tell(settings: Settings) -> None:
    assert told(settings) is None


def test_a_run_is_told_by_its_name_its_share_and_its_step(settings: Settings) -> None:
    under_way(settings)
    run = told(settings)
    assert run is not None
    assert 12 <= run.pop("seconds") < 60
    assert run == {
        "title": "Scheduled run",
        "step": "copying llm_usage: 1.2 of 5.4 million rows",
        "done": 3,
        "total": 31,
        "at": 0,
        "of": 0,
        "left": None,
    }


def test_a_run_that_computes_tells_which_dataset_of_how_many(settings: Settings) -> None:
    under_way(settings, part="computing", part_done=2, part_total=12, part_seconds=0.5)
    run = told(settings)
    assert run is not None
    assert (run["at"], run["of"], run["left"]) == (3, 12, None)
    under_way(settings, part="computing", part_done=12, part_total=12, part_seconds=60)
    run = told(settings)
    assert run is not None
    assert (run["at"], run["of"], run["left"]) == (12, 12, None)


@pytest.mark.parametrize(
    ("share", "seconds", "left"),
    [
        (0.25, 10.0, 30),
        (0.5, 18.2, 20),
        (0.99, 500.0, 5),
        (0.1, 20.0, 180),
        (0.01, 10.0, None),  # so little is done that its pace says nothing
        (0.5, 1.0, None),
        (0.0, 60.0, None),
        (1.0, 60.0, None),
    ],
)
def test_how_long_a_part_still_takes_follows_from_its_pace_so_far(
    settings: Settings, share: float, seconds: float, left: int | None
) -> None:
    under_way(settings, part_done=round(share * 10_000), part_total=10_000, part_seconds=seconds)
    run = told(settings)
    assert run is not None
    assert run["left"] == left


def test_a_dataset_is_told_by_its_title(settings: Settings) -> None:
    under_way(settings, step="llm_cost_by_stage_30d")
    run = told(settings)
    assert run is not None
    assert run["step"] == "computing LLM cost by day and stage, 30 days"


@pytest.mark.parametrize("trigger", [*Trigger, "something newer"])
def test_whatever_started_it_has_a_name(settings: Settings, trigger: str) -> None:
    under_way(settings, trigger=str(trigger))
    run = told(settings)
    assert run is not None
    assert run["title"]


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_run_that_has_told_nothing_yet_is_known_by_the_queue(settings: Settings, trigger: Trigger) -> None:
    run = told(settings, trigger)
    assert run is not None
    assert run["title"]
    assert {name: run[name] for name in ("step", "done", "total", "seconds")} == {
        "step": "starting", "done": 0, "total": 0, "seconds": 0,
    }  # fmt: skip


def test_what_a_run_tells_of_itself_comes_before_what_the_queue_knows(settings: Settings) -> None:
    under_way(settings)
    run = told(settings, Trigger.FULL)
    assert run is not None
    assert run["title"] == "Scheduled run"
