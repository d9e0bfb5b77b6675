"""Pages: each document carries the page's first values."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.documents import Documents
from dash_app.http.compression import preferred
from dash_app.http.doors import UNKNOWN_PAGE, door_of, is_internal
from dash_app.http.middleware.unknown_pages import IS_UNKNOWN

NOT_STORED = "private, no-store"


class PageDocuments:
    """Answers with the document of a page; passes any other request on.

    ``stores``: browsers may keep a document. Where people log in, none may, because Back would show it after
    the logout.
    """

    def __init__(self, app: ASGIApp, documents: Documents, *, stores: bool) -> None:
        self._app = app
        self._documents = documents
        self._headers = {} if stores else {"Cache-Control": NOT_STORED}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        document, encoding = None, ""
        if scope["type"] == "http" and scope["method"] == "GET" and not is_internal(scope):
            door = UNKNOWN_PAGE if IS_UNKNOWN in scope else door_of(scope)
            if door is not None:
                encoding = preferred(Headers(scope=scope).get("accept-encoding", ""))
                search = scope["query_string"].decode("latin-1")
                document = await self._documents.make(door.pattern, search, encoding)
        if document is None:
            await self._app(scope, receive, send)
        else:
            headers = {**self._headers, "Vary": "Accept-Encoding"}
            if encoding:
                headers["Content-Encoding"] = encoding
            await HTMLResponse(document, headers=headers)(scope, receive, send)
