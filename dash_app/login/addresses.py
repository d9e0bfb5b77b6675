"""Where a login leads: an address of this dashboard, and no other. Addresses stand without the base path."""

from __future__ import annotations

import re
from urllib.parse import quote

LOGIN, LOGOUT, START = "/login", "/logout", "/"
MOST_NEXT_LENGTH = 2000

# Browsers read `//x` and `/\x` as another host, and drop tabs and line breaks before they read.
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)
# `..` leads out of the base path, to another program of the host.
_DOTS = re.compile(r"/(\.|%2e){1,2}(/|$)", re.IGNORECASE)


def local_path(text: str) -> str:
    r"""Return a path of this dashboard as it is, the start page for anything else.

    >>> local_path("/llm?range=7d#cost"), local_path("//evil.example"), local_path("/\\evil.example")
    ('/llm?range=7d#cost', '/', '/')
    """
    if len(text) > MOST_NEXT_LENGTH or _LOCAL.fullmatch(text) is None:
        return START
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    return START if path in (LOGIN, LOGOUT) or _DOTS.search(path) else text


def login_address(after: str) -> str:
    """Return the address of the login page that leads to a path afterwards."""
    after = local_path(after)
    return LOGIN if after == START else f"{LOGIN}?next={quote(after, safe='/')}"
