"""The names of the cases that can be measured."""

from __future__ import annotations

RUNS, HISTORY, SERVING, BROWSER = "runs", "history", "serving", "browser"
CASES = (RUNS, HISTORY, SERVING, BROWSER)
UNNAMED = (RUNS, HISTORY, SERVING)
"""What is measured if no case is named: what needs no browser."""

ROUNDS, BROWSER_ROUNDS = 3, 5
