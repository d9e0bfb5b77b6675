"""Datasets of the llm page."""

from __future__ import annotations

from tests.datasets.given import Given

THIRTY_DAYS_AGO = ("2026-10-24 23:59:59", "2026-10-25 00:00:00")  # the last instant outside, the first inside
RECENTLY = "2026-11-23 19:00"


def test_usage_by_stage_comes_by_cost(given: Given) -> None:
    given.insert(
        "llm_usage",
        {
            "stage": "scoring",
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "cost_usd": 0.1,
            "called_at": RECENTLY,
        },
        {
            "stage": "scoring",
            "prompt_tokens": 50.5,
            "completion_tokens": 5,
            "cost_usd": 0.2,
            "called_at": RECENTLY,
        },
        {
            "stage": "replies",
            "prompt_tokens": 10,
            "completion_tokens": 1,
            "cost_usd": 4,
            "called_at": RECENTLY,
        },
    )
    assert given.rows("llm_usage_by_stage") == [
        ("replies", 1, 10.0, 1.0, 4.0, 4.0),
        ("scoring", 2, 150.5, 25.0, 0.3, 0.15),
    ]


def test_usage_by_stage_leaves_out_what_lies_outside_the_window(given: Given) -> None:
    outside, inside = THIRTY_DAYS_AGO
    for instant in (outside, inside, "2026-11-23 20:00:00", "2026-11-23 20:00:01", None):
        given.insert("llm_usage", {"stage": "scoring", "cost_usd": 1, "called_at": instant})
    given.insert("llm_usage", {"stage": "proposals", "cost_usd": 1, "called_at": outside})
    assert given.rows("llm_usage_by_stage", "stage", "calls", "cost_usd") == [("scoring", 2, 2.0)]


def test_a_call_whose_numbers_are_unreadable_counts_as_a_call(given: Given) -> None:
    given.insert("llm_usage", {"stage": "scoring", "called_at": RECENTLY})
    assert given.rows("llm_usage_by_stage") == [("scoring", 1, 0.0, 0.0, 0.0, 0.0)]
    given.insert("llm_usage", {"stage": "scoring", "cost_usd": 3, "prompt_tokens": 7, "called_at": RECENTLY})
    assert given.rows("llm_usage_by_stage") == [("scoring", 2, 7.0, 0.0, 3.0, 1.5)]


def test_stages_that_cost_alike_come_by_name_and_the_unreadable_last(given: Given) -> None:
    for stage in ("scoring", None, "Enrichment", "proposals"):
        given.insert("llm_usage", {"stage": stage, "cost_usd": 2, "called_at": RECENTLY})
    assert given.value("llm_usage_by_stage")["stage"] == ["Enrichment", "proposals", "scoring", None]


def test_daily_costs_have_thirty_days_and_add_both_kinds_of_tokens(given: Given) -> None:
    given.insert(
        "llm_usage", {"prompt_tokens": 10, "completion_tokens": 3, "cost_usd": 1, "called_at": RECENTLY}
    )
    given.insert("llm_usage", {"prompt_tokens": None, "completion_tokens": 4, "called_at": RECENTLY})
    given.insert("llm_usage", {"prompt_tokens": 5, "cost_usd": 0.25, "called_at": THIRTY_DAYS_AGO[1]})
    given.insert("llm_usage", {"prompt_tokens": 5, "cost_usd": 0.25, "called_at": THIRTY_DAYS_AGO[0]})
    rows = given.rows("llm_daily_costs_30d")
    assert len(rows) == 30
    assert rows[0] == ("2026-10-25", 1, 5.0, 0.25)
    assert rows[1] == ("2026-10-26", 0, 0.0, 0.0)
    assert rows[-1] == ("2026-11-23", 2, 17.0, 1.0)


