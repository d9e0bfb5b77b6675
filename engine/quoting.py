"""Names and texts as SQL writes them: quoted alike by SQLite and DuckDB."""

from __future__ import annotations


def quote_identifier(name: str) -> str:
    """Return a name as a quoted SQL identifier.

    >>> print(quote_identifier('a "name"'))
    "a ""name"\""
    """
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """Return a text as a quoted SQL literal.

    >>> print(quote_literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"
