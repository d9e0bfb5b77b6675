"""The address of a PostgreSQL database: what connects has all of it, what people read has no password."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from engine.model.errors import SettingError
from engine.model.places.hiding import hidden
from engine.model.places.secret import Secret

SCHEMES = ("postgresql", "postgres")
REMEDY = "write postgresql://user:password@host/database, with reserved characters as %40 and the like"
_IN_QUERY = frozenset(("host", "port", "dbname", "user"))
"""What of an address's query is shown; all else may be a secret or a path to one."""


@dataclass(frozen=True)
class PostgresAddress:
    """An address as libpq takes it. Its text is the address without password and options.

    ``named_by`` is the setting or option that has it, as errors say it.

    >>> str(parse_postgres_address("DASHBOARD_DB", "postgresql://ann:secret@db.example.org:5433/sites"))
    'postgresql://ann@db.example.org:5433/sites'
    >>> str(parse_postgres_address("DASHBOARD_DB", "postgresql:///sites?host=/run/db&password=secret"))
    'postgresql:///sites?host=/run/db'
    """

    url: Secret
    redacted: str
    named_by: str = field(compare=False)

    def __str__(self) -> str:
        """Return the address as it may be shown."""
        return self.redacted

    @property
    def name(self) -> str:
        """Return the database's name, for files that belong to it; the user's if it has none."""
        parts = urlsplit(self.url.text)
        return unquote(parts.path.strip("/")) or unquote(parts.username or "") or "postgresql"

    def hide(self, message: str) -> str:
        """Return a message of a driver without what of this address is a secret.

        >>> address = parse_postgres_address("DASHBOARD_DB", "postgresql://ann:se%20cret@db/sites")
        >>> address.hide("user=ann password='se cret' host=db: no such host")
        'user=ann password=… host=db: no such host'
        """
        return hidden(message, self.url.text, self.redacted)


SourceAddress = Path | PostgresAddress
"""Where a source is: a file of SQLite, or a database of PostgreSQL."""


def is_postgres_address(text: str) -> bool:
    """Return whether a text begins as an address of PostgreSQL does."""
    return text.strip().partition("://")[0].lower() in SCHEMES


def parse_postgres_address(setting: str, text: str) -> PostgresAddress:
    """Return the address of a setting's text. Raises SettingError, which does not repeat the text."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        options = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        raise SettingError(setting, "it is no address of PostgreSQL", REMEDY) from None
    # libpq ends the password at the first @, and would show the rest of it as the host.
    is_divided = parts.netloc.count("@") > 1
    if parts.scheme not in SCHEMES or parts.fragment or is_divided or "/" in parts.path.strip("/"):
        raise SettingError(setting, "it is no address of PostgreSQL", REMEDY)
    user = f"{quote(unquote(parts.username))}@" if parts.username else ""
    host = parts.hostname or ""
    place = f"[{host}]" if ":" in host else host
    shown = "&".join(f"{name}={options[name][0]}" for name in options if name in _IN_QUERY)
    redacted = (
        f"postgresql://{user}{place}{f':{port}' if port else ''}{parts.path}{f'?{shown}' if shown else ''}"
    )
    return PostgresAddress(Secret(text.strip()), redacted, setting)
