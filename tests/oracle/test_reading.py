"""The reading rules of the oracle, against readings worked out by hand."""

from __future__ import annotations

import math

import pytest

from .reading import Stored, read_label, read_number, read_text, read_timestamp, read_truth, read_whole_number
from .results import instant_text


def stored(value: object) -> Stored:
    """The value as SQLite would hold it without a declared type."""
    if isinstance(value, str):
        return Stored("text", value.encode())
    if isinstance(value, bytes):
        return Stored("blob", value)
    if isinstance(value, int):
        return Stored("integer", value)
    if isinstance(value, float):
        return Stored("real", value)
    return Stored("null", None)


def timestamp(value: object) -> str | None:
    return instant_text(read_timestamp(stored(value)))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 20:00:00",
        "2026-11-23T20:00:00",
        "2026-11-23T20:00:00Z",
        "2026-11-23 20:00",
        "2026-11-23T20:00Z",
        "2026-11-23T20:00:00.000Z",
        "2026-11-23T20:00:00.999999",
        "2026-11-23T22:00:00+02:00",
        "2026-11-23T14:30-05:30",
        "2026-11-24 10:00:00.5+14:00",
        "1795464000",
        "1795464000000",
        "0001795464000",
    ],
)
def test_every_spelling_of_an_instant_is_the_same_instant(text: str) -> None:
    assert timestamp(text) == "2026-11-23T20:00:00Z"


def test_a_bare_date_is_its_midnight_utc() -> None:
    assert timestamp("2026-11-23") == "2026-11-23T00:00:00Z"


def test_an_offset_after_a_bare_date_moves_its_midnight() -> None:
    assert timestamp("2026-11-23+02:00") == "2026-11-22T22:00:00Z"


def test_fractions_of_a_second_are_cut_not_rounded() -> None:
    assert timestamp("2026-11-23 20:00:00.999") == "2026-11-23T20:00:00Z"
    assert timestamp(1795464000.999) == "2026-11-23T20:00:00Z"
    assert timestamp(1795464000999) == "2026-11-23T20:00:00Z"
    assert timestamp(1795463999999.9998) == "2026-11-23T19:59:59Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 2026-11-23",
        "2026-11-23 ",
        "2026-11-23\n",
        "2026-11-23T20:00:00 +02:00",
        "2026-11-23T20:00:00+0200",
        "2026-11-23T20:00:00+24:00",
        "2026-11-23T20:00:00+05:60",
        "2026-11-23t20:00:00",
        "2026-11-23T20:00:00z",
        "2026-11-23 24:00:00",
        "2026-11-23 23:59:60",
        "2026-11-23 20",
        "2026-11-23 20:00:00.",
        "2026-02-30",
        "2026-02-29",
        "2026-1-5",
        "2026-11-23 20:00:00\0",
        "1795464000.0",
        "-1795464000",
        "1e9",
        "١٧٠٠",
    ],
)
def test_what_is_not_to_the_letter_a_timestamp_is_unreadable(text: str) -> None:
    assert timestamp(text) is None


def test_the_years_are_1970_to_2100_in_utc() -> None:
    assert timestamp("1970-01-01") == "1970-01-01T00:00:00Z"
    assert timestamp("1969-12-31 23:59:59") is None
    assert timestamp("1969-12-31T23:30-05:30") == "1970-01-01T05:00:00Z"
    assert timestamp("1970-01-01T00:30+02:00") is None
    assert timestamp("2100-12-31T23:59:59.999Z") == "2100-12-31T23:59:59Z"
    assert timestamp("2101-01-01") is None
    assert timestamp("2100-12-31T23:30-05:30") is None
    assert timestamp(4_133_980_799) == "2100-12-31T23:59:59Z"
    assert timestamp(4_133_980_800) is None


def test_epochs_are_milliseconds_from_1e11_on() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00Z"
    assert timestamp(100_000_000_000) == "1973-03-03T09:46:40Z"
    assert timestamp("100000000000") == "1973-03-03T09:46:40Z"
    assert timestamp(99_999_999_999) is None


def test_digits_are_an_epoch_even_if_they_look_like_a_date() -> None:
    assert timestamp("2026") == "1970-01-01T00:33:46Z"


@pytest.mark.parametrize(
    "value", [-1, -0.5, 2**63 - 1, 1e300, math.inf, -math.inf, "9" * 5000, b"2026-11-23"]
)
def test_epochs_out_of_range_and_blobs_are_unreadable(value: object) -> None:
    assert timestamp(value) is None


def test_a_leap_day_is_a_day_in_leap_years() -> None:
    assert timestamp("2028-02-29") == "2028-02-29T00:00:00Z"


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), (-2.5, -2.5), ("12.5", 12.5), ("1e3", 1000), (" 7 ", 7), ("+7", 7), (".5", 0.5), ("007", 7)],
)
def test_numbers_and_texts_that_hold_one_are_read(value: object, number: float) -> None:
    assert read_number(stored(value)) == number


@pytest.mark.parametrize(
    "value",
    ["", "abc", "0x10", "nan", "inf", "1_000", "1,5", "1 2", "1e", "1e999", "1\0", b"7", None, math.inf],
)
def test_what_holds_no_finite_decimal_number_is_unreadable(value: object) -> None:
    assert read_number(stored(value)) is None


def test_a_whole_number_may_be_written_as_a_real_but_have_no_fraction() -> None:
    assert [read_whole_number(stored(value)) for value in (404, 404.0, "404", "4e2")] == [404, 404, 404, 400]
    assert [read_whole_number(stored(value)) for value in (404.5, "404.5", "abc", b"404")] == [None] * 4


def test_truth_is_a_number_other_than_zero() -> None:
    assert [read_truth(stored(value)) for value in (1, 0, -1, 0.5, "0", "2")] == [
        True, False, True, True, False, True
    ]  # fmt: skip
    assert [read_truth(stored(value)) for value in (None, "true", b"1")] == [None, None, None]


def test_labels_are_trimmed_of_all_white_space_and_lower_cased() -> None:
    assert read_label(stored("\t\u00a0 Sent \r\n\u3000")) == "sent"
    assert read_label(stored("Se Nt")) == "se nt"
    assert read_label(stored("  ")) == ""
    assert read_label(stored("sent\0")) == "sent\0"


def test_texts_are_taken_as_they_stand() -> None:
    assert read_text(stored(" Job ")) == " Job "


@pytest.mark.parametrize(
    "value",
    [stored(5), stored(1.5), stored(b"sent"), Stored("text", b"sent\xc3"), Stored("text", b"\xed\xa0\x80")],
)
def test_what_is_no_text_in_valid_utf_8_is_unreadable_as_text(value: Stored) -> None:
    assert read_text(value) is None
    assert read_label(value) is None
