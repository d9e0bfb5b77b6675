"""Failures of a source in PostgreSQL, explained to the user without the address's password."""

from __future__ import annotations

from engine.model.errors import ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress

_Explanation = tuple[tuple[str, ...], str, str]

# Fragments of a message → cause, remedy; the first that fits is used.
_REFUSALS: tuple[_Explanation, ...] = (
    (
        ("password authentication failed", "no password supplied", "pg_hba.conf", "peer authentication"),
        "the server refuses the login ({message})",
        "correct user and password in {named_by}, or allow the login in pg_hba.conf",
    ),
    (
        ("does not exist", "permission denied for database"),
        "{message}",
        "name a database that this user may read with {named_by}",
    ),
    (
        ("could not translate host name",),
        "there is no such host ({message})",
        "correct the host in {named_by}",
    ),
)
# Any of these may soon be over.
_ABSENCES: tuple[_Explanation, ...] = (
    (
        ("unable to connect", "connection to server", "could not connect", "connection timeout",
         "no such file"),
        "the server cannot be reached ({message})",
        "start it, or correct host and port in {named_by}",
    ),
    (
        ("terminating connection", "server closed the connection", "connection not open", "ssl connection",
         "no connection to the server", "shutting down", "starting up", "recovery mode"),
        "the connection ended ({message})",
        "try again when the server is up",
    ),
)  # fmt: skip


def explain_postgres_failure(address: PostgresAddress, message: str) -> SourceError:
    """Return the error that explains a message of DuckDB, libpq or psycopg, with a remedy."""
    shown = server_message(address.hide(message))
    text = shown.lower()
    for explanations, kind in ((_REFUSALS, SourceError), (_ABSENCES, ServerAwayError)):
        for fragments, cause, remedy in explanations:
            if any(fragment in text for fragment in fragments):
                return kind(address, cause.format(message=shown), remedy.format(named_by=address.named_by))
    return SourceError(address, shown, "run `dashboard check` to see more")


def is_about_the_server(message: str) -> bool:
    """Return whether a message is about the whole source, not about one table or view."""
    text = message.lower()
    return "fatal:" in text or any(
        fragment in text for fragments, *_ in (*_REFUSALS[2:], *_ABSENCES) for fragment in fragments
    )


def server_message(message: str) -> str:
    """Return what the server says, without DuckDB's words and statement around it, on one line.

    >>> server_message('IO Error: Failed to prepare "COPY (select 1)": ERROR:  permission denied for table a')
    'permission denied for table a'
    >>> server_message('Binder Error: Failed to prepare "\\n select 1": server closed it\\n\\tThis means')
    'server closed it'
    """
    text = message.strip() or "it cannot be read"
    for mark in ("FATAL:", "ERROR:", '": '):
        if mark in text:
            text = text.rpartition(mark)[2].strip()
            break
    return text.splitlines()[0]
