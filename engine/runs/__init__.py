"""Runs: the runner and the schedule; queue and lock in ``turns``, the engine process in ``processes``."""

from engine.model.trigger import Trigger
from engine.runs.health.progress import RunProgress, read_progress
from engine.runs.records.summary import RunSummary
from engine.runs.request import RunRequest
from engine.runs.runner import Runner

__all__ = ["RunProgress", "RunRequest", "RunSummary", "Runner", "Trigger", "read_progress"]
