"""How often tests repeat themselves with other rows: a few times in `make test`, more in `make test-long`."""

from __future__ import annotations

import os

IS_LONG = os.environ.get("TESTS") == "long"


def times(few: int, many: int) -> int:
    """Return how often to repeat: few times, or many in `make test-long`."""
    return many if IS_LONG else few


HISTORIES = int(os.environ.get("HISTORIES", times(1, 10)))
"""How many random histories of each kind a source has."""
