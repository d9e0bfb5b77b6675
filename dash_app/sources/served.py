"""What the pages of all sources need of the app of each."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from dash_app.cache_reader import CacheReader
from dash_app.http.metrics_routes import MetricsNow
from engine.model.settings import Settings
from engine.runs.health.readiness import ReadinessCheck


@dataclass(frozen=True)
class ServedSource:
    """One source that this process serves; ``metrics`` returns its metrics as text."""

    settings: Settings
    reader: CacheReader
    readiness: ReadinessCheck
    metrics: MetricsNow


def served_by(server: FastAPI) -> ServedSource:
    """Return the source that an app of ``create_server`` serves."""
    served: ServedSource = server.state.served
    return served
