"""Compressed bytes: which encoding a request takes, and the one place that compresses for HTTP."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Iterable, Iterator

import brotli  # type: ignore[import-untyped]

from engine.model.values import payload

SMALLEST_BYTES = 1000
"""Shorter bodies are sent as they are, because compression saves nothing."""

FILE_QUALITY, ANSWER_QUALITY = 9, 4
"""Brotli's quality for files, which are compressed once, and for answers, which a reader waits for."""

GZIP_LEVEL = 6
ENCODINGS = ("br", "gzip")
"""Those of files and pages, best first; the API sends ``deflate``, which is how values are stored."""


def accepts(accepted: str, encoding: str) -> bool:
    """Return whether a request's ``Accept-Encoding`` names an encoding and does not refuse it.

    >>> accepts("gzip, deflate;q=0.5", "deflate"), accepts("gzip, deflate; q=0", "deflate")
    (True, False)
    """
    for part in accepted.lower().split(","):
        name, _, quality = part.replace(" ", "").partition(";")
        if name == encoding:
            return re.fullmatch(r"q=0(\.0*)?", quality) is None
    return False


def preferred(accepted: str) -> str:
    """Return the best encoding that a request takes, the empty text for none.

    >>> preferred("gzip, deflate, br"), preferred("br;q=0, gzip"), preferred("identity")
    ('br', 'gzip', '')
    """
    return next((encoding for encoding in ENCODINGS if accepts(accepted, encoding)), "")


def compressed(body: bytes, encoding: str, brotli_quality: int = ANSWER_QUALITY) -> bytes:
    """Return a body in an encoding; the empty text leaves it as it is."""
    match encoding:
        case "br":
            packed: bytes = brotli.compress(body, quality=brotli_quality)
            return packed
        case "gzip":
            return gzip.compress(body, GZIP_LEVEL, mtime=0)
        case "deflate":
            return payload.compress(body)
        case _:
            return body


def gzipped(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield parts packed as gzip, as they come."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=GZIP_LEVEL, mtime=0) as packing:
        for part in parts:
            packing.write(part)
            yield _taken(packed)
    yield _taken(packed)


def _taken(buffer: io.BytesIO) -> bytes:
    """Return what is in a buffer, which is empty afterwards."""
    held = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return held
