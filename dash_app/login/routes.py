"""The routes of the login: the page, the form it sends, and logging out."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dash_app.http.middleware.refusals import TRY_AGAIN
from dash_app.http.unstored import NO_STORE
from dash_app.login.addresses import LOGIN, LOGOUT, START, local_path
from dash_app.login.attempts import Attempts
from dash_app.login.cookies import DEVICE, SESSION
from dash_app.login.page import LOGGED_OUT, WRONG_LINK, WRONG_PASSWORD, LoginForm, login_page, wait_message
from dash_app.login.visitors import Visitors, current_visitor
from dash_app.login.web_login import WebLogin
from engine.model.access import Right, Role
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.sessions.keys import address_key, digest_of
from engine.sessions.limits import DEVICE_SECONDS
from engine.sessions.opened import LoginState
from engine.sessions.passwords import Passwords
from engine.sessions.store import LONGEST_SECONDS

log = logging.getLogger(__name__)

_MOST_FIELDS = 8
NOT_NOW = "Nobody can log in at present, because logins cannot be stored. Try again in a moment."
NOT_ENDED = "You are still logged in, because the session cannot be ended at present. Try again in a moment."


def login_routes(settings: Settings, login: WebLogin) -> list[Route]:
    """Return the routes of the login; without one they lead to the start page.

    Those of one of several sources lead to the login of all.
    """
    if login.logins is None or settings.source_name:
        lead = _lead_to_start if login.logins is None else _lead_to_login
        return [
            Route(LOGIN, lead, methods=["GET", "POST"]),
            Route(LOGOUT, lead, methods=["POST"]),
        ]
    routes = _Login(settings, login.visitors, login.logins, login.passwords)
    return [
        Route(LOGIN, routes.show, methods=["GET"]),
        Route(LOGIN, routes.log_in, methods=["POST"]),
        Route(LOGOUT, routes.log_out, methods=["POST"]),
    ]


async def _lead_to_start(_: Request) -> Response:
    return RedirectResponse(START, 303, NO_STORE)


async def _lead_to_login(_: Request) -> Response:
    return RedirectResponse(LOGIN, 303, NO_STORE)


class _Login:
    def __init__(
        self, settings: Settings, visitors: Visitors, state: LoginState, passwords: Passwords
    ) -> None:
        self._settings = settings
        self._visitors = visitors
        self._state = state
        self._attempts = Attempts(state, passwords)

    async def show(self, request: Request) -> Response:
        """Return the login page; who is logged in is led on."""
        after = local_path(request.query_params.get("next", ""))
        code = request.query_params.get("code", "")
        if current_visitor().may(Right.LOOK) and not code:
            return RedirectResponse(after, 303, NO_STORE)
        message = LOGGED_OUT if "left" in request.query_params else ""
        return self._page(LoginForm(after, code, message))

    def _page(self, form: LoginForm, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        return HTMLResponse(login_page(self._settings, form), status, NO_STORE | (headers or {}))

    async def log_in(self, request: Request) -> Response:
        """Begin a session for a password or a link, and lead on; show the page again if it is wrong."""
        fields = _fields(await request.body())
        after = local_path(fields.get("next", ""))
        try:
            return await self._let_in(request, fields, after)
        except DashboardError as error:
            log.error("nobody can log in: %s", error)
            form = LoginForm(after, fields.get("code", ""), NOT_NOW, is_wrong=True)
            return self._page(form, 503, TRY_AGAIN)

    async def _let_in(self, request: Request, fields: dict[str, str], after: str) -> Response:
        if "code" in fields:
            role = await asyncio.to_thread(self._state.sessions.take_link, fields["code"], wall_clock())
            if role is None:
                return self._page(LoginForm(after, message=WRONG_LINK, is_wrong=True), 401)
            return await self._begin(request, role, "link", after)
        device = await self._known_device(request)
        address = request.client.host if request.client else ""
        attempt = await self._attempts.verify(fields.get("password", ""), address, device)
        if attempt.role is not None:
            return await self._begin(request, attempt.role, "password", after)
        if attempt.wait_seconds:
            message = wait_message(attempt.wait_seconds)
            wait = {"Retry-After": str(attempt.wait_seconds)}
            return self._page(LoginForm(after, message=message, is_wrong=True), 429, wait)
        log.warning("a login from %s failed", address_key(address))
        return self._page(LoginForm(after, message=WRONG_PASSWORD, is_wrong=True), 401)

    async def _known_device(self, request: Request) -> str | None:
        for secret in self._visitors.cookies.read(request.scope, DEVICE):
            if await asyncio.to_thread(self._state.limits.is_known_device, secret, wall_clock()):
                return secret
        return None

    async def _begin(self, request: Request, role: Role, how: str, after: str) -> Response:
        """Begin a session under a new id; the one that the browser had is over."""
        await self._end(request)
        now, scope, cookies = wall_clock(), request.scope, self._visitors.cookies
        address = request.client.host if request.client else ""
        secret = await asyncio.to_thread(self._state.sessions.begin_session, role, how, address, now)
        answer = RedirectResponse(after, 303, NO_STORE)
        answer.headers.append("set-cookie", cookies.set(scope, SESSION, secret, LONGEST_SECONDS))
        # A viewer could collect such cookies, and guess at the operator's password with each of them.
        if role is Role.OPERATOR and await self._known_device(request) is None:
            device = await asyncio.to_thread(self._state.limits.know_device, now)
            answer.headers.append("set-cookie", cookies.set(scope, DEVICE, device, DEVICE_SECONDS))
        log.info("%s logged in by %s from %s", role.value, how, address_key(address))
        return answer

    async def _end(self, request: Request) -> None:
        for secret in self._visitors.cookies.read(request.scope, SESSION):
            digest = digest_of(secret)
            await asyncio.to_thread(self._state.sessions.end_session, digest)
            self._visitors.forget(digest)

    async def log_out(self, request: Request) -> Response:
        """End the session, and lead to the login page; say so if it cannot be ended."""
        try:
            await self._end(request)
        except DashboardError as error:
            log.error("a session cannot be ended: %s", error)
            return PlainTextResponse(NOT_ENDED, 503, NO_STORE | TRY_AGAIN)
        answer = RedirectResponse(f"{LOGIN}?left=1", 303, NO_STORE)
        answer.headers.append("set-cookie", self._visitors.cookies.set(request.scope, SESSION, "", 0))
        return answer


def _fields(body: bytes) -> dict[str, str]:
    """Return the first value of each field of a form; none of a form that cannot be read."""
    try:
        found = parse_qs(
            body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"
        )
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
