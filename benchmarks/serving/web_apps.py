"""The web apps that are measured over one database: the dashboard, and its pages on Flask-Caching."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serving.dash_requests import page_requests
from benchmarks.serving.http_client import request_bytes
from benchmarks.serving.http_load import Page
from benchmarks.serving.live_load import is_complete
from benchmarks.serving.served import Served, environment_of, free_port, served
from benchmarks.workspace import Database
from dash_app.pages import PAGES as DASHBOARD_PAGES
from engine.model.errors import ComputeError, SettingError

BASELINE = "Flask-Caching"
BASELINE_APP = "benchmarks.serving.flask_caching_app"
BASELINE_PACKAGES = {
    "flask_caching": "flask-caching",
    "flask_compress": "flask-compress",
    "gunicorn": "gunicorn",
}
PAGES = ("overview", "pipeline", "outreach", "llm", "errors", "cron")
LAYOUT_PATH, CALLBACKS_PATH = "/_dash-layout", "/_dash-dependencies"
LOCATION = "_pages_location"


def require_baseline() -> None:
    """Raise SettingError if a package of the baseline is missing."""
    for module, package in BASELINE_PACKAGES.items():
        if importlib.util.find_spec(module) is None:
            raise SettingError(
                "serving",
                f"the package {package} is not installed",
                f"pip install {package}, or leave the case out",
            )


@contextmanager
def dashboard_server(database: Database) -> Iterator[Served]:
    """Serve the dashboard without its schedule, with all values of its pages. Raises ComputeError."""
    port = free_port()
    with served(
        "the dashboard", ("-m", "engine", "serve", "--without-schedule", "--db", str(database.path)), port,
        ready_path="/health", folder=database.state_dir,
        environment=environment_of(database.path, database.state_dir) | {"PORT": str(port)},
    ) as server:  # fmt: skip
        for page in PAGES:
            if not is_complete(server.get_body(api_path(page))):
                raise ComputeError(
                    f"the page {page}", "a value is missing", "the benchmark wants all datasets"
                )
        yield server


@contextmanager
def baseline_server(database: Database) -> Iterator[Served]:
    """Serve the baseline app. Raises ComputeError."""
    port = free_port()
    with served(
        BASELINE, ("-m", BASELINE_APP, "--db", str(database.path), "--port", str(port)), port,
        ready_path=CALLBACKS_PATH, folder=database.state_dir,
        environment=environment_of(database.path, database.state_dir),
    ) as server:  # fmt: skip
        yield server


def dashboard_views(server: Served) -> tuple[Page, ...]:
    """Return the requests of a browser that opens each of the dashboard's pages, and has its scripts.

    A document brings all along that Dash would ask for.
    """
    return tuple((request_bytes(server.port, path),) for path in _paths())


def baseline_views(server: Served) -> tuple[Page, ...]:
    """Return the requests of a browser that opens each of the baseline's pages, and has its scripts.

    They are those for the document, the layout, the list of callbacks, the page at the address, and each
    card. Raises ComputeError.
    """
    callbacks = server.get_json(CALLBACKS_PATH)
    return tuple(
        (
            *(request_bytes(server.port, one) for one in (path, LAYOUT_PATH, CALLBACKS_PATH)),
            *page_requests(server.port, callbacks, LOCATION, path),
            *cards,
        )
        for path, cards in zip(_paths(), baseline_pages(server), strict=True)
    )


def _paths() -> tuple[str, ...]:
    paths = {page.name: page.path for page in DASHBOARD_PAGES}
    return tuple(paths[name] for name in PAGES)


def dashboard_pages(server: Served) -> tuple[Page, ...]:
    """Return the requests of each of the dashboard's pages that reads itself. Raises ComputeError."""
    return _opened(server, "signal")


def baseline_pages(server: Served) -> tuple[Page, ...]:
    """Return the requests of each of the baseline's pages for its cards. Raises ComputeError."""
    return _opened(server, "interval")


def _opened(server: Served, part: str) -> tuple[Page, ...]:
    callbacks = server.get_json(CALLBACKS_PATH)
    return tuple(page_requests(server.port, callbacks, f"{page}-{part}") for page in PAGES)


def api_path(page: str) -> str:
    """Return the API's path of a page."""
    return f"/api/page/{page}"


def api_pages(server: Served) -> tuple[Page, ...]:
    """Return the requests for each page's values."""
    return tuple((request_bytes(server.port, api_path(page)),) for page in PAGES)


def empty_endpoint(server: Served) -> tuple[Page, ...]:
    """Return the request for an answer without data."""
    return ((request_bytes(server.port, "/health"),),)
