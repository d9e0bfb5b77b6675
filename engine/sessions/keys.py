"""Random secrets and what is stored of them; the key by which an address is counted."""

from __future__ import annotations

import hashlib
import secrets
from ipaddress import IPv6Address, ip_address, ip_network

SECRET_BYTES = 32
TOKEN_PREFIX = "sdt_"
"""What a token begins with, so that programs that look for secrets in files find it."""

MOST_SECRET_LENGTH = 128


def new_secret() -> str:
    """Return 256 random bits as a text for a cookie, a link or a header."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest_of(secret: str) -> str:
    """Return what is stored of a secret: its SHA-256, as hexadecimal digits.

    A secret of 256 random bits cannot be guessed from it.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def address_key(address: str) -> str:
    """Return what failures are counted by: an IPv4 address, or the /64 network of an IPv6 address.

    >>> address_key("2001:db8:1:2:3:4:5:6"), address_key("::ffff:192.0.2.7"), address_key("nonsense")
    ('2001:db8:1:2::/64', '192.0.2.7', 'unknown')
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, 64), strict=False))
