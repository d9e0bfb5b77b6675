"""The JSON summary of a run, as ``dashboard precompute`` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.model.catalogue.datasets import CHART, DEFAULT_TTL_MINUTES, METRIC, SELECTS, catalogue
from engine.model.values.results import FAILED, UNAVAILABLE, RunOutcome


@dataclass(frozen=True)
class RunSummary:
    """The result of a run; ``joined`` is True if the request took the result of another run.

    ``waited_ms`` is how long the request waited for the run lock.
    """

    trigger: str
    started_at: datetime
    duration_ms: int
    generation: int | None
    outcome: RunOutcome
    joined: bool = False
    waited_ms: int = 0

    @property
    def entries(self) -> int:
        """Return the number of rows of all datasets computed."""
        return sum(dataset.value.entries for dataset in self.outcome.computed)

    def reasons(self, kind: str) -> dict[str, str]:
        """Return the reason why each dataset is of a kind, FAILED or UNAVAILABLE, by name."""
        return {problem.name: problem.reason for problem in self.outcome.problems if problem.kind == kind}

    def entries_by_dataset(self, kind: str) -> dict[str, int]:
        """Return the rows of each computed dataset of one kind, METRIC or CHART, by name."""
        return {
            dataset.name: dataset.value.entries
            for dataset in self.outcome.computed
            if catalogue()[dataset.name.partition(SELECTS)[0]].kind == kind
        }

    @property
    def ttl_minutes(self) -> int:
        """Return the shortest lifetime of the datasets computed."""
        return min((dataset.ttl_minutes for dataset in self.outcome.computed), default=DEFAULT_TTL_MINUTES)

    def as_json(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        metrics, charts = self.entries_by_dataset(METRIC), self.entries_by_dataset(CHART)
        details: dict[str, Any] = {
            "metrics_cached": metrics,
            "charts_cached": charts,
            "unavailable": self.reasons(UNAVAILABLE),
            "cache_expiration_minutes": self.ttl_minutes,
            "duration_ms": self.duration_ms,
        }
        if failed := self.reasons(FAILED):
            details["failed"] = failed
        return {
            "summary": f"Pre-computed {self.entries} cache entries in {self.duration_ms}ms",
            "details": details,
            "metrics": {
                "entries_cached": self.entries,
                "metrics_entries": sum(metrics.values()),
                "chart_points": sum(charts.values()),
                "cache_ttl_minutes": self.ttl_minutes,
            },
        }
