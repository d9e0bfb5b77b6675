"""What a reverse proxy says of a request: who asks, by which scheme, and who is logged in.

It counts if the proxy is one of ``DASHBOARD_TRUSTED_PROXIES``. From everybody else these headers are removed,
in every spelling: a program behind the dashboard could take ``X_Forwarded_User`` for ``X-Forwarded-User``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.doors import is_internal
from engine.model.setting_table.login_kinds import Network
from engine.model.settings import Settings

IDENTITY_KEY: Final = "dashboard.identity"
"""Where the scope has the name of who a trusted proxy says is logged in; no client can send it."""

_FORWARDED = (
    "forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix",
    "x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-server", "x-real-ip",
)  # fmt: skip
_MOST_NAME_LENGTH = 200

Address = IPv4Address | IPv6Address


class ProxyHeaders:
    """Takes address, scheme and identity from a trusted proxy, and the headers from all others."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._trusted = settings.trusted_proxies
        self._auth_header = settings.auth_header
        self._removed = frozenset(name.encode() for name in (*_FORWARDED, settings.auth_header) if name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as the proxy has described it."""
        if scope["type"] != "lifespan" and not is_internal(scope):
            self._describe(scope)
        await self._app(scope, receive, send)

    def _describe(self, scope: Scope) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        scope.pop(IDENTITY_KEY, None)
        scope["headers"] = [pair for pair in headers if _hyphened(pair[0]) not in self._removed]
        peer = _parsed(scope["client"][0]) if scope.get("client") else None
        if peer is None or not _is_in(peer, self._trusted):
            return
        client = _client(_values(headers, "x-forwarded-for"), peer, self._trusted)
        if client != peer:
            scope["client"] = (str(client), 0)
        scheme = _scheme(_values(headers, "x-forwarded-proto"))
        if scheme is not None:
            secure = {"https": "wss", "http": "ws"} if scope["type"] == "websocket" else {}
            scope["scheme"] = secure.get(scheme, scheme)
        if self._auth_header:
            name = _identity(_values(headers, self._auth_header))
            if name is not None:
                scope[IDENTITY_KEY] = name


def _hyphened(name: bytes) -> bytes:
    return name.lower().replace(b"_", b"-")


def _values(headers: Iterable[tuple[bytes, bytes]], name: str) -> list[str]:
    """Return the values of a header, spelt with hyphens alone."""
    wanted = name.encode()
    return [value.decode("latin-1") for found, value in headers if found.lower() == wanted]


def _client(values: Sequence[str], peer: Address, trusted: Sequence[Network]) -> Address:
    """Return the address that the nearest trusted proxy has seen and that is none of the proxies.

    A proxy appends to the list, so what stands left of the first untrusted address may be made up.
    """
    client = peer
    for part in reversed(",".join(values).split(",")):
        address = _parsed(part)
        if address is None:
            break
        client = address
        if not _is_in(address, trusted):
            break
    return client


def _parsed(text: str) -> Address | None:
    """Return an address that may have a port; None for anything else."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)


def _scheme(values: Sequence[str]) -> str | None:
    schemes = [part.strip().lower() for part in ",".join(values).split(",")]
    return schemes[-1] if schemes[-1] in ("http", "https") else None


def _identity(values: Sequence[str]) -> str | None:
    """Return who is logged in; None without a name, or with several: then the client may have sent one.

    A name with braces is a placeholder that Caddy has left as it is, because its login service named nobody.
    """
    if len(values) != 1:
        return None
    try:
        name = values[0].encode("latin-1").decode("utf-8").strip()
    except UnicodeDecodeError:
        return None
    is_name = name.isprintable() and len(name) <= _MOST_NAME_LENGTH and not {"{", "}"} & set(name)
    return name if name and is_name else None
