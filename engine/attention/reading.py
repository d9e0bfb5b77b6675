"""Reads what needs attention from the cache, without a web server: the command's way. Nothing is written."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from engine.attention.judging import Attention, judge
from engine.attention.runs import read_run_lines
from engine.model.catalogue.datasets import catalogue
from engine.model.errors import DashboardError
from engine.model.settings import Settings
from engine.model.values.fingerprint import fingerprints
from engine.store import read_entries
from engine.store.entries import as_catalogued
from engine.store.quality import GOOD_QUALITY, read_quality
from engine.store.sqlite.store_file import missing_in_store


def read_attention(settings: Settings, now: datetime) -> Attention:
    """Return what needs attention as of now.

    Raises DashboardError if the source cannot be read, or if nothing has been computed yet.
    """
    nothing_yet = DashboardError(
        settings.source, "nothing has been computed yet", "run `dashboard precompute`"
    )
    missing = missing_in_store(settings)
    if "dashboard_cache" in missing:
        raise nothing_yet
    keys = [dataset.key for dataset in catalogue().values()]
    found = read_entries(settings.store, keys, now, fingerprints(settings.time_zone))
    entries = {key: as_catalogued(entry) for key, entry in found.items()}
    if all(entry.value is None and entry.problem is None for entry in entries.values()):
        raise nothing_yet
    quality = GOOD_QUALITY if missing else read_quality(settings.store)
    others = read_run_lines(settings, entries.values(), now)
    return judge(entries, quality.unrecognised, now, ZoneInfo(settings.time_zone), others)
