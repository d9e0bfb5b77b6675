"""Hides the secrets of an address in a message of a driver: passwords, and options that may be one."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

LEAST_HIDDEN = 4
"""So many characters a secret has that is hidden wherever it stands: a shorter one is also found in words."""

SHOWN = frozenset(
    (
        "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname", "host",
        "hostaddr", "port", "sslmode", "target_session_attrs", "user",
    )
)  # fmt: skip
"""The options of an address that messages may show; any other may be a secret, or a path to one."""

_ADDRESS = re.compile(r"\bpostgres(?:ql)?://[^\s\"'<>]+")
_PAIR = re.compile(r"(password|passfile|sslkey)(\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s\"'&]+)")


def hidden(message: str, url: str, redacted: str) -> str:
    """Return a message in which nothing of an address is a secret, and the address itself is ``redacted``.

    Drivers repeat the address, or a connection string or statement that they make of it.

    >>> url = "postgresql://ann:it%27s%20secret@db/sites?sslpassword=k3y-to-all"
    >>> hidden(f"user=ann password='it\\\\'s secret' host=db: bad address {url}", url, "postgresql://ann@db/sites")
    'user=ann password=… host=db: bad address postgresql://ann@db/sites'
    >>> hidden("it's secret, or k3y-to-all", url, "")
    '…, or …'
    """
    text = message.replace(url, redacted)
    text = _ADDRESS.sub(lambda found: found[0] if found[0] in redacted else redacted, text)
    text = _PAIR.sub(r"\1\2…", text)
    for secret in sorted(_forms(url), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text


def _forms(url: str) -> set[str]:
    """Return the secrets of an address, each in all the forms in which a driver may repeat it."""
    parts = urlsplit(url)
    options = parse_qsl(parts.query, keep_blank_values=True)
    given = [parts.password or "", *(value for name, value in options if name not in SHOWN)]
    forms: set[str] = set()
    for plain in {*given, *map(unquote, given)}:
        escaped = plain.replace("\\", "\\\\").replace("'", "\\'")
        forms |= {plain, quote(plain), quote(plain, safe=""), quote_plus(plain), escaped}
        forms |= {plain.replace("'", "''"), escaped.replace("'", "''")}
    return {form for form in forms if len(form) >= LEAST_HIDDEN}
