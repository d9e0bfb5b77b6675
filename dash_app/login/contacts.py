"""What is left out for who may not see contacts: names, addresses and messages of the people written to.

The columns of datasets that may hold some say ``contacts = true`` in their header. A viewer gets a snapshot
of the cache without their texts, so pages, cards, API and their memories cannot hold them. Reasons of
failures and unrecognised words are texts of the source too, and are left out with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.model.catalogue.datasets import Dataset, dataset_of_key
from engine.model.values.payload import encode
from engine.model.values.results import FAILED
from engine.store import Analytics, CacheSnapshot, Entry, Problem
from engine.store.quality import Quality

HIDDEN = "(hidden from viewers)"
"""What stands in place of a text."""


def without_contacts(snapshot: CacheSnapshot) -> CacheSnapshot:
    """Return a snapshot without contacts, made once; what is made of it is kept with it alone."""
    return snapshot.once("without contacts", lambda: _made(snapshot))


def _made(snapshot: CacheSnapshot) -> CacheSnapshot:
    entries = {key: _entry(entry) for key, entry in snapshot.entries.items()}
    quality = {key: _quality(found) for key, found in snapshot.quality.items()}
    return replace(snapshot, entries=entries, quality=quality)


def _entry(entry: Entry) -> Entry:
    problem = _problem(entry.problem)
    dataset = dataset_of_key(entry.key)
    hidden = () if dataset is None else _contact_columns(dataset)
    if not hidden or entry.blob is None:
        return entry if problem is entry.problem else replace(entry, problem=problem)
    value = _columns(entry.value, hidden)
    page_value = None if entry.page_value is None else _columns(entry.page_value, hidden)
    return replace(
        entry,
        problem=problem,
        value=value,
        blob=encode(value).blob,
        page_value=page_value,
        page_blob=None if page_value is None else encode(page_value).blob,
    )


def _columns(value: Any, hidden: tuple[str, ...]) -> Any:
    return {
        name: [None if cell is None else HIDDEN for cell in cells] if name in hidden else cells
        for name, cells in value.items()
    }


def _problem(problem: Problem | None) -> Problem | None:
    """Return a problem without the reason of a failure; what a source lacks is no secret."""
    return replace(problem, reason=HIDDEN) if problem is not None and problem.kind == FAILED else problem


def _quality(quality: Quality) -> Quality:
    return replace(quality, unrecognised=tuple(replace(count, word=HIDDEN) for count in quality.unrecognised))


def system_value_without_contacts(value: Any) -> Any:
    """Return what a system card shows, without texts of the source."""
    match value:
        case Quality():
            return _quality(value)
        case Analytics():
            infos = tuple(replace(info, problem=_problem(info.problem)) for info in value.infos)
            recent = tuple(replace(run, error=run.error and HIDDEN) for run in value.runs.recent)
            entries = tuple(
                replace(entry, info=entry.info and replace(entry.info, problem=_problem(entry.info.problem)))
                for entry in value.entries
            )
            return replace(
                value,
                infos=infos,
                entries=entries,
                problems={key: _problem(found) or found for key, found in value.problems.items()},
                runs=replace(value.runs, recent=recent),
            )
        case _:
            return value


def alert_without_contacts(alert: str) -> str:
    """Return an alert without the reason of a failure.

    >>> alert_without_contacts("The run of 12:00 failed: no such mailbox jane@example.org")
    'The run of 12:00 failed'
    """
    head, failed, _ = alert.partition(" failed: ")
    return f"{head} failed" if failed else alert


def _contact_columns(dataset: Dataset) -> tuple[str, ...]:
    return tuple(column.name for column in dataset.columns if column.contacts)
