"""PostgreSQL: connections from a pool, transactions, and errors as one line without a password.

``reading`` and ``writing`` are transactions. They yield a ``PostgresConnection``, whose statements have the
parameters of ``sqlite3`` and find the tables of the schema ``dashboard``.
"""

from engine.postgres.connection import PostgresConnection
from engine.postgres.failures import explaining
from engine.postgres.listening import ListeningConnection
from engine.postgres.lock_session import LockSession
from engine.postgres.pool import CONNECT_SECONDS, connect, end_pools
from engine.postgres.schema import make_schema
from engine.postgres.transactions import reading, writing
from engine.postgres.words import connection_words, joined

__all__ = [
    "CONNECT_SECONDS",
    "ListeningConnection",
    "LockSession",
    "PostgresConnection",
    "connect",
    "connection_words",
    "end_pools",
    "explaining",
    "joined",
    "make_schema",
    "reading",
    "writing",
]
