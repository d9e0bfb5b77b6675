"""The stored form of a value."""

from __future__ import annotations

import json
import math
import tracemalloc
import zlib

import pytest

from engine.model.values import payload
from engine.model.values.payload import Columns, PayloadError, count_entries, decode, decompress, encode

VALUE: Columns = {
    "stage": ["found", "scored"],
    "sites": [3, None],
    "rate": [0.5, 1.0],
    "overdue": [True, False],
}


def test_a_value_comes_back_as_it_was() -> None:
    assert decode(encode(VALUE).blob) == VALUE


def test_the_stored_bytes_are_zlib_compressed_json() -> None:
    assert json.loads(zlib.decompress(encode(VALUE).blob)) == VALUE


def test_the_same_value_gives_the_same_bytes() -> None:
    assert encode(VALUE).blob == encode({name: list(column) for name, column in VALUE.items()}).blob


def test_the_order_of_the_columns_is_kept() -> None:
    backwards = dict(reversed(VALUE.items()))
    assert list(decode(encode(backwards).blob)) == list(backwards)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_cannot_hold_is_null(number: float) -> None:
    assert decode(encode({"x": [1.0, number]}).blob) == {"x": [1.0, None]}


def test_a_double_keeps_every_digit() -> None:
    numbers = [0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**53 + 2]
    assert decode(encode(numbers).blob) == numbers


@pytest.mark.parametrize(
    "blob", [b"", b"not zlib", encode(VALUE).blob[:-5], zlib.compress(b"{half"), "text", 5]
)
def test_damaged_bytes_are_an_error(blob: object) -> None:
    with pytest.raises(PayloadError, match="damaged"):
        decode(blob)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [object(), {1: 2}, {"x": {1, 2}}, 2**70, "\ud800"])
def test_a_value_that_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(PayloadError, match="not JSON"):
        encode(value)


def test_sizes_are_those_of_the_json_and_of_its_columns() -> None:
    payload = encode({"a": [1, 2, 3]})
    assert payload.raw_bytes == len('{"a":[1,2,3]}')
    assert payload.entries == 3


@pytest.mark.parametrize("value", [None, 5, "text", [1, 2], {}, {"a": 1}, {"a": [1], "b": [1, 2]}])
def test_a_value_without_columns_of_one_length_counts_as_one_entry(value: object) -> None:
    assert count_entries(value) == 1


def test_columns_without_a_row_are_no_entries() -> None:
    assert count_entries({"a": [], "b": []}) == 0


def test_stored_bytes_are_never_unpacked_beyond_the_largest_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MOST_RAW_BYTES", 1000)
    assert decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000
    for size in (1001, 50_000_000):
        with pytest.raises(PayloadError, match="unpack to more than"):
            decompress(zlib.compress(b"x" * size, 9))


def test_a_small_row_that_would_fill_the_memory_is_damaged() -> None:
    packer = zlib.compressobj(9)
    bomb = packer.compress(b"[") + b"".join(packer.compress(b"0," * 500_000) for _ in range(70))
    bomb += packer.compress(b"0]") + packer.flush()
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    with pytest.raises(PayloadError, match="unpack to more than 67 MB"):
        decode(bomb)
    # The limit itself, and the room a growing buffer takes.
    assert tracemalloc.get_traced_memory()[1] < 3 * payload.MOST_RAW_BYTES
    tracemalloc.stop()


@pytest.mark.parametrize("part", [b"0,", b"[],", b'"ab",'])
def test_a_value_of_more_parts_than_memory_has_room_for_is_damaged(part: bytes) -> None:
    fits = zlib.compress(b"[" + part * (10_000_000 // len(part) // 2) + b"0]")
    assert len(decode(fits)) > 1_000_000
    with pytest.raises(PayloadError, match="more than 5,000,000 parts"):
        decode(zlib.compress(b"[" + part * payload.MOST_PARTS + b"0]"))


def test_a_value_too_large_to_be_read_again_is_not_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payload, "MOST_RAW_BYTES", 20)
    with pytest.raises(PayloadError, match="more than"):
        encode(["a text of some length"])