def test_daily_costs_of_nothing_are_thirty_days_of_zeros(given: Given) -> None:
    rows = given.rows("llm_daily_costs_30d")
    assert [row[1:] for row in rows] == [(0, 0.0, 0.0)] * 30
    assert (rows[0][0], rows[-1][0]) == ("2026-10-25", "2026-11-23")


def test_daily_costs_know_the_local_day(given: Given) -> None:
    given.at("2026-11-23 20:00:00", "Australia/Adelaide")  # 06:30 on the 24th
    given.insert("llm_usage", {"cost_usd": 1, "called_at": "2026-11-23 13:29:59"})
    given.insert("llm_usage", {"cost_usd": 2, "called_at": "2026-11-23 13:30:00"})
    assert given.rows("llm_daily_costs_30d", "day", "cost_usd")[-2:] == [
        ("2026-11-23", 1.0),
        ("2026-11-24", 2.0),
    ]


def test_costs_by_stage_have_every_day_of_every_stage_seen(given: Given) -> None:
    given.insert("llm_usage", {"stage": "scoring", "cost_usd": 1.5, "called_at": RECENTLY})
    given.insert("llm_usage", {"stage": "scoring", "cost_usd": 1, "called_at": RECENTLY})
    given.insert("llm_usage", {"stage": None, "cost_usd": 2, "called_at": "2026-11-22 12:00"})
    given.insert("llm_usage", {"stage": "enrichment", "cost_usd": None, "called_at": RECENTLY})
    given.insert("llm_usage", {"stage": "replies", "cost_usd": 9, "called_at": THIRTY_DAYS_AGO[0]})
    rows = given.rows("llm_cost_by_stage_30d")
    assert len(rows) == 90
    assert rows[-6:] == [
        ("2026-11-22", "enrichment", 0.0),
        ("2026-11-22", "scoring", 0.0),
        ("2026-11-22", None, 2.0),
        ("2026-11-23", "enrichment", 0.0),
        ("2026-11-23", "scoring", 2.5),
        ("2026-11-23", None, 0.0),
    ]


def test_costs_by_stage_of_nothing_have_no_row(given: Given) -> None:
    assert given.value("llm_cost_by_stage_30d") == {"day": [], "stage": [], "cost_usd": []}


def call(
    model: str | None, provider: str | None, cost_usd: float = 1, called_at: str = RECENTLY
) -> dict[str, object]:
    """A call of 30 tokens."""
    return {
        "model": model, "provider": provider, "prompt_tokens": 20, "completion_tokens": 10,
        "cost_usd": cost_usd, "called_at": called_at,
    }  # fmt: skip


def test_models_come_by_cost_with_the_provider_that_served_most_calls(given: Given) -> None:
    given.insert(
        "llm_usage", call("small", "beta"), call("small", "beta"), call("small", "alpha", cost_usd=50)
    )
    given.insert("llm_usage", call("large", "gamma", cost_usd=60))
    given.insert("llm_usage", *[call("small", "alpha", called_at=THIRTY_DAYS_AGO[0])] * 3)
    assert given.rows("llm_cost_by_model_30d") == [
        ("large", "gamma", 1, 30.0, 60.0),
        ("small", "beta", 3, 90.0, 52.0),
    ]


def test_of_providers_with_as_many_calls_the_first_by_name_is_taken(given: Given) -> None:
    given.insert("llm_usage", call("m", None), call("m", "zeta"), call("m", "alpha"))
    assert given.rows("llm_cost_by_model_30d", "model", "provider") == [("m", "alpha")]


def test_models_that_cost_alike_come_by_name_and_the_unreadable_is_one_of_them(given: Given) -> None:
    given.insert(
        "llm_usage", call(None, "p"), call("b", "p"), call("a", "p"), call(None, None), call(None, "p", -1)
    )
    assert given.rows("llm_cost_by_model_30d", "model", "provider", "calls") == [
        ("a", "p", 1),
        ("b", "p", 1),
        (None, "p", 3),
    ]
