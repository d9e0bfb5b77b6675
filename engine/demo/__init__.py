"""A realistic `sites.db` for demonstrations, tests and benchmarks; nothing here reads a real one."""

from engine.demo.generate import DemoSummary, generate, rows_expected

__all__ = ["DemoSummary", "generate", "rows_expected"]
