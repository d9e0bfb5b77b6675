"""How the jobs read: failing ones first, all 24 hours in rows, what part the Gantt chart shows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash_app.cards import fill
from dash_app.figures import cron, job_hours
from dash_app.figures.unfinished import HATCH
from dash_app.formatters import jobs
from dash_app.pages import PAGES
from dash_app.table_windows import FIRST_WINDOW, part_of
from engine.model.clock import to_iso
from engine.model.values.quality import UnreadableCount, UnrecognisedCount
from engine.store import Entry, EntryState
from engine.store.quality import Quality
from tests.dash_app.given import NOW, values_of, view


def health(**given: Any) -> dict[str, Any]:
    """Return the health of a job in good order, but for what is given."""
    usual: dict[str, Any] = {
        "name": "Job", "task_key": "job", "enabled": True, "failing": False, "consecutive_failures": 0,
        "last_success_at": "2026-11-23T19:00:00Z", "last_failed_at": None, "last_error": None,
        "abandoned_7d": 0, "p50_duration_s": 5, "p95_duration_s": 9, "running_since": None, "stuck": False,
        "items_processed_24h": 0.0, "items_failed_24h": 0.0,
    }  # fmt: skip
    return usual | given


def columns_of(*rows: dict[str, Any]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def test_an_overdue_job_does_not_look_healthy() -> None:
    names = ("fine", "late", "late and killed", "late but runs", "off")
    rows = [health(name=name, task_key=name) for name in names]
    rows[2] |= {"abandoned_7d": 2}
    rows[3] |= {"running_since": "2026-11-23T19:40:05Z"}
    rows[4] |= {"enabled": False}
    beside: dict[str, list[Any]] = {
        "name": list(names),
        "task_key": list(names),
        "overdue": [False, True, True, True, None],
    }
    table = jobs.job_health(columns_of(*rows), replace(view(), beside=beside))
    assert [(row[1].text, row[1].tone) for row in table.rows] == [
        ("ok", "good"),
        ("overdue", "bad"),
        ("overdue, 2 killed", "bad"),
        ("running for 20 min", ""),
        ("disabled", ""),
    ]


def test_failing_jobs_come_first_and_none_in_trouble_looks_healthy() -> None:
    running = {"running_since": "2026-11-23T19:40:05Z"}
    table = jobs.job_health(
        columns_of(
            health(name="fine"),
            health(name="off", enabled=False, abandoned_7d=3),
            health(name="odd", enabled=None),
            health(name="runs", **running),
            health(name="killed", abandoned_7d=4, **running),
            health(name="stuck", stuck=True, **running),
            health(name="failing", failing=True, abandoned_7d=1),
            health(name="new", last_success_at=None),
        ),
        view(),
    )
    assert [(row[0].text, row[1].text, row[1].tone) for row in part_of(table, FIRST_WINDOW).table.rows] == [
        ("failing", "failing, 1 killed", "bad"),
        ("stuck", "stuck for 20 min", "bad"),
        ("killed", "4 killed", "warn"),
        ("runs", "running for 20 min", ""),
        ("fine", "ok", "good"),
        ("new", "no success yet", ""),
        ("off", "disabled", ""),
        ("odd", "not known to be enabled", ""),
    ]


def hour(start: str, name: str = "a", **counts: int) -> dict[str, Any]:
    usual = {"job_name": name, "name": name.upper(), "hour": start}
    return usual | {"success": 0, "failed": 0, "running": 0, "killed": 0, "other": 0} | counts


def test_an_hour_has_the_colour_of_its_result_and_the_running_one_is_hatched() -> None:
    figure = job_hours.job_hours(
        columns_of(
            hour("2026-11-23T10:00:00Z", success=3),
            hour("2026-11-23T11:00:00Z", success=3, failed=1),
            hour("2026-11-23T12:00:00Z", failed=1),
            hour("2026-11-23T13:00:00Z", killed=1),
            hour("2026-11-23T14:00:00Z", other=1),
            hour("2026-11-23T20:00:00Z", running=1),
        ),
        view(),
    )
    found = {trace["name"]: trace["base"] for trace in figure["data"]}
    assert found == {
        "all succeeded": ["2026-11-23 10:00:00"],
        "some failed": ["2026-11-23 11:00:00"],
        "all failed": ["2026-11-23 12:00:00"],
        "killed": ["2026-11-23 13:00:00"],
        "unknown status": ["2026-11-23 14:00:00"],
        "running": ["2026-11-23 20:00:00"],
    }
    (running,) = [trace for trace in figure["data"] if trace["name"] == "running"]
    assert running["marker"]["pattern"]["shape"] == [HATCH]
    assert "so far" in running["hovertext"][0]
    assert not any("so far" in trace["hovertext"][0] for trace in figure["data"] if trace is not running)


def test_the_gantt_chart_says_what_part_of_the_runs_it_shows() -> None:
    columns = values_of("cron_timeline_24h", 200)
    started = [to_iso(NOW.replace(hour=14, minute=5, second=0))] * 200
    figure = cron.cron_timeline(columns | {"started_at": started}, view())
    assert figure["layout"]["xaxis"]["title"]["text"] == "newest 200 runs, since Mon 14:05"
    few = {name: values[:3] for name, values in columns.items()}
    assert (
        cron.cron_timeline(few, view())["layout"]["xaxis"]["title"]["text"]
        == "all 3 runs in the last 24 hours"
    )


def test_a_card_says_how_many_values_its_dataset_could_not_take_and_which_on_demand() -> None:
    card = next(card for page in PAGES for card in page.cards if card.dataset == "excluded_sites_count")
    value = values_of("excluded_sites_count", 1)
    entry = Entry(card.key or "", EntryState.FRESH, value, NOW, NOW, NOW)
    quality = Quality((UnreadableCount("sites", "id", 1),), (UnrecognisedCount("sites", "status", "x", 2),))
    _, note = fill(card, entry, view().zone, NOW, quality=quality).note
    summary, columns = note.children
    assert summary.children == "2 values not recognised, 1 not readable"
    assert "sites.status" in str(columns)
    assert "sites.id" in str(columns)
    assert fill(card, entry, view().zone, NOW).note[1:] == []


def gantt_runs(job: str | None) -> dict[str, list[Any]]:
    """Return two runs of a job without an end."""
    runs = [
        {
            "job_name": job, "name": job, "status": "running", "started_at": f"2026-11-23T{at}:00:00Z",
            "finished_at": None, "duration_s": None,
        }
        for at in (10, 19)
    ]  # fmt: skip
    return columns_of(*runs)


def test_a_killed_run_is_no_running_one_in_the_gantt_chart_and_no_mark_of_a_failed_one() -> None:
    figure = cron.cron_timeline(gantt_runs("a"), view())
    bars = {trace["name"]: trace["base"] for trace in figure["data"] if trace["type"] == "bar"}
    assert bars == {"running": ["2026-11-23 19:00:00"], "killed": ["2026-11-23 10:00:00"]}
    marks = {
        trace["name"]: trace["marker"]["symbol"] for trace in figure["data"] if "symbol" in trace["marker"]
    }
    assert marks == {"killed": "x"}


def test_of_runs_without_a_readable_job_none_is_called_killed() -> None:
    figure = cron.cron_timeline(gantt_runs(None), view())
    assert {trace["name"] for trace in figure["data"]} == {"running"}
