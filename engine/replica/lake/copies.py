"""Copies small tables of a lake into memory while datasets are computed.

Each scan of a lake asks the catalog several times and opens all files of the table, which takes longer than
reading a small table does. A run scans most small tables many times.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import duckdb

from engine.model.catalogue.datasets import Dataset
from engine.model.text.quoting import quote_identifier
from engine.replica.lake.catalog import Claim
from engine.replica.lake.tables import sizes_of_tables
from engine.replica.source import transaction
from engine.replica.sync.file import ALIAS

LEAST_SCANS = 3
"""A table that is scanned less often is not copied."""
MOST_TABLE_BYTES = 1_000_000
"""A table whose files are larger is not copied."""
MOST_BYTES = 8_000_000
"""The most bytes of files that are copied at a time; in memory they take several times as many."""


@contextmanager
def copied_tables(
    connection: duckdb.DuckDBPyConnection, claim: Claim, datasets: Collection[Dataset]
) -> Iterator[None]:
    """Have copies of the small tables that the datasets scan often in ``memory`` for the block.

    Raises ComputeError.
    """
    names = [quote_identifier(name) for name in _worth_copying(claim, datasets)]
    try:
        # One transaction is one state of the lake.
        with transaction(connection):
            for name in names:
                connection.execute(f"create or replace table memory.main.{name} as from {ALIAS}.main.{name}")
        yield
    finally:
        for name in names:
            connection.execute(f"drop table if exists memory.main.{name}")


def _worth_copying(claim: Claim, datasets: Collection[Dataset]) -> list[str]:
    scans = Counter(word for dataset in datasets for word in re.findall(r"\w+", dataset.sql))
    # A macro of this name reads the table of the other.
    for word in list(scans):
        scans[word.removesuffix("_between")] += scans[word] if word.endswith("_between") else 0
    if max(scans.values(), default=0) < LEAST_SCANS:
        return []
    chosen, total = [], 0
    for name, size in sorted(sizes_of_tables(claim), key=lambda table: -scans[table[0]]):
        if scans[name] >= LEAST_SCANS and size <= MOST_TABLE_BYTES and total + size <= MOST_BYTES:
            chosen.append(name)
            total += size
    return chosen
