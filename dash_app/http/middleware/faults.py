"""Faults of the app: logged in full, and answered without a word of what they say."""

from __future__ import annotations

import logging

from dash.exceptions import DependencyException, PreventUpdate, UnsupportedRelativePath
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dash_app.http.middleware.limits import BodyRefusedError
from dash_app.http.middleware.refusals import TRY_AGAIN, NotedSend
from engine.model.errors import DashboardError

log = logging.getLogger(__name__)

FAULT = "Something went wrong here. The log of the dashboard says what."
TROUBLE = "The dashboard cannot do this at present; try again in a moment. Its log says why."


class Faults:
    """Logs an exception and answers 500; 404 or 400 if it is Dash's about an address that is none.

    An error that names its remedy, as that a server is away, is one line of the log, and a 503.

    It stands round everything, and once more within Dash's own middleware, which would answer unlogged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        noted = NotedSend(send)
        try:
            await self._app(scope, receive, noted)
        except (PreventUpdate, BodyRefusedError):
            raise
        except ClientDisconnect:
            # Nobody waits for an answer, and it is no fault of the app.
            return
        except DependencyException:
            await PlainTextResponse("Not found", 404)(scope, receive, send)
        except UnsupportedRelativePath:
            await PlainTextResponse("Malformed callback", 400)(scope, receive, send)
        except DashboardError as error:
            if noted.is_started:
                raise
            log.error("a request failed: %s %s: %s", scope["method"], ascii(scope["path"]), error)
            await PlainTextResponse(TROUBLE, 503, TRY_AGAIN)(scope, receive, send)
        except Exception:
            if noted.is_started:
                raise
            log.exception("a request failed: %s %s", scope["method"], ascii(scope["path"]))
            await PlainTextResponse(FAULT, 500)(scope, receive, send)
