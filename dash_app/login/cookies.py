"""The cookies: their names, how they are read from a request and set in an answer.

Under TLS their names begin with ``__Host-``, which no other host and no plain connection can set. Each
dashboard has names of its own, because a browser sends one host's cookies to all its ports and paths. Web
processes with one public address share them.
"""

from __future__ import annotations

import hashlib
import re

from starlette.types import Scope

from engine.model.settings import Settings

SESSION, DEVICE = "", "-device"
"""What the names of the two cookies end with."""

MOST_TRIED = 3
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


class Cookies:
    """The cookies of one dashboard."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def _is_secure(self, scope: Scope) -> bool:
        public = self._settings.public_url
        return public.startswith("https:") if public else scope.get("scheme") in ("https", "wss")

    def _name(self, scope: Scope, kind: str) -> str:
        is_secure = self._is_secure(scope)
        if not is_secure and not self._settings.public_url:
            return f"dashboard_{self._settings.port}{kind}"
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        origin = self._settings.public_url or f"https://{''.join(hosts).lower()}"
        address = f"{origin}{self._settings.base_path}"
        prefix = "__Host-dashboard-" if is_secure else "dashboard-"
        return f"{prefix}{hashlib.sha256(address.encode()).hexdigest()[:12]}{kind}"

    def read(self, scope: Scope, kind: str) -> list[str]:
        """Return the values of a cookie that could be secrets; another program may have set some."""
        name = self._name(scope, kind)
        lines = [value.decode("latin-1") for found, value in scope["headers"] if found == b"cookie"]
        pairs = [part.strip().partition("=") for part in ";".join(lines).split(";")]
        values = dict.fromkeys(
            value for found, _, value in pairs if found == name and _VALUE.fullmatch(value)
        )
        return list(values)[:MOST_TRIED]

    def set(self, scope: Scope, kind: str, secret: str, max_age: int) -> str:
        """Return the ``Set-Cookie`` header that stores a secret for some seconds; 0 deletes it."""
        secure = "; Secure" if self._is_secure(scope) else ""
        return (
            f"{self._name(scope, kind)}={secret}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"
        )
