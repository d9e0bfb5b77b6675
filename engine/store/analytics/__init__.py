"""How well the cache does its work: figures of its reads, of what entries cost and save, of its runs."""

from engine.store.analytics.reading import DAY_HOURS, Analytics, read_analytics

__all__ = ["DAY_HOURS", "Analytics", "read_analytics"]
