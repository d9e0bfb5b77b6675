"""Binds the port of ``dashboard serve``, and names the address that it has then."""

from __future__ import annotations

import os
import socket

from engine.model.errors import SettingError
from engine.model.settings import Settings


def listen(settings: Settings) -> socket.socket:
    """Return a bound socket, so that a port in use is an error before anything is computed.

    That of ``::`` takes connections over IPv4 too, and over nothing else on a machine without IPv6.
    """
    is_dual = settings.host == "::" and socket.has_dualstack_ipv6()
    host = "0.0.0.0" if settings.host == "::" and not is_dual else settings.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server(
            (host, settings.port), family=family, backlog=2048, dualstack_ipv6=is_dual
        )
    except (OSError, UnicodeError) as error:
        # Python's text contains the address, which the error names already.
        number = error.errno if isinstance(error, OSError) else None
        cause = os.strerror(number) if number and number > 0 else str(error)
        raise SettingError(
            f"{settings.host}:{settings.port}", f"cannot listen there ({cause})",
            "set PORT or DASHBOARD_HOST to another",
        ) from None  # fmt: skip
    listener.setblocking(False)
    return listener


def shown_host(host: str) -> str:
    """Return a host as it stands in an address."""
    return f"[{host}]" if ":" in host else host


def shown_url(settings: Settings) -> str:
    """Return the address that is served."""
    return f"http://{shown_host(settings.host)}:{settings.port}{settings.base_path}"
