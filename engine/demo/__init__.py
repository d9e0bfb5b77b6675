"""Makes a realistic `sites.db` for demonstrations, tests and benchmarks. Reads no real database."""

from engine.demo.generate import DemoSummary, generate, rows_expected

__all__ = ["DemoSummary", "generate", "rows_expected"]
