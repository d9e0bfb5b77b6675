"""Text for those who read pages: an error's line names files without the folders that they are in.

Where the dashboard is installed and where its files are is for the log and the command line alone.
"""

from __future__ import annotations

import re

# An address keeps its host and its database. Its colon at the end of a line's offender is not of it.
_ADDRESS = re.compile(r"\bpostgres(?:ql)?://[^\s'\"<>;,()]*[^\s'\"<>;,():.]")
_SOCKET = re.compile(r"(?<=[?&])host=(?:/|%2F)[^&]*&?", re.IGNORECASE)
# A folder's name may have blanks, so a path goes on to its last slash; a URL and `and/or` are no paths.
_PATH = re.compile(r"(?<![\w:/.<])(?:~|\.{1,2})?/(?:[^/\n'\":;,()]{1,255}/)*([^\s/'\":;,()]*)")
NO_NAME = "…"


def without_paths(text: str) -> str:
    """Return a text in which every absolute path is its last name.

    An address of PostgreSQL is without the folder of its socket.

    >>> without_paths("/srv/my data/sites.db: no such file; name it with --db")
    'sites.db: no such file; name it with --db'
    >>> without_paths("see https://example.org/a/b and/or 3/4")
    'see https://example.org/a/b and/or 3/4'
    >>> without_paths("postgresql://ann@/sites?host=/run/db&port=5433: the server cannot be reached")
    'postgresql://ann@/sites?port=5433: the server cannot be reached'
    """
    parts, end = [], 0
    for address in _ADDRESS.finditer(text):
        parts += [_named(text[end : address.start()]), _SOCKET.sub("", address[0]).rstrip("?&")]
        end = address.end()
    return "".join([*parts, _named(text[end:])])


def _named(text: str) -> str:
    return _PATH.sub(lambda found: found[1] or NO_NAME, text)
