"""Parameters as ``sqlite3`` has them, ``?`` and ``:name``, translated to those of psycopg."""

from __future__ import annotations

import re
from functools import lru_cache

_PARTS = re.compile(
    r"""
    (?P<kept> '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | :: )
    | (?P<unnamed> \? )
    | :(?P<name> [A-Za-z_]\w* )
    | (?P<percent> % )
    """,
    re.VERBOSE | re.DOTALL,
)


@lru_cache(maxsize=1024)
def translated(sql: str) -> str:
    """Return a statement with the parameters of psycopg. Texts, quoted names and comments stay as they are.

    >>> translated("select '?', a::text from t where b = ? and c = :limit and d % 2 = 0")
    "select '?', a::text from t where b = %s and c = %(limit)s and d %% 2 = 0"
    """
    return _PARTS.sub(_translated_part, sql)


def _translated_part(found: re.Match[str]) -> str:
    if found["unnamed"]:
        return "%s"
    if found["name"]:
        return f"%({found['name']})s"
    return found[0].replace("%", "%%")
