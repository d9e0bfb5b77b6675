"""How the replica reads on the System page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash_app.formatters.kpi import Kpi
from dash_app.formatters.replica import replica_in_short, replica_table
from dash_app.formatters.tones import GOOD, WARN
from engine.store import ReplicaTableState
from tests.dash_app.given import NOW, view


def table(name: str, **given: Any) -> ReplicaTableState:
    values: dict[str, Any] = {
        "sync": "append",
        "rows": 5_400_000,
        "verified_at": NOW - timedelta(minutes=40),
        "covered": 0.25,
        "repaired": 0,
        "repaired_at": None,
    }
    return ReplicaTableState(table=name, **(values | given))


def stat(stats: tuple[Kpi, ...], label: str) -> Kpi:
    return next(stat for stat in stats if label in stat.label)


def test_a_replica_verified_equal_says_since_when() -> None:
    stats = replica_in_short((table("llm_usage"), table("sites", verified_at=NOW)), view())
    verified = stat(stats, "to the source")
    assert (verified.value, verified.hint, verified.tone) == ("equal", "last verified 40 min ago", GOOD)
    assert stat(stats, "rows").value == "10.8M"
    assert stat(stats, "compared").value == "25%"
    assert stat(stats, "repaired").tone == GOOD


def test_a_replica_with_a_table_never_verified_claims_nothing() -> None:
    stats = replica_in_short((table("llm_usage", verified_at=None), table("sites")), view())
    verified = stat(stats, "to the source")
    assert (verified.value, verified.tone) == ("not yet", "")


def test_differences_repaired_in_the_last_day_are_a_warning_and_older_ones_are_not() -> None:
    for hours, tone in ((2, WARN), (30, "")):
        repaired = table("sites", repaired=3, repaired_at=NOW - timedelta(hours=hours))
        stats = replica_in_short((repaired,), view())
        assert (stat(stats, "repaired").value, stat(stats, "repaired").tone) == ("3", tone)
        assert replica_table((repaired,), view()).rows[0][-1].tone == tone
        assert (stat(stats, "to the source").tone == GOOD) == (tone == "")


def test_each_table_says_how_it_is_kept_up_to_date() -> None:
    rows = replica_table(
        (
            table("cron_jobs", sync="full", verified_at=None),
            table("llm_usage"),
            table("sites", sync="incremental", repaired=1),
        ),
        view(),
    ).rows
    assert [[cell.text for cell in row] for row in rows] == [
        ["cron_jobs", "all rows", "5,400,000", "not yet", "100%", "0"],
        ["llm_usage", "new rows", "5,400,000", "40 min ago", "25%", "0"],
        ["sites", "new and changed rows", "5,400,000", "40 min ago", "25%", "1"],
    ]


def test_before_the_first_run_there_is_none_and_that_is_said() -> None:
    assert replica_in_short((), view())[0].value == "none yet"
    assert replica_table((), view()).rows == ()
    assert "first run" in replica_table((), view()).nothing
