"""``dashboard migrate`` and ``dashboard precompute``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.cli.options import db_option, progress_bar, settings_for, warn_of_journal
from engine.cli.terminal_text import print_json, say
from engine.model.catalogue.datasets import datasets_of_page
from engine.model.clock import parse_now, wall_clock
from engine.model.errors import ComputeError, SettingError
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.source_file.retry import while_locked
from engine.model.values.results import FAILED
from engine.store.sqlite.change_log import ChangeLogState, create_change_log, remove_orphaned_triggers
from engine.store.sqlite.change_log import drop_change_log as remove_change_log
from engine.store.sqlite.replaced_file import require_sound
from engine.store.sqlite.store_file import prepare_store

if TYPE_CHECKING:
    from engine.store.postgres.change_log import ServerChangeLog


@click.command("migrate")
@db_option
@click.option("--change-log", is_flag=True, help="Log the id of every row that changes in the source.")
@click.option("--drop-change-log", is_flag=True, help="Drop the change log and its triggers.")
def migrate_command(db: SourceAddress | None, change_log: bool, drop_change_log: bool) -> None:
    """Create the dashboard's tables in the source, or in a cache apart, and register its job."""
    if change_log and drop_change_log:
        raise click.UsageError("--change-log and --drop-change-log exclude each other.")
    is_for_log = change_log or drop_change_log
    settings = settings_for(db, needs_cache=not is_for_log)
    if is_for_log and isinstance(settings.source, PostgresAddress):
        # Its owner, who does this, need not be who reads it, and may have no cache.
        _migrate_server_log(settings.source, is_wanted=change_log)
        return
    require_sound(settings)
    if change_log and settings.is_apart and settings.source_file is not None:
        raise SettingError(
            "--change-log",
            "with DASHBOARD_CACHE_URL the source is only read, and a change log is written by its triggers",
            "make it once with DASHBOARD_CACHE_URL empty, or leave it: it is used if it is there",
        )
    while_locked(lambda: prepare_store(settings), waits_for_server=False)
    say(f"The dashboard's tables are in {settings.store}.")
    if change_log:
        _print_change_log(create_change_log(settings.db))
    elif drop_change_log:
        was_there = remove_change_log(settings.db)
        say("The change log is dropped." if was_there else "There is no change log.")
    elif not settings.is_apart and remove_orphaned_triggers(settings.db):
        say("The change log's table was missing. Its triggers, which made all writes fail, are dropped.")


def _migrate_server_log(address: PostgresAddress, *, is_wanted: bool) -> None:
    """Make the change log of a source in PostgreSQL, or drop it. Raises SourceError."""
    from engine.store.postgres.change_log import create_server_log, drop_server_log

    if is_wanted:
        _print_change_log(while_locked(lambda: create_server_log(address)))
    else:
        was_there = while_locked(lambda: drop_server_log(address))
        say("The change log is dropped." if was_there else "There is no change log.")


def _print_change_log(state: ChangeLogState | ServerChangeLog) -> None:
    """Print which tables' changes are logged from now on, and for each other table the reason."""
    say(f"Every change is logged of: {', '.join(state.logged) or 'no table'}.")
    for table, reason in state.unlogged.items():
        say(f"Not logged: {table} ({reason}).")


@click.command()
@click.option(
    "--now", "now_text", metavar="ISO", help="Compute as of this instant, e.g. 2026-11-23T20:00:00Z."
)
@click.option("--page", help="Compute the datasets of this page only.")
@db_option
def precompute(now_text: str | None, page: str | None, db: SourceAddress | None) -> None:
    """Compute the datasets once, store them, and print a JSON summary."""
    from engine.runs import Runner, RunRequest, Trigger

    settings = settings_for(db, waits=True)
    now = wall_clock() if now_text is None else parse_now(now_text)
    datasets = None if page is None else tuple(dataset.name for dataset in datasets_of_page(page))
    runner = Runner(settings)
    try:
        with progress_bar("Pre-computing") as report:
            summary = runner.run(RunRequest(Trigger.COMMAND, now, datasets, reproduce=True), report)
        print_json(summary.as_json())
        # A check comes once a day. The run is stored and its lock is free by now.
        runner.finish_integrity_check()
    finally:
        runner.close()
    warn_of_journal(settings)
    failed = summary.reasons(FAILED)
    if failed:
        name, reason = next(iter(failed.items()))
        raise ComputeError(f"{len(failed)} failed", f"{name}: {reason}", "its last good value is kept")
