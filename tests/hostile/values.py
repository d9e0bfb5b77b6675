"""Owns the odd values: what a column of a hostile database may hold beside what belongs there.

`DISPUTED_…` are values that the reading rules leave open; everything else has one right reading.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawText:
    """Bytes to be stored with the storage class of text, valid UTF-8 or not."""

    data: bytes


Cell = str | int | float | bytes | RawText | None

UNREADABLE_TEXTS: tuple[Cell, ...] = (
    b"sent",
    b"2026-11-23 20:00:00",
    b"",
    b"\xff\x00\xfe",
    RawText(b"\xff\xfe\xfd"),
    RawText(b"sent\xc3"),
    RawText(b"\xed\xa0\x80"),
    RawText(b"\xc0\xaf"),
)
"""Blobs, and text that is not UTF-8: unreadable whatever the column is for."""

ODD_STAMPS: tuple[Cell, ...] = (
    *UNREADABLE_TEXTS,
    "",
    " ",
    "abc",
    "now",
    "NULL",
    "null",
    "2026-02-30",
    "2026-02-29 10:00:00",
    "2026-13-01",
    "2026-00-10",
    "2026-1-5",
    "2026-11-23 25:00:00",
    "2026-11-23 20:60:00",
    "2026-11-23T20:00:00 +02:00",
    "2026-11-23 20:00:00 Z",
    "2026-11-23 20:00:00 UTC",
    "2026-11-23 20",
    "2026-11-23T",
    "2026-11-23T20:00:00+0200",
    "2026-11-23T20:00:00+02",
    "2026-11-23T20:00:00+05:75",
    "2026-11-23T20:00:00+25:00",
    "2026-11-23T20:00:00\u221205:30",
    "2026-11-23T20:00:00,5",
    "2026-11-23T20:00:00.",
    "2026-11-23  20:00:00",
    "2026-11-23 20:00:00\x00",
    "2026-11-23 20:00:00\x00junk",
    "2026-11-23_20:00:00",
    "2026/11/23 20:00:00",
    "23.11.2026",
    "Nov 23 2026",
    "20261123T200000Z",
    "2026-W48-1",
    "12026-11-23 20:00:00",
    "-2026-11-23",
    "0000-01-01",
    "infinity",
    "epoch",
    "\u0662\u0660\u0662\u0666-11-23",
    "\u0661\u0667\u0660\u0660",
    "\uff12\uff10\uff12\uff16-11-23",
    "1969-12-31 23:59:59",
    "1970-01-01 00:00:00",
    "2100-12-31T23:59:59.999Z",
    "2101-01-01",
    "9999-12-31 23:59:59",
    "-1700000000",
    "+1700000000",
    "1.7e9",
    "1700000000.5",
    "1_700_000_000",
    "9" * 19,
    "9" * 40,
    "0",
    "0001700000000",
    "2026",
    "20261123",
    0,
    1,
    -1,
    -1700000000,
    99_999_999_999,
    100_000_000_000,
    100_000_000_001,
    "99999999999",
    "100000000000",
    99_999_999_999.9,
    100_000_000_000.5,
    4_133_980_799,
    4_133_980_800,
    4_133_980_799_999,
    4_133_980_800_000,
    2**63 - 1,
    -(2**63),
    1e18,
    1e300,
    -1e300,
    float("inf"),
    float("-inf"),
    0.5,
)

DISPUTED_STAMPS: tuple[Cell, ...] = (
    " 2026-11-23 20:00:00",
    "2026-11-23 20:00:00 ",
    "2026-11-23\n",
    "2026-11-23t20:00:00z",
    "2026-11-23 20:00:00z",
    "2026-11-23 24:00:00",
    "2026-11-23T24:00Z",
    "2026-12-31T23:59:60Z",
    "2016-12-31 23:59:60",
    "2026-11-23T20:00:00+15:30",
    "2026-11-23T20:00:00-23:59",
    "2026-11-23T20:00:00-00:00",
    "1970-01-01T00:30:00+02:00",
    "1969-12-31T23:30:00-05:30",
    "2100-12-31T23:30:00-05:30",
    "2101-01-01T00:30:00+02:00",
    " 1700000000",
    -0.5,
)

ODD_LABELS: tuple[Cell, ...] = (
    *UNREADABLE_TEXTS,
    "",
    "   ",
    "unknown",
    "\u00c9TAPE",
    "\u00e9tape ",
    "sent delivered",
    "sent\x00",
    "\x00",
    "se nt",
    "\u2713",
    "\U0001f4e8",
    "null",
    "None",
)

LABELS_OF_OTHER_KINDS: tuple[Cell, ...] = (5, 1.5, -1, 0)
"""Unreadable if the column keeps their storage class; texts like '5' if it has text affinity."""

ODD_NUMBERS: tuple[Cell, ...] = (
    *UNREADABLE_TEXTS,
    "",
    "abc",
    "12abc",
    "1 2",
    "1,5",
    "1_000",
    "0x10",
    "0b1",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "true",
    "--1",
    "1e",
    "e5",
    ".",
    "12\x00",
    "\u0661\u0662",
    "$5",
    "12.5",
    "1e3",
    "-3",
    "007",
    "2.50",
    float("inf"),
    float("-inf"),
    404.5,
    404.0,
    -3,
    -0.5,
    0,
    1_000_000_000,
)

HUGE_COUNTS: tuple[Cell, ...] = (2**63 - 1, 2**62, "9223372036854775807", 1e15)

DISPUTED_NUMBERS: tuple[Cell, ...] = (" 7 ", "\t7", "7\n", "+7", ".5", "5.", "1e999", "1E2")

STATUS_CODES: tuple[Cell, ...] = (
    *UNREADABLE_TEXTS, 404, 404, 500, 503, 429, 404.0, 404.5, "404", "404", "500", "0404", "404.0", "4e2",
    "404.5", "abc", "", "none", "0x194", 0, -1, None, None, float("inf"),
)  # fmt: skip
DISPUTED_STATUS_CODES: tuple[Cell, ...] = (" 404 ", "+404", 99, 1000, 1e19, 2**63 - 1, "503.")

_UUID = "550e8400-e29b-41d4-a716-446655440000"

MESSAGES: tuple[str, ...] = (
    "timeout after 3000 ms",
    "timeout after 45 ms",
    "  timeout after 3000 ms\n",
    "GET https://example.com/a?b=1#c failed",
    "GET http://10.0.0.1:8080/x/y failed",
    "GET HTTPS://EXAMPLE.COM/1 failed",
    "(https://a.example/1), see https://b.example/2.",
    f"request {_UUID} rejected",
    f"request {_UUID.upper()} rejected",
    f"https://a.example/{_UUID} gone",
    "trace 0123456789abcdef ended",
    "trace 0123456789ABCDEF0 ended",
    "trace 0123456789abcde ended",
    "trace 0123456789abcdefg ended",
    "trace x0123456789abcdef ended",
    "number 12345678901234567890 too large",
    "number 123456789012345 too large",
    "deadbeefdeadbeef",
    "a1b2c3 4d5 6",
    "line one\nline 2\ttab",
    "line one\r\nline 3",
    "\u00fcberlast 5 \u2713 \U0001f4a5",
    "\u00fc" * 250,
    "\U0001f4a5" * 199 + "ab12",
    "x" * 199 + "12345",
    "x" * 250,
    "x" * 190 + " https://example.com/long/address/that/is/cut and more",
    "9" * 300,
    "nul \x00 inside 7",
    "https://",
    "(no message)",
    "<n> <id> <url>",
    "ECONNRESET",
    "econnreset",
    "ECONNRESET.",
    "-5 +5 5.5 1e5",
    "' \" ; -- %s {}",
    *(f"kind {letter}" for letter in "abcdefghij"),
)

DISPUTED_MESSAGES: tuple[str, ...] = (
    f"request req_{_UUID} rejected",
    f"request {_UUID}abc rejected",
    "trace _0123456789abcdef ended",
    "trace \u00e90123456789abcdef ended",
    "digits \u0661\u0662\u0663",
    "GET https://example.com/a\u00a0b failed",
    "GET https://example.com/a\vb failed",
)

EMPTY_MESSAGES: tuple[Cell, ...] = (*UNREADABLE_TEXTS, None, None, "", "  ", "\n", "\u00a0\t")
