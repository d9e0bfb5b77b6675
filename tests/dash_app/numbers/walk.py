"""Every number of every page, as one run of the engine makes them."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from dash_app.figures.style import View
from dash_app.formatters.kpi import Kpi
from dash_app.pages import NUMBERS, PAGES
from engine.model.catalogue.datasets import catalogue
from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.payload import Columns
from engine.model.values.quality import IntegrityCheck
from engine.runs.processes.engine_process import EngineProcess


def computed(engine: EngineProcess, db: Path, now: datetime, zone: str = "UTC") -> dict[str, Columns]:
    """Return the value of every dataset by its name; all are computed."""
    order = RunOrder(db, now, zone, tuple(catalogue()), integrity=IntegrityCheck("ok", now))
    outcome = engine.compute(order, lambda _: None)
    assert outcome.problems == ()
    return {dataset.name: payload.decode(dataset.value.blob) for dataset in outcome.computed}


def numbers_of(values: dict[str, Columns], now: datetime, zone: str = "UTC") -> list[tuple[str, Kpi]]:
    """Return the numbers of all cards with the page each stands on."""
    view = View(ZoneInfo(zone), now)
    found: list[tuple[str, Kpi]] = []
    for page in PAGES:
        for card in page.cards:
            if card.kind == NUMBERS and card.dataset is not None and card.show is not None:
                stats = cast("tuple[Kpi, ...]", card.show(values[card.dataset], view))
                found += [(page.name, stat) for stat in stats]
    return found


def by_measure(numbers: list[tuple[str, Kpi]]) -> dict[str, set[str]]:
    """Return the different texts that each measure has on the pages."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for _, stat in numbers:
        if stat.measure:
            found[stat.measure].add(stat.value)
    return dict(found)
