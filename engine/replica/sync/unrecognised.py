"""Counts the words of the replica's tables that the schema does not know.

Words are cleaned and cut before they are counted. While a column has few of them, a sync counts only the rows
that it added and removed. The whole table is read if there are many words, or if the table was copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import duckdb

from engine.model.catalogue.staging import StagedColumn, StagedTable
from engine.model.catalogue.words import KNOWN_WORDS, LONGEST_WORD, MOST_SHOWN
from engine.model.text.quoting import quote_literal
from engine.model.values.quality import UnrecognisedCount
from engine.replica.sync.changes import TableChange

MOST_KEPT = 100
"""The most words that are stored of a column. A column with this many may have more."""

Words = tuple[tuple[str, str, int], ...]
"""Replica column, word and number of values: by column, then the most frequent first."""


def count_unrecognised(
    connection: duckdb.DuckDBPyConnection,
    staged: StagedTable,
    present: Iterable[StagedColumn],
    change: TableChange,
    before: Words | None,
) -> Words:
    """Return the unrecognised words of a table after a change; ``before`` is None if they are not known."""
    found: list[tuple[str, str, int]] = []
    names = {column.name for column in present}
    for column in KNOWN_WORDS.get(staged.name, {}):
        if column in names:
            words = None
            if before is not None and not change.reloaded:
                own = {word: values for name, word, values in before if name == column}
                words = _words_after(connection, staged.name, column, change, own)
            if words is None:
                words = _words_of(connection, f'"{staged.name}"', staged.name, column)
            ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))
            found += [(column, word, values) for word, values in ranked[:MOST_KEPT] if values > 0]
    return tuple(found)


def _words_after(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    change: TableChange,
    before: Mapping[str, int],
) -> Counter[str] | None:
    """Return a column's words after a sync; None if some of them may be missing from those before."""
    words = Counter(before)
    longest = len(words)
    for rows, sign in change.parts(table).items():
        found = _words_of(connection, rows, table, column)
        words.update({word: sign * values for word, values in found.items()})
        longest = max(longest, len(found))
    return None if longest >= MOST_KEPT else words


def _words_of(connection: duckdb.DuckDBPyConnection, rows: str, table: str, column: str) -> Counter[str]:
    known = ", ".join(map(quote_literal, KNOWN_WORDS[table][column]))
    counted = connection.execute(
        f"select left(cleaned_message({column}), {LONGEST_WORD}) as word, count(*) from {rows}"
        f" where {column} not in ({known}) group by word order by count(*) desc, word limit {MOST_KEPT}"
    ).fetchall()
    return Counter(dict(counted))


def unrecognised_counts(staged: StagedTable, words: Words) -> tuple[UnrecognisedCount, ...]:
    """Return the most frequent words of each column, under the names of the source's columns."""
    shown: list[UnrecognisedCount] = []
    for column in staged.columns:
        own = [(word, values) for name, word, values in words if name == column.name]
        shown += _shown(staged.source_table, column.origin, own)
    return tuple(shown)


def _shown(table: str, column: str, words: Sequence[tuple[str, int]]) -> list[UnrecognisedCount]:
    return [UnrecognisedCount(table, column, word, values) for word, values in words[:MOST_SHOWN]]
