"""The log line of a run: its id, what started it, how it ended, its durations and counts."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model.clock import to_iso
from engine.model.text.log_text import RUNS, log_event
from engine.model.values.results import FAILED, UNAVAILABLE
from engine.runs.records.summary import RunSummary
from engine.store.runs import RunRecord


def log_run(
    record: RunRecord,
    summary: RunSummary,
    run_id: int | None,
    generation: int | None = None,
    store_ms: int = 0,
    *,
    source: str = "",
) -> None:
    """Log a run that has ended.

    ``run_id`` is None for a run that could not be stored, ``generation`` for one that changed nothing.
    ``store_ms`` is how long storing it took, after its duration. ``source`` is the name of one of several.
    """
    timings = summary.outcome.timings
    fields = {
        **({"source": source} if source else {}),
        "run": run_id,
        "trigger": str(record.trigger),
        "scope": record.scope,
        "status": record.status,
        "started_at": to_iso(record.started_at),
        "as_of": to_iso(record.as_of),
        "generation": generation,
        "duration_ms": record.duration_ms,
        "waited_ms": summary.waited_ms,
        "sync_ms": round(timings.sync_ms),
        "audit_ms": round(timings.audit_ms),
        "datasets_ms": round(timings.datasets_ms),
        "store_ms": store_ms,
        "datasets": record.datasets,
        "entries": record.entries,
        "failed": len(summary.reasons(FAILED)),
        "unavailable": len(summary.reasons(UNAVAILABLE)),
        "error": record.error,
    }
    log_event(RUNS, _line(fields, record), fields)


def _line(fields: Mapping[str, object], record: RunRecord) -> str:
    name = "run" if fields["run"] is None else f"run {fields['run']}"
    if source := fields.get("source"):
        name += f" of {source}"
    names = record.scope.split(",")
    scope = names[0] if len(names) == 1 else f"{len(names)} datasets"
    steps = ", ".join(f"{step} {fields[f'{step}_ms']}" for step in ("sync", "audit", "datasets", "store"))
    counts = ", ".join(
        f"{fields[count]} {count}" for count in ("datasets", "entries", "failed", "unavailable")
    )
    error = "" if record.error is None else f": {record.error}"
    return (
        f"{name} ({record.trigger}, {scope}): {record.status} in {record.duration_ms} ms"
        f" (waited {fields['waited_ms']}; {steps}); {counts}{error}"
    )
