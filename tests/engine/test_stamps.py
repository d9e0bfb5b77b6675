"""Stored timestamps: two readers agree on them, and ranges of texts in byte order find them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.model.clock import to_iso
from engine.model.text.stamps import text_ranges
from tests.engine.stamp_reader import parse_stamp
from tests.oracle.reading import Stored, read_timestamp

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


def as_stored(value: str | int | float) -> Stored:
    if isinstance(value, str):
        return Stored("text", value.encode("utf-8"))
    return Stored("integer" if isinstance(value, int) else "real", value)


def two_digits(highest: int) -> st.SearchStrategy[str]:
    return st.integers(0, highest).map(lambda number: f"{number:02d}")


years = st.one_of(st.integers(1968, 2102), st.sampled_from([0, 1, 9999])).map(lambda year: f"{year:04d}")
days = st.builds("{}-{}-{}".format, years, two_digits(13), two_digits(32))
times = st.builds("{}:{}".format, two_digits(25), two_digits(61))
seconds = st.one_of(
    st.just(""), st.builds(":{}".format, two_digits(61)), st.sampled_from([":07.9", ":59.999999999", ":07."])
)
clocks = st.one_of(st.just(""), st.builds("{}{}{}".format, st.sampled_from(" Tt"), times, seconds))
offsets = st.one_of(
    st.sampled_from(["", "Z", "z", " Z", "+0200", "\n"]),
    st.builds("{}{}:{}".format, st.sampled_from("+-"), two_digits(25), two_digits(61)),
)
written = st.builds("{}{}{}".format, days, clocks, offsets)
numbers = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(10**5), 5 * 10**12),
    st.floats(allow_nan=False),
    st.floats(-1e5, 5e12),
)
digits = st.one_of(st.integers(0, 5 * 10**12).map(str), st.text("0123456789", max_size=40))


@settings(deadline=None)
@given(st.one_of(written, numbers, digits, st.text(max_size=30)))
@example("2100-12-31T23:59:59.999Z")
@example("2101-01-01T00:30+01:00")
@example("1970-01-01+00:01")
@example("0001-01-01+23:59")
@example("9999-12-31-23:59")
@example("")
@example("٢٠٢٦-11-23")
@example("000000000000000000000000000000001795464000")
@example(99_999_999_999.9)
@example(100_000_000_000)
def test_a_stamp_reads_as_the_oracle_reads_it(value: str | int | float) -> None:
    assert parse_stamp(value) == read_timestamp(as_stored(value))


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2026-11-23 20:00:07", "2026-11-23T20:00:07Z"),
        ("2026-11-23T20:00:07.999Z", "2026-11-23T20:00:07Z"),
        ("2026-11-23 20:00", "2026-11-23T20:00:00Z"),
        ("2026-11-23", "2026-11-23T00:00:00Z"),
        ("2026-11-23T22:00:00+02:00", "2026-11-23T20:00:00Z"),
        (1795464000, "2026-11-23T20:00:00Z"),
        ("1795464000999", "2026-11-23T20:00:00Z"),
        (1795464000.9, "2026-11-23T20:00:00Z"),
    ],
)
def test_every_spelling_names_its_instant_to_the_second(value: object, instant: str) -> None:
    read = parse_stamp(value)
    assert read is not None
    assert to_iso(read) == instant


@pytest.mark.parametrize("value", [None, b"2026-11-23", "soon", "2026-02-30", "2026-11-23 24:00", -1, 1e300])
def test_what_names_no_instant_has_no_reading(value: object) -> None:
    assert parse_stamp(value) is None


def found(text: str, after: datetime, until: datetime) -> int:
    return sum(first <= text < behind for first, behind in text_ranges(after, until))


spans = st.one_of(st.integers(-5, 200), st.integers(-5, 4 * 86400))
spellings = st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000Z", "%Y-%m-%dT%H:%M:%S.999Z"])


@settings(deadline=None)
@given(
    st.integers(0, 3 * 86400).map(lambda ago: NOON - ago * SECOND),
    spans,
    spans,
    spellings,
)
@example(datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC), 5, 0, "%Y-%m-%d %H:%M:%S")
@example(datetime(2026, 11, 22, 23, 59, 58, tzinfo=UTC), 1, 1, "%Y-%m-%dT%H:%M:%S.999Z")
def test_a_text_is_in_one_range_if_its_stamp_lies_in_the_span_and_in_none_otherwise(
    after: datetime, length: int, distance: int, spelling: str
) -> None:
    until, instant = after + length * SECOND, after + distance * SECOND
    assert found(instant.strftime(spelling), after, until) == (after < instant <= until)


def test_stamps_to_the_minute_and_to_the_day_are_found_too() -> None:
    before = NOON - SECOND
    for text in ("2026-11-23 12:00", "2026-11-23T12:00"):
        assert found(text, before, NOON) == 1
        assert found(text, NOON - DAY, before) == 0
        assert found(text, NOON, NOON + DAY) == 0
    assert found("2026-11-23", NOON - DAY, NOON) == 1
    midnight = NOON.replace(hour=0)
    assert found("2026-11-23", midnight - SECOND, midnight) == 1


def test_what_is_no_stamp_of_the_span_is_in_no_range() -> None:
    for text in ("", "unknown", "2026", "9999-12-31", "2026-11-22 23:00:00"):
        assert found(text, NOON - timedelta(hours=1), NOON) == 0


def test_a_span_that_ends_before_it_begins_has_no_ranges() -> None:
    assert text_ranges(NOON, NOON) == text_ranges(NOON, NOON - DAY) == ()
