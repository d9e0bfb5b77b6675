"""How numbers and instants read."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dash_app.formatters import formats

NOW = datetime(2026, 11, 23, 20, 0, 5, tzinfo=UTC)
IN_BROWSER = json.loads(
    (Path(__file__).parents[2] / "dash_app/frontend/test/durations.json").read_text(encoding="utf-8")
)
"""Seconds and their text, to which the browser's own formatters are held."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "$0.00"),
        (1234.5, "$1,234"),
        (12.3, "$12.30"),
        (0.0421, "$0.042"),
        (0.00421, "$0.0042"),
    ],
)
def test_money_shows_the_digits_that_matter(value: float | None, text: str) -> None:
    assert formats.money(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0, "0 s"),
        (0.44, "0.4 s"),
        (59, "59 s"),
        (185, "3 min 5 s"),
        (7200, "2 h"),
        (100_000, "1 d 3 h"),
    ],
)
def test_durations_are_told_in_two_units(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (999, "999"), (12_345, "12.3K"), (999_600, "1M"), (4_560_000, "4.56M")]
)
def test_large_counts_are_shortened(value: float | None, text: str) -> None:
    assert formats.compact(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (3400, "3.4 KB"), (999_700, "1 MB"), (1.25e9, "1.25 GB")]
)
def test_sizes_are_decimal(value: float, text: str) -> None:
    assert formats.size(value) == text


@pytest.mark.parametrize(
    ("fraction", "text"), [(None, "–"), (0.001, "±0%"), (0.12, "+12%"), (-0.03, "−3%"), (11, "×12")]
)
def test_changes_have_a_sign(fraction: float | None, text: str) -> None:
    assert formats.change(fraction) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(2, "just now"), (190, "3 min ago"), (-720, "in 12 min"), (90_000, "1 d ago")]
)
def test_ages_are_told_in_one_unit(seconds: int, text: str) -> None:
    assert formats.age(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(("seconds", "text"), IN_BROWSER["durations"])
def test_durations_read_as_in_the_browser(seconds: int, text: str) -> None:
    assert formats.duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), IN_BROWSER["ages"])
def test_ages_read_as_in_the_browser(seconds: int, text: str) -> None:
    assert formats.age(NOW - timedelta(seconds=seconds), NOW) == text


@pytest.mark.parametrize(
    ("fraction", "digits", "text"),
    [
        (None, 1, "–"), (0.0, 1, "0.0%"), (1.0, 1, "100.0%"), (0.1234, 1, "12.3%"), (12.5, 0, "1,250%"),
        (0.0004, 1, "under 0.1%"), (0.0049, 0, "under 1%"), (0.9996, 1, "over 99.9%"), (0.996, 0, "over 99%"),
    ],
)  # fmt: skip
def test_only_none_and_all_read_as_none_and_all(fraction: float | None, digits: int, text: str) -> None:
    assert formats.percent(fraction, digits) == text


def test_the_time_of_day_names_its_zone() -> None:
    assert formats.clock_time(NOW, ZoneInfo("America/New_York")) == "15:00:05 EST"
