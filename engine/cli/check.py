"""``dashboard check``: whether the dashboard can run on this source, and what it lacks."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version

import click

from engine.cli.change_log_line import change_log_line, server_log_of
from engine.cli.options import checked_settings, db_option, progress_bar, settings_for, sources_to_run
from engine.cli.terminal_text import say
from engine.model.catalogue.datasets import catalogue
from engine.model.catalogue.staging import staging
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.setting_table.loading import unknown_settings
from engine.model.settings import Settings
from engine.model.values.replica_state import ReplicatedTable
from engine.model.values.results import FAILED, RunOutcome
from engine.store.sqlite.store_file import missing_in_store

PACKAGES = ("duckdb", "duckdb-extension-sqlite-scanner", "polars", "dash", "plotly", "fastapi")

AUDITED = (
    "it alone finds an older copy written into the source's own file, as by `cp`, that has lost no newest id"
    " and no newest stamp; with the cache in the source every run finds one"
)
"""What rests on the audit if the cache, and the replica's token with it, is not in the source."""
AUDITED_ON_SERVER = "it compares every row; so does the first run after the server was started again"

NOTHING_WRITTEN = "and nothing is written to it"

SOUND, UNCHECKED, OF_SERVER = "ok", "not checked within 10 minutes", "none, a server checks its own files"
"""The quick check's finding of a sound file, and what stands in its place if there is none."""


@click.command()
@db_option
def check(db: SourceAddress | None) -> None:
    """Check that everything can be computed, and compare the replica with the source row by row.

    It changes nothing but the replica, and the token by which the replica recognises the source. Of several
    sources it checks all.
    """
    several = sources_to_run(db)
    if several is None or db is not None:
        check_source(settings_for(db))
        return
    from dash_app.sources.names import require_free_names

    require_free_names(several)
    failures: dict[str, DashboardError] = {}
    for source in several.sources:
        say(f"{source.name}:")
        try:
            check_source(checked_settings(several.for_source(source.name)))
        except DashboardError as error:
            _line("failed", str(error))
            failures[source.name] = error
    if failures:
        name, first = next(iter(failures.items()))
        more = f", and {len(failures) - 1} more sources" if len(failures) > 1 else ""
        raise DashboardError(f"{name}{more}: {first.offender}", first.cause, first.remedy)


