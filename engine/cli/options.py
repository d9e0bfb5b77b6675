"""What several commands share: the database option, the progress bar, tables and JSON."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from engine.cli.terminal_text import say
from engine.model.results import Progress
from engine.model.settings import Settings, load_settings
from engine.model.text.plain_text import plain_text
from engine.store.sqlite.database import journal_mode

db_option = click.option(
    "--db", type=click.Path(path_type=Path), help="The source database; DASHBOARD_DB when not given."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def settings_for(db: Path | None) -> Settings:
    """Return the settings in force, for another source where one is given."""
    return load_settings().with_db(db)


def warn_of_journal(settings: Settings) -> None:
    """Say on stderr where the source keeps its journal in a way that makes readers hold up writers."""
    mode = journal_mode(settings.db)
    if mode != "wal":
        say(
            f"dashboard: warning: {settings.db}: its journal mode is {mode}, in which each run keeps the"
            " pipeline from writing; set `pragma journal_mode = wal`",
            err=True,
        )


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[Progress], None]]:
    """Give a reporter that draws a bar on stderr where that is a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    # On a narrow terminal it is the end of what is being done that is cut off.
    columns = (
        TextColumn(label),
        BarColumn(24, table_column=Column(min_width=8)),
        TimeElapsedColumn(table_column=Column(min_width=7, no_wrap=True)),
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
    )
    # What goes to a file while the bar is drawn goes there as it is.
    to_terminal = sys.stdout.isatty()
    with Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=to_terminal) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda progress: bar.update(
            task, completed=progress.done, total=progress.total, description=plain_text(progress.step)
        )
