"""A client of the web app that sends what a browser on one of its pages sends."""

from __future__ import annotations

from starlette.testclient import TestClient
from starlette.types import ASGIApp

ORIGIN = "http://localhost"
LIVE = "ws://localhost/live"


def page_client(app: ASGIApp) -> TestClient:
    """Return a client that names the app's own address as Host and as Origin."""
    return TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN})
