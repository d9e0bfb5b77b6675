"""What all steps of a run's sync share, whatever the source: order, tables, clock, replica."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from engine.model.catalogue.staging import StagedTable
from engine.model.clock import Clock
from engine.model.values.orders import RunOrder
from engine.model.values.quality import IntegrityCheck
from engine.replica.sync.held import HeldReplica


class ReportStep(Protocol):
    """Reports the share of the work that is done, 0 to 1, and the next step."""

    def __call__(self, share: float, step: str, view: str | None = None) -> None:
        """Report a step; ``view`` is the staged table whose view it reads."""


@dataclass(frozen=True)
class SyncContext:
    """What all steps of one run's sync need: the order, the tables, the clock, and where to report.

    ``report`` is called before each step. ``replica`` is where the connection keeps its replica.
    """

    connection: duckdb.DuckDBPyConnection
    replica: HeldReplica
    order: RunOrder
    tables: tuple[StagedTable, ...]
    clock: Clock
    started_at: datetime
    integrity: IntegrityCheck | None
    report: ReportStep

    @property
    def file(self) -> Path:
        """Return the source's file; the steps for SQLite alone ask for it."""
        assert isinstance(self.order.db, Path)
        return self.order.db

    def readable(self, broken: Mapping[str, str]) -> tuple[StagedTable, ...]:
        """Return the tables without those that turned out to be unreadable."""
        return tuple(staged for staged in self.tables if staged.name not in broken)
