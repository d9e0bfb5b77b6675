"""Text for those who read pages: an error's line names files without the folders that they are in.

Where the dashboard is installed and where its files are is for the log and the command line alone.
"""

from __future__ import annotations

import re

# A folder's name may have blanks, so a path goes on to its last slash; a URL and `and/or` are no paths.
_PATH = re.compile(r"(?<![\w:/.<])(?:~|\.{1,2})?/(?:[^/\n'\":;,()]{1,255}/)*([^\s/'\":;,()]*)")
NO_NAME = "…"


def without_paths(text: str) -> str:
    """Return a text in which every absolute path is its last name.

    >>> without_paths("/srv/my data/sites.db: no such file; name it with --db")
    'sites.db: no such file; name it with --db'
    >>> without_paths("see https://example.org/a/b and/or 3/4")
    'see https://example.org/a/b and/or 3/4'
    """
    return _PATH.sub(lambda found: found[1] or NO_NAME, text)
