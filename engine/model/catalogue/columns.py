"""The columns of a dataset, as its header declares them."""

from __future__ import annotations

from dataclasses import dataclass

COLUMN_TYPES = ("text", "integer", "number", "boolean", "instant", "day")


@dataclass(frozen=True)
class Column:
    """One column of a dataset; unit None means that its values have none.

    ``category`` says what kind of thing its words name, and so which colours they have; None for a column
    that no chart colours by. ``contacts``: its texts may name people who were written to, or say what was
    written.
    """

    name: str
    type: str
    unit: str | None = None
    help: str | None = None
    category: str | None = None
    contacts: bool = False
