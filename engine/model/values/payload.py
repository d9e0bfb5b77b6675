"""The stored form of a value: compact JSON, compressed by zlib.

Equal values give equal bytes: keys keep their order, there is no white space, a number that JSON cannot hold
is null, and the compression level is fixed. A value has at most ``MOST_RAW_BYTES`` and ``MOST_PARTS``. Stored
bytes that exceed these limits count as damaged, and are neither unpacked nor decoded.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

COMPRESSION_LEVEL = 6
MOST_RAW_BYTES = 64 << 20
"""The largest JSON of a value. A dataset of 200,000 rows takes some 10 to 50 MB."""
MOST_PARTS = 5_000_000
"""The most numbers, texts and lists of a value, because each takes up to 60 bytes of memory."""

Columns = dict[str, list[Any]]
"""A dataset's value: column name → array; all arrays have the same length."""

_MOST_MB = f"{MOST_RAW_BYTES / 1e6:.0f} MB"


class PayloadError(ValueError):
    """Stored bytes do not hold a value."""


@dataclass(frozen=True)
class Payload:
    """A value ready to be stored; ``raw_bytes`` is the size of its JSON before compression.

    ``entries`` is the length of the arrays of a columns value, 1 for any other value.
    """

    blob: bytes
    raw_bytes: int
    entries: int


def encode(value: Any) -> Payload:
    """Return a value as a payload. Raises PayloadError if it is not JSON-serialisable, or too large.

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
    if len(raw) > MOST_RAW_BYTES:
        raise PayloadError(f"the value has {len(raw) / 1e6:,.0f} MB of JSON, more than {_MOST_MB}")
    if _has_too_many_parts(raw):
        raise PayloadError(f"the value has more than {MOST_PARTS:,} parts")
    return Payload(compress(raw), len(raw), count_entries(value))


def decode(blob: bytes) -> Any:
    """Return the value of stored bytes. Raises PayloadError if they are damaged."""
    raw = decompress(blob)
    if _has_too_many_parts(raw):
        raise PayloadError(f"the stored bytes are damaged: they hold more than {MOST_PARTS:,} parts")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise PayloadError(f"the stored bytes are damaged: {error}") from None


def _has_too_many_parts(raw: bytes) -> bool:
    # Commas within texts are counted too, which does not matter because no dataset has that many.
    return len(raw) > MOST_PARTS and raw.count(b",") + raw.count(b"[") + raw.count(b"{") > MOST_PARTS


def compress(raw: bytes) -> bytes:
    """Return bytes in the form in which they are stored; HTTP calls it ``deflate``."""
    return zlib.compress(raw, COMPRESSION_LEVEL)


def decompress(blob: bytes) -> bytes:
    """Return the JSON of stored bytes, not decoded.

    Raises PayloadError if they are damaged, or would unpack to more than ``MOST_RAW_BYTES``.
    """
    unpacking = zlib.decompressobj()
    try:
        raw = unpacking.decompress(blob, MOST_RAW_BYTES)
        # At the limit only the end of the stream may be left to read.
        if not unpacking.eof and unpacking.decompress(unpacking.unconsumed_tail, 1):
            raise PayloadError(f"the stored bytes are damaged: they unpack to more than {_MOST_MB}")
    except (zlib.error, TypeError) as error:
        raise PayloadError(f"the stored bytes are damaged: {error}") from None
    if not unpacking.eof:
        raise PayloadError("the stored bytes are damaged: they end too soon")
    return raw


def digest(blob: bytes) -> str:
    """Return the digest of stored bytes, which differs for different bytes."""
    return hashlib.blake2b(blob, digest_size=16).hexdigest()


def count_entries(value: Any) -> int:
    """Return the length of the arrays of a columns value, 1 for any other value."""
    if isinstance(value, dict) and value and all(isinstance(column, list) for column in value.values()):
        lengths: Sequence[int] = [len(column) for column in value.values()]
        if len(set(lengths)) == 1:
            return lengths[0]
    return 1
