"""Single flight over processes: a request that waited for the run lock takes the run that ended meanwhile.

Within one process ``turns.queue`` does the same.
"""

from __future__ import annotations

from datetime import timedelta

from engine.model.catalogue.datasets import catalogue, select_datasets
from engine.model.clock import is_within
from engine.model.errors import ComputeError
from engine.model.settings import Settings
from engine.model.trigger import Trigger
from engine.model.values.fingerprint import fingerprints
from engine.model.values.results import NOTHING_COMPUTED
from engine.runs.records.summary import RunSummary
from engine.runs.request import RunRequest
from engine.store.backend import reading
from engine.store.entries import as_catalogued, read_entries
from engine.store.origins import has_other_fingerprint
from engine.store.runs import ALL, RunRow, select_runs

BACKOFF = timedelta(minutes=1)


def join_finished_run(settings: Settings, request: RunRequest, before: int) -> RunSummary | None:
    """Return the summary of a finished run that answers the request; None if it has to be computed.

    The run ended after the run with the id ``before``, and had the same settings. A client's request needs
    no run either if its datasets are not due any more. Raises ComputeError for a client's request if a run
    has just failed, because clients would otherwise start it over and over.
    """
    if request.reproduce:
        return None
    with reading(settings.store) as connection:
        latest = next(iter(select_runs(connection, "order by id desc limit 1", [])), None)
        # By id, not by generation: if somebody has lowered the generation, old runs would look new.
        runs = list(
            select_runs(connection, "where id > ? and generation is not null order by id desc", [before])
        )
        ours = fingerprints(settings.time_zone)
        answers = [run for run in runs if _answers(run, request)]
        answer = next((run for run in answers if not has_other_fingerprint(connection, run.id, ours)), None)
    if answer is not None:
        return _joined(answer)
    if request.trigger is not Trigger.READ:
        return None
    if latest and latest.status == "failed" and is_within(latest.finished_at, BACKOFF, request.now):
        at = f"{latest.finished_at:%H:%M:%S} UTC"
        raise ComputeError(f"the run of {at}", f"it failed: {latest.error}", "refresh to try again at once")
    if _is_due(settings, request):
        return None
    nothing_to_do = RunSummary(request.trigger, request.now, 0, None, NOTHING_COMPUTED, joined=True)
    return _joined(latest) if latest else nothing_to_do


def _is_due(settings: Settings, request: RunRequest) -> bool:
    keys = [dataset.key for dataset in select_datasets(request.names)]
    entries = read_entries(settings.store, keys, request.now, fingerprints(settings.time_zone))
    return any(as_catalogued(entry).due for entry in entries.values())


def _answers(run: RunRow, request: RunRequest) -> bool:
    """Return whether a run that ended while a request waited has all that it asks for."""
    if request.trigger is Trigger.FULL and run.trigger != Trigger.FULL:
        # Only a full refresh checks the whole file.
        return False
    covered = set(catalogue()) if run.scope == ALL else set(run.scope.split(","))
    describes_its_own_time = abs(run.as_of - run.started_at) <= timedelta(minutes=1)
    return set(request.names) <= covered and describes_its_own_time


def _joined(run: RunRow) -> RunSummary:
    return RunSummary(
        run.trigger, run.started_at, run.duration_ms, run.generation, NOTHING_COMPUTED, joined=True
    )
