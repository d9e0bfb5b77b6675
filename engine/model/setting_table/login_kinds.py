"""What the settings of the login must be: secrets, networks, the name of a header."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

from engine.model.errors import SettingError
from engine.model.places.secret import Secret
from engine.model.setting_table.kinds import names, yes_or_no

Network = IPv4Network | IPv6Network

_NO_IDENTITY = (
    "authorization", "connection", "content-length", "cookie", "forwarded", "host", "origin",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
)  # fmt: skip
"""Headers that say something else than who a person is."""


def optional_secret(name: str, text: str) -> Secret | None:
    """Return a secret; None for the empty text."""
    return Secret(text) if text else None


def yes_or_no_or_digit(name: str, text: str) -> bool:
    """Return whether a text says yes: ``yes`` or ``1``. Raises SettingError."""
    return yes_or_no(name, {"1": "yes", "0": "no"}.get(text.strip(), text))


def networks(name: str, text: str) -> tuple[Network, ...]:
    """Return addresses and networks. Raises SettingError.

    >>> networks("X", "127.0.0.1, 10.0.0.0/8")
    (IPv4Network('127.0.0.1/32'), IPv4Network('10.0.0.0/8'))
    """
    found = []
    for part in names(name, text):
        try:
            found.append(ip_network(part))
        except ValueError:
            raise SettingError(
                name,
                f"{part!r} is no address and no network",
                "write 127.0.0.1 or 10.0.0.0/8",
            ) from None
    return tuple(found)


def header_name(name: str, text: str) -> str:
    """Return the name of a header in lower case, the empty text for none. Raises SettingError."""
    header = text.strip().lower()
    if header and (not re.fullmatch(r"[a-z0-9-]+", header, re.ASCII) or header in _NO_IDENTITY):
        raise SettingError(
            name, f"{text!r} cannot name a person", "name a header of your proxy, such as X-Forwarded-User"
        )
    return header
