"""Reports how far a run is, on one scale: the replica takes the first half, the datasets the second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.model.values.results import COMPUTING, ComputedDataset, Progress

Report = Callable[[Progress | ComputedDataset], None]

STEPS = 1000
REPLICA_STEPS = 500
READ_SHARES = 10_000


@dataclass(frozen=True)
class RunProgress:
    """Reports a run's progress, and those of its computed datasets that are ``early``: before its end."""

    report: Report
    early: frozenset[str]

    def reading(self, share: float, step: str, view: str | None = None) -> None:
        """Report a step of the replica; ``view`` is the staged table whose view it reads."""
        read = round(READ_SHARES * share)
        done = round(REPLICA_STEPS * share)
        self.report(Progress(done, STEPS, step, view, part_done=read, part_total=READ_SHARES))

    def computing(self, step: str, done: int, datasets: int) -> None:
        """Report that ``done`` of so many datasets are computed."""
        share = done / datasets if datasets else 1.0
        at = REPLICA_STEPS + round((STEPS - REPLICA_STEPS) * share)
        self.report(Progress(at, STEPS, step, part=COMPUTING, part_done=done, part_total=datasets))

    def computed(self, dataset: ComputedDataset) -> None:
        """Report a dataset's result if it is early."""
        if dataset.name in self.early:
            self.report(dataset)
