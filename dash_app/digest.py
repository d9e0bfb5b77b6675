"""Short digests, which differ if what is shown differs."""

from __future__ import annotations

import hashlib


def digest_of(content: bytes) -> str:
    """Return twelve hex digits that differ if the bytes do."""
    return hashlib.blake2b(content, digest_size=6).hexdigest()
