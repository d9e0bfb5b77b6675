"""``dashboard migrate`` and ``dashboard precompute``."""

from __future__ import annotations

from pathlib import Path

import click

from engine.cli.options import db_option, print_json, progress_bar, settings_for, warn_of_journal
from engine.clock import parse_now, wall_clock
from engine.database import migrate
from engine.datasets import datasets_of_page
from engine.errors import ComputeError
from engine.results import FAILED


@click.command("migrate")
@db_option
def migrate_command(db: Path | None) -> None:
    """Create the dashboard's tables in the source database and register its job."""
    settings = settings_for(db)
    migrate(settings.db)
    click.echo(f"The dashboard's tables are in {settings.db}.")


@click.command()
@click.option(
    "--now", "now_text", metavar="ISO", help="Compute as of this instant, e.g. 2026-11-23T20:00:00Z."
)
@click.option("--page", help="Compute the datasets of this page only.")
@db_option
def precompute(now_text: str | None, page: str | None, db: Path | None) -> None:
    """Compute the datasets once, store them, and print a JSON summary."""
    from engine.runs import Runner, RunRequest, Trigger

    settings = settings_for(db)
    now = wall_clock() if now_text is None else parse_now(now_text)
    datasets = None if page is None else tuple(dataset.name for dataset in datasets_of_page(page))
    runner = Runner(settings)
    try:
        with progress_bar("Pre-computing") as report:
            summary = runner.run(RunRequest(Trigger.COMMAND, now, datasets, reproduce=True), report)
    finally:
        runner.close()
    warn_of_journal(settings)
    print_json(summary.as_json())
    failed = summary.reasons(FAILED)
    if failed:
        name, reason = next(iter(failed.items()))
        raise ComputeError(f"{len(failed)} failed", f"{name}: {reason}", "its last good value is kept")
