"""What several commands share: their options, a warning and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click

from engine.cli.terminal_text import say
from engine.model.errors import SettingError
from engine.model.results import Progress
from engine.model.settings import Settings, load_settings
from engine.model.source_file.mounts import require_folder_with
from engine.model.source_file.retry import while_locked
from engine.model.sources import source_called
from engine.model.text.log_text import use_log_format
from engine.model.text.plain_text import plain_text
from engine.store.sqlite.database import journal_mode
from engine.store.sqlite.store_file import mark_files, require_store_of

db_option = click.option(
    "--db",
    type=click.Path(path_type=Path),
    help="The source database, or a name in DASHBOARD_SOURCES; DASHBOARD_DB by default.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def settings_for(db: Path | None, *, is_demo: bool = False, needs_source: bool = True) -> Settings:
    """Return the settings in force, of another source if ``db`` is not None, and log in their format.

    ``db`` is a file, or the name of one of several sources. A demo keeps its cache in its own file. What does
    not need the source asks nothing of it if the cache is in PostgreSQL. Raises DashboardError if a setting
    or the place of the source cannot be used, if the cache is that of another source, or if there are
    several sources and none is named.
    """
    settings = load_settings()
    if settings.sources and db is None:
        names = " or ".join(f"--db {source.name}" for source in settings.sources)
        raise SettingError("--db", "this command needs one of several sources", f"give {names}")
    settings = _source_of(settings, db)
    if is_demo:
        settings = replace(settings, cache=None)
    use_log_format(settings.log_format)
    if settings.store_file is None and not needs_source:
        return settings
    return checked_settings(settings)


def shared_settings(db: Path | None) -> Settings:
    """Return the settings that all sources share if there are several and ``db`` is None, else of one."""
    settings = load_settings()
    if settings.sources and db is None:
        use_log_format(settings.log_format)
        return settings
    return settings_for(db, needs_source=False)


def sources_to_run(db: Path | None) -> Settings | None:
    """Return the settings of several sources, or of the one that ``db`` names; None if no source has a name.

    Raises SettingError.
    """
    settings = load_settings()
    if not settings.sources or (db is not None and _is_path(settings, db)):
        return None
    use_log_format(settings.log_format)
    if db is None:
        return settings
    return replace(settings, sources=(source_called(settings.sources, str(db)),))


def checked_settings(settings: Settings) -> Settings:
    """Return settings whose source and cache can be used. Raises DashboardError."""
    require_folder_with(settings.db)
    mark_files(settings)
    if settings.is_apart:
        if settings.store_file is not None:
            require_folder_with(settings.store_file)
        while_locked(lambda: require_store_of(settings))
    return settings


def _source_of(settings: Settings, db: Path | None) -> Settings:
    if db is None or not settings.sources or _is_path(settings, db):
        return settings.with_db(db)
    return settings.for_source(str(db))


def _is_path(settings: Settings, db: Path) -> bool:
    """Return whether ``--db`` is a file and no name of a source."""
    is_name = any(source.name == str(db) for source in settings.sources)
    return not is_name and (len(db.parts) > 1 or db.suffix != "" or db.exists())


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
