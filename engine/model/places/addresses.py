"""Addresses as HTTP spells them: ``host[:port]`` and the origin ``scheme://host[:port]``.

Spellings of one host or origin become equal: lower case, no dot at the end, short IPv6, no default port.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from engine.model.errors import SettingError
from engine.model.setting_table.kinds import names

DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?")


def split_authority(text: str) -> tuple[str, int | None] | None:
    """Return host and port of ``host[:port]``, IPv6 without its brackets; None if it is no such thing.

    >>> split_authority("Example.org.:8050"), split_authority("[::1]"), split_authority("a@b")
    (('example.org', 8050), ('::1', None), None)
    """
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        return None
    host = host_name(match[1])
    port = None if match[2] is None else int(match[2])
    return None if host is None or (port is not None and not 0 < port < 65536) else (host, port)


def host_name(text: str) -> str | None:
    """Return the one spelling of a host, with or without brackets; None if it is neither name nor address."""
    if ":" in text or text.startswith("["):
        # A zone, as in fe80::1%eth0, means something on one machine alone.
        address = ip_of(text.removeprefix("[").removesuffix("]"))
        return None if address is None or "%" in text else str(address)
    name = text.lower().removesuffix(".")
    return name if re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name) else None


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """Return a host's address, IPv4 if it is IPv4 within IPv6; None for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return an origin as browsers spell it; None for the port is the scheme's own.

    >>> origin_of("https", "example.org", 443), origin_of("http", "::1", 8050)
    ('https://example.org', 'http://[::1]:8050')
    """
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + ("" if port in (None, DEFAULT_PORTS[scheme]) else f":{port}")


def read_origin(text: str) -> str | None:
    """Return the one spelling of ``scheme://host[:port]``, with or without a slash; None for all else."""
    scheme, separator, rest = text.strip().partition("://")
    authority = split_authority(rest.removesuffix("/"))
    if not separator or authority is None or scheme.lower() not in DEFAULT_PORTS:
        return None
    return origin_of(scheme.lower(), *authority)


def host_of(origin: str) -> str:
    """Return the host of an origin that ``read_origin`` has returned."""
    return urlsplit(origin).hostname or ""


def host_names(name: str, text: str) -> tuple[str, ...]:
    """Return the hosts of a setting, separated by commas. Raises SettingError."""
    hosts = names(name, text)
    found = [host_name(host) for host in hosts]
    if None in found:
        raise SettingError(
            name,
            f"{hosts[found.index(None)]!r} is no host",
            "write names or addresses alone, comma-separated, without ports",
        )
    return tuple(host for host in found if host is not None)


def public_origin(name: str, text: str) -> str | None:
    """Return the origin of a setting; None if it is empty. Raises SettingError."""
    origin = read_origin(text)
    if text.strip() and origin is None:
        raise SettingError(
            name,
            f"{text!r} is no address of a site",
            "write it as https://dashboard.example.org, without a path",
        )
    return origin
