"""Failures of PostgreSQL, explained to the user in one line in which no password stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from engine.model.errors import ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.source_file.failures import locked

_Explanation = tuple[tuple[str, ...], str, str]

# Fragments of a message at the time of connecting → cause, remedy. Waiting changes nothing about these.
_REFUSALS: tuple[_Explanation, ...] = (
    (("password authentication failed", "no password supplied"), "the server refuses user and password",
     "correct them in {named_by}"),
    (("no pg_hba.conf entry", "authentication failed"), "the server does not let this user in ({message})",
     "let it in in the server's pg_hba.conf"),
    (("database \"",), "the server has no such database ({message})",
     "make it with `createdb`, or correct {named_by}"),
    (("role \"",), "the server has no such user ({message})",
     "make it with `createuser`, or correct {named_by}"),
    (("could not translate host name", "failed to resolve"), "no such host ({message})",
     "correct the host in {named_by}"),
    (("invalid ", "root certificate", "ssl"), "the address cannot be used ({message})", "correct {named_by}"),
)  # fmt: skip

_ENDS = frozenset(("57P01", "57P02", "57P03", "57P05", "25P03", "53300"))
"""States of a server that is ended, crashes or starts, ends an idle session, or has too many connections."""


def explained(address: PostgresAddress, error: psycopg.Error) -> SourceError:
    """Return the error that explains one of the driver to a user, with a remedy."""
    message = _message(address, error)
    match error:
        case errors.LockNotAvailable() | errors.DeadlockDetected() | errors.SerializationFailure():
            return locked(address)
        case errors.UndefinedTable() | errors.InvalidSchemaName() | errors.UndefinedColumn():
            cause, remedy = "one of the dashboard's tables is missing ({message})", "run `dashboard migrate`"
        case errors.InsufficientPrivilege():
            cause = "this user may not do it ({message})"
            remedy = "let its owner grant it: docs/scaling.md has the statements"
        case errors.ReadOnlySqlTransaction():
            cause = "it cannot be written to: it is a standby, or read-only"
            remedy = f"name the primary server with {address.named_by}"
        case errors.DiskFull():
            cause, remedy = "the disk of the server is full ({message})", "free space on the server"
        case _ if is_lost(error):
            return _connecting(address, error, message)
        case _:
            cause, remedy = "{message}", "run `dashboard check` to see more"
    return SourceError(address, cause.format(message=message), remedy)


@contextmanager
def explaining(address: PostgresAddress) -> Iterator[None]:
    """Explain the errors of the driver in the block. Raises SourceError."""
    try:
        yield
    except psycopg.Error as error:
        raise explained(address, error) from error


def is_lost(error: psycopg.Error) -> bool:
    """Return whether an error says that the connection is gone, or that there was none."""
    if isinstance(error, psycopg.InterfaceError):
        return True
    state = error.sqlstate or ""
    return isinstance(error, psycopg.OperationalError) and (
        not state or state[:2] in ("08", "28", "3D") or state in _ENDS
    )


def _connecting(address: PostgresAddress, error: psycopg.Error, message: str) -> SourceError:
    text = message.lower()
    state = error.sqlstate or ""
    if state[:2] in ("", "28", "3D"):
        for fragments, cause, remedy in _REFUSALS:
            if any(fragment in text for fragment in fragments):
                return SourceError(
                    address, cause.format(message=message), remedy.format(named_by=address.named_by)
                )
    return ServerAwayError(
        address, f"the server cannot be reached ({message})", f"start it, or correct {address.named_by}"
    )


def _message(address: PostgresAddress, error: psycopg.Error) -> str:
    """Return the driver's message on one line, without anything of the address that is not shown."""
    primary = error.diag.message_primary
    text = " ".join((primary or str(error) or type(error).__name__).split())
    for words in ("connection is bad: ", "connection failed: "):
        text = text.removeprefix(words)
    text = text.partition(" Is the server running")[0]
    return address.hide(text)
