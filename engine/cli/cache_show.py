"""Finds what ``dashboard cache show`` prints: a stored value, or one that is computed for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.cli.options import progress_bar
from engine.cli.terminal_text import say
from engine.model.catalogue.datasets import Dataset, dataset_by_key, dataset_of_key
from engine.model.clock import Clock
from engine.model.errors import ComputeError, DashboardError, nearest
from engine.model.selections.selected import selected, with_previous
from engine.model.selections.selection import Selection, parse_filter, require_range
from engine.model.settings import Settings
from engine.model.values.malformation import malformation
from engine.model.values.payload import Columns, count_entries
from engine.store import Entry, EntryState, list_entries, read_entries


@dataclass(frozen=True)
class AskedSelection:
    """The options of the command: a range, filters, and whether the period before is wanted."""

    range_: str | None = None
    filters: tuple[str, ...] = ()
    compare: bool = False


def parse_asked(settings: Settings, key: str, asked: AskedSelection, now: datetime) -> tuple[Dataset, ...]:
    """Return the dataset that is asked for, and the period before if that is wanted.

    Raises DashboardError.
    """
    known = dataset_by_key()
    if key not in known:
        raise DashboardError(key, "no such dataset", nearest(key, known))
    if asked.range_ is not None:
        require_range(asked.range_, Clock(now, settings.time_zone).local_day(now))
    filters = dict(map(parse_filter, asked.filters))
    if len(filters) < len(asked.filters):
        raise DashboardError("--filter", "a column is there twice", "give one value for a column")
    chosen = Selection(asked.range_, asked.compare, tuple(sorted(filters.items())))
    return with_previous([selected(known[key], chosen)])


def stored_value(settings: Settings, key: str, now: datetime) -> Columns:
    """Return the value stored under a key, expired or not. Raises DashboardError without one."""
    entry = read_entries(settings.store, [key], now)[key]
    if entry.state is EntryState.MISSING:
        keys = [info.key for info in list_entries(settings.store, now)]
        remedy = nearest(key, keys) if keys else "run `dashboard precompute`"
        raise DashboardError(key, "no such entry in the cache", remedy)
    return _checked(entry)


def stored_values(settings: Settings, asked: tuple[Dataset, ...], now: datetime) -> list[Columns]:
    """Return the stored values of what is asked for; computes and stores them if one is not stored.

    Raises DashboardError.
    """
    keys = [dataset.key for dataset in asked]
    entries = read_entries(settings.store, keys, now)
    if not _are_of_one_run(entries):
        _run(settings, asked, now)
        entries = read_entries(settings.store, keys, now)
    for entry in entries.values():
        if entry.value is None and entry.problem is not None:
            raise ComputeError(entry.key, entry.problem.reason, "nothing is stored")
    return [_checked(entries[key]) for key in keys]


def _are_of_one_run(entries: dict[str, Entry]) -> bool:
    values = list(entries.values())
    return all(entry.value is not None and entry.as_of == values[0].as_of for entry in values)


def _run(settings: Settings, asked: tuple[Dataset, ...], now: datetime) -> None:
    from engine.runs import Runner, RunRequest, Trigger

    runner = Runner(settings)
    try:
        with progress_bar("Computing") as report:
            runner.run(RunRequest(Trigger.COMMAND, now, (asked[0].name,)), report)
    finally:
        runner.close()


def computed_values(settings: Settings, asked: tuple[Dataset, ...], now: datetime) -> list[Columns]:
    """Return the values of what is asked for, computed at an instant and not stored.

    Raises DashboardError.
    """
    from engine.runs.adhoc import adhoc_values, compute_at

    names = [dataset.name for dataset in asked]
    with progress_bar("Computing") as report:
        outcome = compute_at(settings, names, now, report)
    for problem in outcome.problems:
        raise ComputeError(problem.key, problem.reason, "nothing is printed")
    values = adhoc_values(outcome)
    return [values[name] for name in names]


def _checked(entry: Entry) -> Columns:
    """Return an entry's value; warns if pages do not show it, or not all of it. Raises DashboardError."""
    if entry.state is EntryState.DAMAGED:
        raise DashboardError(entry.key, "the entry is damaged", "run `dashboard precompute`")
    dataset = dataset_of_key(entry.key)
    if dataset is not None and (fault := malformation(dataset, entry.value)) is not None:
        say(f"dashboard: warning: {entry.key}: pages show it as damaged: {fault}", err=True)
    rows = count_entries(entry.value)
    if entry.rows_found is not None and entry.rows_found > rows:
        say(f"dashboard: warning: {entry.key}: cut at {rows:,} of {entry.rows_found:,} rows", err=True)
    value: Columns = entry.value
    return value
