"""The addresses of one site, one job and one error: written by links, and read by their pages.

A job's key stands in its path as it is if it is a plain name. Any other may hold slashes, line breaks or
nothing at all, which proxies rewrite and servers refuse, so it stands there in base64 after a ``~``. An error
stands in the query with all that names it: it needs no list of errors to be found again, so a bookmark
outlives the error, and no log has a query.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, unquote, urlencode

SITE, JOB, ERROR = "/site", "/job", "/error"
MOST_KEY_LENGTH = 900
"""The longest end of a path; the server takes no path of 1,000 letters."""

MOST_ERROR_LENGTH = 1_000
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")
_SITE_ID = re.compile(r"-?[0-9]{1,19}")
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True)
class ErrorKey:
    """What names one kind of error: its source, its stage (None if it has none) and its grouped message."""

    source: str
    stage: str | None
    message: str


def site_path(site_id: str, outreach_id: str | None = None) -> str:
    """Return the path of a site's page; with an outreach message, of its contact there."""
    query = "" if outreach_id is None else "?" + urlencode({"contact": outreach_id}, quote_via=quote)
    return f"{SITE}/{quote(site_id, safe='')}{query}"


def job_path(task_key: str | None) -> str | None:
    """Return the path of a job's page; None without a key, and for one that is too long for a path."""
    if task_key is None:
        return None
    if _PLAIN.fullmatch(task_key):
        return f"{JOB}/{task_key}"
    coded = base64.urlsafe_b64encode(task_key.encode("utf-8", "replace")).decode().rstrip("=")
    return f"{JOB}/~{coded}" if len(coded) <= MOST_KEY_LENGTH else None


def error_path(source: str | None, stage: str | None, message: str | None) -> str | None:
    """Return the path of an error's page; None if its source or message is unknown."""
    if source is None or message is None:
        return None
    named = {"source": source} | ({} if stage is None else {"stage": stage}) | {"message": message}
    return f"{ERROR}?{urlencode(named, quote_via=quote, errors='replace')}"


def site_of(path: str) -> str | None:
    """Return the id of the site of a path as a browser has it, below the base path; None if it names none."""
    name = _end_of(path, SITE)
    if name is None or not _SITE_ID.fullmatch(name):
        return None
    return name if abs(int(name)) <= _LARGEST_ID else None


def job_of(path: str) -> str | None:
    """Return the key of the job of a path; None if it names none.

    >>> job_of(job_path("a/b"))
    'a/b'
    """
    name = _end_of(path, JOB)
    if not name or not name.startswith("~"):
        return name or None
    coded = name[1:]
    try:
        decoded = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
        return decoded.decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def error_of(search: str) -> ErrorKey | None:
    """Return the error that a query names; None if it names none."""
    found = query_of(search)
    source, message = found.get("source"), found.get("message")
    if source is None or message is None or len(search) > 20 * MOST_ERROR_LENGTH:
        return None
    return ErrorKey(source, found.get("stage"), message)


def query_of(search: str) -> Mapping[str, str]:
    """Return the first value of each field of a query; none of a query that cannot be read."""
    try:
        fields = parse_qs(search.removeprefix("?"), keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}


def _end_of(path: str, begin: str) -> str | None:
    """Return what follows the beginning of a path, decoded; None if the path begins otherwise."""
    head, slash, end = path.rpartition("/")
    return unquote(end) if slash and head == begin else None
