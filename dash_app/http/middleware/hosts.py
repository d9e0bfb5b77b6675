"""The names that the dashboard answers to, against DNS rebinding.

A page of another site can have its name resolve to this machine. Its requests then carry that name as Host.
"""

from __future__ import annotations

import logging

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.doors import door_of, is_internal
from dash_app.http.middleware.refusals import header_values, refuse, shown
from engine.model.places.addresses import host_name, host_of, ip_of, split_authority
from engine.model.settings import Settings
from engine.model.text.rare_log import RareLog

log = logging.getLogger(__name__)

ANY_ADDRESS = ("0.0.0.0", "::")
UNKNOWN_NAME = (
    "This dashboard does not answer to this name. Its operator can add the name to DASHBOARD_ALLOWED_HOSTS."
)


class AllowedHosts:
    """Answers 421 to a Host that is none of the dashboard's names.

    Its names are those of the loopback interface, ``DASHBOARD_HOST``, those of ``DASHBOARD_PUBLIC_URL`` and
    ``DASHBOARD_ALLOWED_HOSTS``. If it listens on all addresses, the address that a request came to is one.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        configured = host_name(settings.host)
        self._is_anywhere = configured in ANY_ADDRESS
        names = {"localhost", *settings.allowed_hosts}
        if configured is not None and not self._is_anywhere:
            names.add(configured)
        if settings.public_url is not None:
            names.add(host_of(settings.public_url))
        self._names = frozenset(names)
        self._rare = RareLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its Host is allowed."""
        if scope["type"] == "lifespan" or is_internal(scope) or self._is_allowed(scope):
            await self._app(scope, receive, send)
            return
        hosts = header_values(scope, b"host")
        if len(hosts) == 1:
            self._rare.warning(
                "a request for %s was refused; if that is this dashboard, add the name to"
                " DASHBOARD_ALLOWED_HOSTS",
                shown(hosts[0]),
            )
            await refuse(PlainTextResponse(UNKNOWN_NAME, 421), scope, receive, send)
        else:
            await refuse(PlainTextResponse("Give one Host header", 400), scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        door = door_of(scope)
        if door is not None and door.any_host:
            return True
        hosts = header_values(scope, b"host")
        if len(hosts) != 1 or (authority := split_authority(hosts[0])) is None:
            return False
        host = authority[0]
        if host in self._names:
            return True
        address = ip_of(host)
        if address is None:
            return False
        return address.is_loopback or (self._is_anywhere and address == _own_address(scope))


def _own_address(scope: Scope) -> object:
    """Return the address of this machine that a request came to; None if it came by a Unix socket."""
    server = scope.get("server")
    return ip_of(str(server[0])) if server else None
