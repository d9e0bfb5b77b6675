"""``dashboard serve --without-schedule`` with the cache in PostgreSQL: it has neither source nor engine."""

from __future__ import annotations

import socket

from dash_app.server import create_server
from engine.cli.listening import shown_url
from engine.cli.serve import ended_by_signals, prepare_process
from engine.cli.web_server import AnnouncingServer
from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.runs.computing import by_worker
from engine.store.sqlite.store_file import prepare_store


def serve_without_source(settings: Settings, address: PostgresAddress, listener: socket.socket) -> None:
    """Serve what the worker computes, until interrupted. Raises DashboardError."""
    prepare_process(settings)
    prepare_store(settings, has_source=False)
    with ended_by_signals():
        computing = by_worker(settings, address)
        app = create_server(settings, computing=computing)
        announcement = f"Dashboard of {address} on {shown_url(settings)}"
        # Closing the queue answers the pages that wait for a run.
        AnnouncingServer(app, announcement, (computing.queue.close,)).run(sockets=[listener])
