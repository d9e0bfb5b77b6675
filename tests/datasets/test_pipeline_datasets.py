"""Datasets of the pipeline page."""

from __future__ import annotations

from tests.datasets.given import Given

STAGES = [
    "found",
    "assets_captured",
    "scored",
    "rescored",
    "enriched",
    "proposals_drafted",
    "outreach_partial",
    "outreach_sent",
]


def test_the_funnel_counts_a_site_in_its_stage_and_in_all_before_it(given: Given) -> None:
    given.insert("sites", *[{"stage": "found"}] * 4, *[{"stage": "scored"}] * 3, {"stage": "outreach_sent"})
    assert given.rows("pipeline_funnel") == [
        ("found", 4, 8, None),
        ("assets_captured", 0, 4, 0.5),
        ("scored", 3, 4, 1.0),
        ("rescored", 0, 1, 0.25),
        ("enriched", 0, 1, 1.0),
        ("proposals_drafted", 0, 1, 1.0),
        ("outreach_partial", 0, 1, 1.0),
        ("outreach_sent", 1, 1, 1.0),
    ]


def test_the_funnel_leaves_out_sites_off_the_pipeline(given: Given) -> None:
    given.insert("sites", *[{"stage": stage} for stage in ("excluded", "failing", "unheard of", None)])
    given.insert("sites", {"stage": "found"})
    assert given.rows("pipeline_funnel", "stage", "sites", "reached")[:2] == [
        ("found", 1, 1),
        ("assets_captured", 0, 0),
    ]


def test_a_step_rate_over_nothing_is_null(given: Given) -> None:
    assert given.rows("pipeline_funnel", "stage", "reached", "step_rate") == [
        (stage, 0, None) for stage in STAGES
    ]
    given.insert("sites", {"stage": "found"})
    assert given.value("pipeline_funnel")["step_rate"] == [None, 0.0, None, None, None, None, None, None]


def test_daily_throughput_has_every_stage_in_order(given: Given) -> None:
    assert given.rows("daily_throughput") == [(stage, 0, 0, None) for stage in STAGES]


def test_daily_throughput_compares_two_stretches_of_24_hours(given: Given) -> None:
    instants = [
        "2026-11-23 20:00:01",  # later than now
        "2026-11-23 20:00:00",  # now
        "2026-11-22 20:00:01",
        "2026-11-22 20:00:01",
        "2026-11-22 20:00:00",  # 24 hours ago: of the stretch before
        "2026-11-21 20:00:01",
        "2026-11-21 20:00:00",  # 48 hours ago: of neither
        None,
    ]
    given.insert("site_status", *[{"status": "scored", "entered_at": instant} for instant in instants])
    given.insert("site_status", {"status": "excluded", "entered_at": "2026-11-23 19:00"})
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-23 19:00"})
    rows = given.rows("daily_throughput")
    assert rows[0] == ("found", 1, 0, None)
    assert rows[2] == ("scored", 3, 2, 0.5)
    assert sum(last for _, last, _, _ in rows) == 4


def test_daily_throughput_falls_to_minus_one(given: Given) -> None:
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-22 19:00"})
    assert given.rows("daily_throughput")[0] == ("found", 0, 1, -1.0)


def test_excluded_sites_are_counted(given: Given) -> None:
    assert given.row("excluded_sites_count") == {"excluded_sites": 0}
    given.insert("sites", *[{"stage": stage} for stage in ("excluded", "failing", "excluded", None)])
    assert given.row("excluded_sites_count") == {"excluded_sites": 2}


def test_hourly_statuses_begin_with_the_hour_47_hours_before_that_of_now(given: Given) -> None:
    given.at("2026-11-23 20:30:00")
    for instant in (
        "2026-11-21 20:59:59",
        "2026-11-21 21:00:00",
        "2026-11-23 20:30:00",
        "2026-11-23 20:30:01",
    ):
        given.insert("site_status", {"status": "found", "entered_at": instant})
    assert given.rows("hourly_status_breakdown_48h") == [
        ("2026-11-21T21:00:00Z", "found", 1),
        ("2026-11-23T20:00:00Z", "found", 1),
    ]


def test_hourly_statuses_know_any_status_and_put_the_unreadable_last(given: Given) -> None:
    for status in (None, "scored", "excluded", "Zoo", "scored", "été"):
        given.insert("site_status", {"site_id": 1, "status": status, "entered_at": "2026-11-23 19:30"})
    assert given.rows("hourly_status_breakdown_48h", "status", "sites") == [
        ("Zoo", 1),
        ("excluded", 1),
        ("scored", 2),
        ("été", 1),
        (None, 1),
    ]


def test_hours_begin_on_the_local_hour_of_a_half_hour_zone(given: Given) -> None:
    given.at("2026-11-23 20:00:00", "Australia/Adelaide")
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-23 19:29:59"})
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-23 19:30:00"})
    assert given.rows("hourly_status_breakdown_48h", "hour", "sites") == [
        ("2026-11-23T18:30:00Z", 1),
        ("2026-11-23T19:30:00Z", 1),
    ]


def test_the_hour_that_a_clock_repeats_is_two_hours(given: Given) -> None:
    given.at("2026-11-01 12:00:00", "America/New_York")
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-01 05:30"})  # 01:30 EDT
    given.insert("site_status", {"status": "found", "entered_at": "2026-11-01 06:30"})  # 01:30 EST
    assert given.rows("hourly_status_breakdown_48h", "hour", "sites") == [
        ("2026-11-01T05:00:00Z", 1),
        ("2026-11-01T06:00:00Z", 1),
    ]


def test_a_stage_that_nobody_reached_from_the_one_before_has_a_rate_of_nothing(given: Given) -> None:
    given.insert("sites", {"stage": "found"}, {"stage": "assets_captured"})
    assert given.rows("pipeline_losses", "ever_reached", "step_rate")[:4] == [
        (2, None),
        (1, 0.5),
        (0, 0.0),
        (0, None),
    ]
