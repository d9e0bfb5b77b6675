"""The stored form of a value: compact JSON, zlib-compressed; the only module that touches zlib.

Equal values give equal bytes: keys stand in the order given, there is no white space, a number
that JSON cannot hold is null, and the compression level is fixed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

COMPRESSION_LEVEL = 6

Columns = dict[str, list[Any]]
"""A dataset's value: column name → array, all arrays of one length."""


class PayloadError(ValueError):
    """Stored bytes do not hold a value."""


@dataclass(frozen=True)
class Payload:
    """A value ready to be stored: ``raw_bytes`` is the JSON's size before compression.

    ``entries`` is the length of the arrays of a columns value, 1 for any other value.
    """

    blob: bytes
    raw_bytes: int
    entries: int


def encode(value: Any) -> Payload:
    """Return a JSON-serialisable value as a payload. Raises PayloadError for one that is not.

    >>> payload = encode({"day": ["2026-11-22", "2026-11-23"], "sent": [3, None]})
    >>> payload.raw_bytes, payload.entries
    (51, 2)
    >>> decode(payload.blob)
    {'day': ['2026-11-22', '2026-11-23'], 'sent': [3, None]}
    """
    try:
        raw = orjson.dumps(value)
    except orjson.JSONEncodeError as error:
        raise PayloadError(f"the value is not JSON: {error}") from None
    return Payload(compress(raw), len(raw), count_entries(value))


def decode(blob: bytes) -> Any:
    """Return the value of stored bytes. Raises PayloadError where they are damaged."""
    try:
        return orjson.loads(decompress(blob))
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"the stored bytes are damaged: {error}") from None


def compress(raw: bytes) -> bytes:
    """Return bytes in the form they are stored in, which HTTP calls ``deflate``."""
    return zlib.compress(raw, COMPRESSION_LEVEL)


def decompress(blob: bytes) -> bytes:
    """Return the JSON of stored bytes, not decoded. Raises PayloadError where they are damaged."""
    try:
        return zlib.decompress(blob)
    except (zlib.error, TypeError) as error:
        raise PayloadError(f"the stored bytes are damaged: {error}") from None


def digest(blob: bytes) -> str:
    """Return what tells the stored bytes of one value from those of any other."""
    return hashlib.blake2b(blob, digest_size=16).hexdigest()


def count_entries(value: Any) -> int:
    """Return the number of entries of a columns value, 1 for any other value."""
    if isinstance(value, dict) and value and all(isinstance(column, list) for column in value.values()):
        lengths: Sequence[int] = [len(column) for column in value.values()]
        if len(set(lengths)) == 1:
            return lengths[0]
    return 1