def check_source(settings: Settings) -> None:
    """Check one source, and print what is found. Raises DashboardError."""
    from dash_app.page_check import check_pages
    from engine.runs.adhoc import adhoc_values, compute_verified
    from engine.runs.health.faults import find_faults

    check_pages()
    _line("versions", ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    for stranger in unknown_settings():
        _line("warning", stranger)
    lacking = missing_in_store(settings)
    for fault in find_faults(settings, wall_clock()):
        _line("warning", fault)
    began = wall_clock()
    with progress_bar("Checking") as report:
        outcome = compute_verified(settings, catalogue(), wall_clock(), report)
    integrity = _integrity(settings)
    _line("source", f"{settings.source}, readable; quick check: {integrity}")
    health = adhoc_values(outcome).get("database_health", {})
    if settings.source_file is not None and health and health["journal_mode"] != ["wal"]:
        mode = health["journal_mode"][0]
        _line("warning", f"journal mode is {mode}: readers block writers; set `pragma journal_mode = wal`")
    _line("own tables", f"missing: {', '.join(lacking)}; run `dashboard migrate`" if lacking else "present")
    _print_tables(outcome)
    print_replica(outcome.replica, began)
    server_log = server_log_of(settings)
    _line("change log", change_log_line(settings, server_log))
    if settings.is_apart:
        is_pruned = server_log is not None and server_log.may_prune
        _print_apart(settings, is_logged=outcome.changes_through is not None or is_pruned)
    _print_quality(outcome)
    _print_datasets(outcome)
    _require_readable(settings, outcome)
    if integrity not in (SOUND, UNCHECKED, OF_SERVER):
        raise DashboardError(settings.source, f"it is damaged ({integrity})", "restore a backup")


def _print_tables(outcome: RunOutcome) -> None:
    there = {*outcome.tables_read, *dict(outcome.tables_unreadable)}
    absent = [table.source_table for table in staging().values() if table.source_table not in there]
    _line("tables", f"{len(there)} found, missing: {', '.join(absent) or 'none'}")
    for _, reason in outcome.tables_unreadable:
        _line("warning", reason)


def _print_quality(outcome: RunOutcome) -> None:
    for count in outcome.unreadable:
        _line("unreadable", f"{count.values} values of {count.table}.{count.column}")
    if not outcome.unreadable:
        _line("unreadable", "no value")
    for word in outcome.unrecognised:
        _line("unrecognised", f"{word.values} values of {word.table}.{word.column}: {word.word or '(empty)'}")
    if not outcome.unrecognised:
        _line("unrecognised", "no word")


def _print_datasets(outcome: RunOutcome) -> None:
    """Print what could not be computed, or not in full. Raises DashboardError if a dataset has failed."""
    problems = [(problem.kind, problem.name, problem.reason) for problem in outcome.problems]
    problems += [("incomplete", each.name, reason) for each in outcome.computed for reason in each.lacks]
    for kind, name, reason in problems:
        _line(kind, f"{name}: {reason}")
    _line("datasets", f"{len(outcome.computed)} of {len(catalogue())} computed")
    failed = [problem for problem in outcome.problems if problem.kind == FAILED]
    if failed:
        raise DashboardError(failed[0].name, failed[0].reason, "correct its SQL file")


def _require_readable(settings: Settings, outcome: RunOutcome) -> None:
    """Raise DashboardError if the source has a table that cannot be read."""
    if outcome.tables_unreadable:
        (_, reason), *others = outcome.tables_unreadable
        more = f", and {len(others)} more tables cannot" if others else ""
        raise DashboardError(settings.source, f"{reason}{more}", "then run `dashboard check` again")


def _integrity(settings: Settings) -> str:
    """Return the finding of SQLite's quick check, or why there is none."""
    from engine.runs.processes.quick_check import quick_check

    if settings.source_file is None:
        return OF_SERVER
    check = quick_check(settings.source_file, wall_clock())
    return UNCHECKED if check is None else check.finding


def print_replica(tables: Sequence[ReplicatedTable], began: datetime) -> None:
    """Print whether every row has been compared since the check began, and what differed."""
    unverified = [table.table for table in tables if table.verified_at is None or table.verified_at < began]
    if unverified:
        names = ", ".join(unverified)
        _line("warning", f"not compared in full: {names}; altered meanwhile, so run `dashboard check` again")
    else:
        rows = sum(table.rows for table in tables)
        _line("replica", f"equal to the source in all {rows:,} rows")
    for table in tables:
        if table.repaired:
            differing = f"{table.repaired} rows of {table.table} differed"
            _line("warning", f"{differing} in the replica and have been repaired")


def _print_apart(settings: Settings, *, is_logged: bool) -> None:
    """Print where a cache apart is, what is written to the source all the same, and what rests on the audit.

    ``is_logged`` says whether the source has a change log; that of a server counts if this user may prune it.
    """
    if settings.source_file is None:
        only = "but for the change log, whose rows go when they are read" if is_logged else NOTHING_WRITTEN
        _line("cache", f"{settings.store}; the source is only read, {only}")
        show_notifications(settings)
        _line("daily audit", AUDITED_ON_SERVER)
        return
    can_write = os.access(settings.source_file, os.W_OK)
    written = [
        *(["the log of the dashboard's job"] if settings.job_log else []),
        *(["the change log, whose rows go when they are read"] if is_logged and can_write else []),
    ]
    only = f"but for {' and '.join(written)}" if written else NOTHING_WRITTEN
    _line("cache", f"{settings.store}; the source is only read, {only}")
    show_notifications(settings)
    _line("daily audit", AUDITED)
    if not can_write and settings.job_log:
        _line("warning", "this user may not write the source, and so logs no run in it")
    if not can_write and is_logged:
        _line("warning", "this user may not write the source, and so its change log only grows")


def show_notifications(settings: Settings) -> None:
    """Print whether notifications come through, if the cache is in PostgreSQL. Raises SourceError."""
    if isinstance(settings.store, PostgresAddress):
        from engine.postgres.listener import NOT_NOTIFIED
        from engine.store.postgres.version import is_notified

        if is_notified(settings.store):
            _line("notified", "of each change when it is stored")
        else:
            _line("warning", NOT_NOTIFIED)


def _line(label: str, text: str) -> None:
    say(f"{label:<13}{text}")
