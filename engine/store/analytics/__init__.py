"""Cache analytics: figures of reads, of what entries cost and save, and of runs."""

from engine.store.analytics.reading import DAY_HOURS, Analytics, read_analytics

__all__ = ["DAY_HOURS", "Analytics", "read_analytics"]
