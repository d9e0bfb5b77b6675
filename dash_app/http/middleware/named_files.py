"""The names of files that several sources offer: each begins with its source."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FILE_NAME = 'filename="'


class NamedFiles:
    """Puts the name of a source before the name of each file that is saved."""

    def __init__(self, app: ASGIApp, source_name: str) -> None:
        self._app = app
        self._source_name = source_name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if (named := headers.get("content-disposition")) is not None:
                    whole = named.replace(_FILE_NAME, f"{_FILE_NAME}{self._source_name}_", 1)
                    headers["content-disposition"] = whole
            await send(message)

        await self._app(scope, receive, send_named if scope["type"] == "http" else send)
