"""What a number says that cannot be known, because the source lacks a table that it counts rows of."""

from __future__ import annotations

from collections.abc import Sequence

from engine.model.catalogue.staging import staging
from engine.model.text.in_words import and_list


def needs(*tables: str) -> str:
    """Return what an unknown number lacks, by the names of staging tables.

    >>> needs("llm_usage"), needs("outreaches", "conversations")
    ('needs table llm_usage', 'needs tables outreaches and conversations')
    """
    names = [staging()[table].source_table for table in tables]
    return f"needs {'table' if len(names) == 1 else 'tables'} {and_list(names)}"


def is_unknown(values: Sequence[object]) -> bool:
    """Return whether a column of counts has rows and no value: a known count is never null."""
    return bool(values) and all(value is None for value in values)
