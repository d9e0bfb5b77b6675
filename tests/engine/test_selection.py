"""A selection has one spelling, a range one meaning, and what a dataset does not take is said in a line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.model.catalogue.datasets import catalogue, dataset_of_key, select_datasets
from engine.model.clock import Clock, from_iso, to_iso
from engine.model.errors import DashboardError
from engine.model.selections.selected import (
    previous_of,
    restricted,
    selected,
    takes_filter,
    takes_range,
    with_previous,
)
from engine.model.selections.selection import MOST_FILTER_CHARACTERS, RANGES, Selection, parse_selection
from engine.model.selections.windows import DAY, HOUR, WEEK, WHOLE, Window, window_of

COSTS = catalogue()["llm_daily_costs_30d"]
DAY_LONG = timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, 7, 31, tzinfo=UTC)

values = st.none() | st.text(st.sampled_from("aZ:&=%+#?;, /\\'\"\x00\né日😀\u2028"), max_size=20)
days = st.dates(date(1970, 1, 1), date(2100, 12, 31))
ranges = st.sampled_from(RANGES) | st.tuples(days, days).map(lambda ends: f"{min(ends)}..{max(ends)}")
selections = st.builds(
    Selection,
    st.none() | ranges,
    st.booleans(),
    st.dictionaries(st.sampled_from(["model", "stage", "channel", "status"]), values, max_size=4).map(
        lambda filters: tuple(sorted(filters.items()))
    ),
)


@given(selections)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_selection_is_what_its_text_says(selection: Selection) -> None:
    assert parse_selection(selection.text) == selection
    assert selection.text.isascii() and "," not in selection.text and " " not in selection.text


@given(selections)
def test_what_a_dataset_takes_of_a_selection_names_one_dataset(selection: Selection) -> None:
    taken = restricted(COSTS, selection)
    found = selected(COSTS, taken)
    assert found.selection == taken == restricted(COSTS, taken)
    assert select_datasets([found.name]) == (found,)
    assert dataset_of_key(found.key) == found
    pair = with_previous([found])
    assert [each.is_previous for each in pair] == [False, True][: 1 + taken.compare]
    assert all(dataset_of_key(each.key) == each for each in pair)


def test_a_label_in_capitals_names_the_dataset_of_the_one_in_small_letters() -> None:
    typed = Selection(filters=(("model", " GPT-4o"), ("stage", "Été")))
    assert (
        selected(COSTS, typed).key == "llm/llm_daily_costs_30d?filter=model:gpt-4o&filter=stage:%C3%89t%C3%A9"
    )


def test_parts_of_a_query_may_come_in_any_order_and_a_plus_is_a_blank() -> None:
    found = parse_selection("compare=1&filter=stage&filter=model:gpt+4&range=48h")
    assert found == Selection("48h", True, (("model", "gpt 4"), ("stage", None)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("range=8d", "no such range"),
        ("range=", "no such range"),
        ("range=2026-11-31..2026-12-01", "no such range"),
        ("range=2026-11-02..2026-11-01", "ends before it begins"),
        ("range=1969-12-31..2026-11-01", "out of reach"),
        ("range=2026-11-20..2026-11-24", "ends after today"),
        ("range=7d&range=7d", "twice"),
        ("compare=0", "no choice"),
        ("rang=7d", "did you mean 'range'?"),
        ("filter=Model:x", "names no column"),
        ("filter=model:a&filter=model:b", "twice"),
        ("filter=model:%ff", "not UTF-8"),
        (f"filter=model:{'x' * (MOST_FILTER_CHARACTERS + 1)}", "too long"),
        ("x" * 2001, "too long"),
        ("&".join(f"filter=c{number}:x" for number in range(9)), "at most 8"),
    ],
)
def test_what_is_no_selection_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(DashboardError, match=said.replace("?", r"\?")) as refused:
        parse_selection(text, date(2026, 11, 23))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "selection", "said"),
    [
        ("pipeline_funnel", Selection("7d"), "takes no range"),
        ("pipeline_funnel", Selection(compare=True), "no period before"),
        ("error_groups_30d", Selection("30d"), "takes no range"),
        ("model_costs_7d", Selection(compare=True), "has the period before in its value"),
        ("hourly_throughput_48h", Selection("30d"), "at most 14 days"),
        ("hourly_throughput_48h", Selection("2026-11-01..2026-11-15"), "at most 14 days"),
        ("system_metrics_24h", Selection("365d"), "at most 14 days"),
        ("llm_daily_costs_30d", Selection(filters=(("chanel", "x"),)), "takes no such filter"),
    ],
)
def test_what_a_dataset_does_not_take_is_refused_and_left_out_on_a_page(
    name: str, selection: Selection, said: str
) -> None:
    dataset = catalogue()[name]
    with pytest.raises(DashboardError, match=said):
        selected(dataset, selection)
    assert selected(dataset, restricted(dataset, selection)) is dataset


def test_fourteen_days_are_not_too_many_for_hours() -> None:
    assert takes_range(catalogue()["hourly_throughput_48h"], "2026-11-01..2026-11-14")


def test_ranges_are_taken_by_the_datasets_whose_name_says_so() -> None:
    endings = ("_30d", "_48h", "_24h", "_7d", "_8w")
    named = {name for name in catalogue() if name.endswith(endings)} - {"error_groups_30d"}
    assert {name for name, dataset in catalogue().items() if takes_range(dataset)} == {
        *named, "llm_usage_by_stage"
    }  # fmt: skip


def test_no_filter_is_a_column_that_may_name_contacts() -> None:
    for dataset in catalogue().values():
        hidden = {column.name for column in dataset.columns if column.contacts}
        assert not any(takes_filter(dataset, column) for column in hidden)


def test_its_own_window_is_the_dataset_itself() -> None:
    assert selected(COSTS, Selection("30d")) is COSTS
    assert selected(COSTS, Selection("30d", compare=True)).key == "llm/llm_daily_costs_30d?compare=1"


@pytest.mark.parametrize("name", ["llm_daily_costs_30d?range=30d", "llm_daily_costs_30d?compare=1&range=7d"])
def test_a_name_that_is_spelt_otherwise_names_nothing(name: str) -> None:
    with pytest.raises(DashboardError, match="no such name"):
        select_datasets([name])
    assert dataset_of_key(f"llm/{name}") is None


def test_a_title_says_the_range() -> None:
    assert selected(COSTS, Selection("7d")).title == "LLM calls and cost by day, 7 days"
    assert previous_of(selected(COSTS, Selection("7d"))) is None


def both(range_: str, clock: Clock, grain: str = WHOLE, *, is_rolling: bool = False) -> list[str]:
    """Return the ends of a window and of the one before, as texts."""
    return [
        to_iso(end)
        for is_previous in (False, True)
        for window in [window_of(range_, clock, grain, is_rolling=is_rolling, is_previous=is_previous)]
        for end in (window.start, window.until)
    ]


def test_hours_are_local_hours_days_are_local_days_and_weeks_whole_weeks() -> None:
    clock = Clock(NOON, "Asia/Kathmandu")
    assert both("24h", clock, HOUR) == [
        "2026-11-22T12:15:00Z", "2026-11-23T12:07:31Z", "2026-11-21T12:15:00Z", "2026-11-22T12:07:31Z",
    ]  # fmt: skip
    assert both("24h", clock, is_rolling=True)[:2] == ["2026-11-22T12:07:32Z", "2026-11-23T12:07:31Z"]
    two_days = [
        "2026-11-21T18:15:00Z", "2026-11-23T12:07:31Z", "2026-11-19T18:15:00Z", "2026-11-21T12:07:31Z",
    ]  # fmt: skip
    assert both("24h", clock, DAY) == two_days
    assert both("2026-11-20..2026-11-22", clock) == [
        "2026-11-19T18:15:00Z", "2026-11-22T18:14:59Z", "2026-11-16T18:15:00Z", "2026-11-19T18:14:59Z",
    ]  # fmt: skip
    assert both("2026-11-20..2026-11-22", clock, WEEK) == [
        "2026-11-15T18:15:00Z", "2026-11-22T18:14:59Z", "2026-11-08T18:15:00Z", "2026-11-15T18:14:59Z",
    ]  # fmt: skip


def test_a_local_time_that_does_not_exist_moves_forward() -> None:
    # Clocks went from 02:00 to 03:00 on 29 March; a week later it is 02:30.
    clock = Clock(from_iso("2026-04-05T00:30:00Z"), "Europe/Berlin")
    assert both("7d", clock)[3] == "2026-03-29T01:30:00Z"


@given(
    st.integers(631_152_000, 2_114_380_800).map(lambda second: datetime.fromtimestamp(second, UTC)),
    st.sampled_from(["UTC", "Australia/Adelaide", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu"]),
    st.sampled_from(RANGES),
    st.sampled_from([DAY, HOUR, WEEK, WHOLE]),
    st.booleans(),
)
def test_the_period_before_ends_before_the_window_begins(
    now: datetime, zone: str, range_: str, grain: str, is_rolling: bool
) -> None:
    clock = Clock(now, zone)
    window, before = (
        window_of(range_, clock, grain, is_rolling=is_rolling, is_previous=is_previous)
        for is_previous in (False, True)
    )
    assert before.start <= before.until < window.start <= window.until == now
    assert all_touched(window, clock) and all_touched(before, clock)


def all_touched(window: Window, clock: Clock) -> bool:
    """Return whether a window's days are those from its start to its end, without a gap."""
    found = window.days(clock)
    ends = clock.local_day(window.start), clock.local_day(window.until)
    return (found[0], found[-1]) == ends and all(later - day == DAY_LONG for day, later in pairwise(found))
