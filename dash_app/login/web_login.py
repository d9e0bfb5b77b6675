"""The login of a web process: one for all its sources, with one memory of who is logged in."""

from __future__ import annotations

from dataclasses import dataclass

from dash_app.login.visitors import Visitors
from engine.model.settings import Settings
from engine.sessions.opened import LoginState, open_logins
from engine.sessions.passwords import Passwords, configured_passwords


@dataclass(frozen=True)
class WebLogin:
    """``logins`` is None if the app asks for no login."""

    logins: LoginState | None
    passwords: Passwords
    visitors: Visitors

    def close(self) -> None:
        """Close the sessions."""
        if self.logins is not None:
            self.logins.storage.close()


def open_web_login(settings: Settings) -> WebLogin:
    """Open the login of a process, by the settings that all its sources share. Raises DashboardError."""
    logins = open_logins(settings) if settings.has_login else None
    passwords = (
        Passwords({}) if logins is None else Passwords.use(configured_passwords(settings), logins.sessions)
    )
    return WebLogin(logins, passwords, Visitors(settings, logins))
