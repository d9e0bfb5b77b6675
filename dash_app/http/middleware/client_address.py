"""The client's address in its one spelling.

A socket that serves IPv6 and IPv4 names a client of IPv4 by an IPv6 address. Code that compares or
counts addresses would take all of IPv4 for one network.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

_MAPPED = "::ffff:"


class ClientAddress:
    """Names a client of IPv4 by its address of IPv4."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope.get("client") and scope["client"][0].startswith(_MAPPED):
            scope["client"] = (scope["client"][0].removeprefix(_MAPPED), scope["client"][1])
        await self._app(scope, receive, send)
