"""The web app of several sources: an app for each, and the router before them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dash_app.login.web_login import open_web_login
from dash_app.server import create_server
from dash_app.sources.app import all_sources_app
from dash_app.sources.names import require_free_names
from dash_app.sources.router import SourceRouter
from dash_app.sources.served import served_by
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.computing import Computing
from engine.runs.processes.shared_engine import SharedEngine


def create_sources_server(
    settings: Settings,
    engine: SharedEngine,
    runners: Mapping[str, Runner],
    schedules_from: Mapping[str, datetime] | None = None,
    computing: Mapping[str, Computing] | None = None,
) -> SourceRouter:
    """Return the web app of all ``settings.sources``; ``runners`` has the runner of each, by name.

    ``computing`` has what computes in place of the runners, in a process without sources. Each source's
    schedule begins at its instant in ``schedules_from``; None means no schedule. The end of the lifespan ends
    runners, engine and login. Raises DashboardError.
    """
    require_free_names(settings)
    login = open_web_login(settings)
    apps = {
        source.name: create_server(
            settings.for_source(source.name),
            schedule_from=None if schedules_from is None else schedules_from[source.name],
            runner=runners.get(source.name),
            computing=None if computing is None else computing[source.name],
            login=login,
        )
        for source in settings.sources
    }
    sources = {name: served_by(app) for name, app in apps.items()}
    return SourceRouter(settings.shared_path, apps, all_sources_app(settings, sources, login, engine))
