"""The engine of the dashboard: settings, datasets, replica, runs, cache, schedule, command line.

It knows no page layout. The four names below are all that other programs need. They are imported on first
use, so that the engine process can import this package without ``sqlite3``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.model.version import VERSION as __version__

if TYPE_CHECKING:
    from engine.store import clear_all_cache, get_cache_stats, get_from_cache, set_cache

__all__ = ["__version__", "clear_all_cache", "get_cache_stats", "get_from_cache", "set_cache"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("engine.store"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
