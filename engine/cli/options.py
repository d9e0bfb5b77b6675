"""What several commands share: their options, a warning and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from engine.cli.terminal_text import say
from engine.model.results import Progress
from engine.model.settings import Settings, load_settings
from engine.model.source_file.mounts import require_folder_with
from engine.model.text.log_text import use_log_format
from engine.model.text.plain_text import plain_text
from engine.store.sqlite.database import journal_mode
from engine.store.sqlite.store_file import mark_files, require_store_of

db_option = click.option(
    "--db", type=click.Path(path_type=Path), help="The source database; DASHBOARD_DB by default."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def settings_for(db: Path | None, *, is_demo: bool = False) -> Settings:
    """Return the settings in force, with another source if ``db`` is not None, and log in their format.

    A demo keeps its cache in its own file. Raises DashboardError if a setting or the place of the source
    cannot be used, or if the cache is that of another source.
    """
    settings = load_settings().with_db(db)
    if is_demo:
        settings = replace(settings, cache_file=None)
    use_log_format(settings.log_format)
    require_folder_with(settings.db)
    mark_files(settings)
    if settings.is_apart:
        require_folder_with(settings.store_path)
        require_store_of(settings)
    return settings


def warn_of_journal(settings: Settings) -> None:
    """Warn on stderr if the source has a journal mode in which readers block writers."""
    mode = journal_mode(settings.db)
    if mode != "wal":
        say(
            f"dashboard: warning: {settings.db}: its journal mode is {mode}, in which each run blocks the"
            " pipeline's writes; set `pragma journal_mode = wal`",
            err=True,
        )


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[Progress], None]]:
    """Yield a reporter that draws a bar on stderr if that is a terminal, and nothing if it is not."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    # On a narrow terminal the description comes last and is cut.
    columns = (
        TextColumn(label),
        BarColumn(24, table_column=Column(min_width=8)),
        TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True)),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
    )
    # If stdout is a file, what is printed while the bar is drawn goes there unchanged.
    to_terminal = sys.stdout.isatty()
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=to_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda progress: bar.update(
            task, completed=progress.done, total=progress.total, description=plain_text(progress.step)
        )
