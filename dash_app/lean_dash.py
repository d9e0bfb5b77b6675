"""Dash without what no page uses: scripts, a socket, routes, and checks in the browser."""

from __future__ import annotations

import re

from dash import Dash
from fastapi import FastAPI

from dash_app.built_files import ASSETS
from dash_app.login.visitors import current_visitor
from dash_app.shell import app_layout, index_document
from dash_app.sidebar import product_of
from engine.model.settings import Settings

_UNUSED_SCRIPTS = re.compile(r'<script src="[^"]*/(deps/polyfill|dash_table/|dcc/)[^"]*"></script>\n?')
_UNUSED_PATHS = ("/_dash-ws-callback", "/_reload-hash", "/_favicon.ico")
"""Dash's own socket, its reloading in development, its icon."""


class LeanDash(Dash):  # type: ignore[misc]
    """Dash on a server. Its routes are added at once, and those that no page uses removed.

    The scripts left out are old browsers' missing parts, Dash's table, and its core components:
    ``core_components.js`` has the two of them that pages have.
    """

    def __init__(self, server: FastAPI, settings: Settings) -> None:
        super().__init__(
            __name__,
            server=server,
            use_pages=False,
            title=product_of(settings),
            update_title="",
            assets_folder=str(ASSETS),
            index_string=index_document(settings),
            # Requests arrive without the base path, which the outermost middleware takes off.
            routes_pathname_prefix="/",
            requests_pathname_prefix=f"{settings.base_path}/",
            # What is not for every page: pages load Plotly and the drawer by themselves.
            assets_ignore=r"^(login|drawer|plotly|sources)-",
            include_pages_meta=False,
            # Otherwise every document has the layouts of all pages, for checks in the browser alone.
            suppress_callback_exceptions=True,
        )
        # Otherwise every page opens a socket that no callback uses.
        self.backend.websocket_capability = False
        self.layout = lambda: app_layout(settings, current_visitor())
        server.router.routes[:] = [
            route for route in server.router.routes if getattr(route, "path", None) not in _UNUSED_PATHS
        ]

    def interpolate_index(self, **parts: str) -> str:
        """Return the document made of its parts."""
        parts["scripts"] = _UNUSED_SCRIPTS.sub("", parts["scripts"])
        document: str = super().interpolate_index(**parts)
        return document
