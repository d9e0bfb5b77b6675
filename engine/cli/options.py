"""What several commands share: their options, a warning and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from engine.cli.terminal_text import say
from engine.model.errors import SettingError
from engine.model.places.postgres_address import (
    PostgresAddress,
    SourceAddress,
    is_postgres_address,
    parse_postgres_address,
)
from engine.model.places.sources import source_called
from engine.model.setting_table.loading import load_settings
from engine.model.settings import Settings
from engine.model.source_file.mounts import require_folder_with
from engine.model.source_file.retry import while_locked
from engine.model.text.log_text import use_log_format
from engine.model.text.plain_text import plain_text
from engine.model.values.results import Progress
from engine.store.sqlite.database import journal_mode
from engine.store.sqlite.store_file import mark_files, require_store_of


class SourceType(click.Path):
    """The type of an option that names a source: a path, or an address of PostgreSQL."""

    def __init__(self, setting: str, path_type: type[Path]) -> None:
        super().__init__(path_type=path_type)
        self._setting = setting

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a path or an address. Raises SettingError."""
        if isinstance(value, str) and is_postgres_address(value):
            return parse_postgres_address(self._setting, value)
        return super().convert(value, param, ctx)


db_option = click.option(
    "--db",
    type=SourceType("--db", Path),
    help="The source database, or a name in DASHBOARD_SOURCES; DASHBOARD_DB by default.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


def settings_for(
    db: SourceAddress | None,
    *,
    is_demo: bool = False,
    needs_source: bool = True,
    needs_cache: bool = True,
    waits: bool = False,
) -> Settings:
    """Return the settings in force, of another source if ``db`` is not None, and log in their format.

    ``db`` is a file or an address, or the name of one of several sources. A demo keeps its cache in its own
    file. What does not need the source asks nothing of it if the cache is in PostgreSQL; what does not need
    the cache asks nothing of that if the source is there. What ``waits`` waits a little for the cache's
    server if it is away. Raises DashboardError if a setting or the place of the source cannot be used, if
    the cache is that of another source, or if there are several sources and none is named.
    """
    settings = load_settings()
    if settings.sources and db is None:
        names = " or ".join(f"--db {source.name}" for source in settings.sources)
        raise SettingError("--db", "this command needs one of several sources", f"give {names}")
    settings = _source_of(settings, db)
    if is_demo:
        settings = replace(settings, cache=None)
    use_log_format(settings.log_format)
    if settings.source_file is None and not needs_cache:
        return settings
    if settings.store_file is None and not needs_source:
        return settings
    return checked_settings(settings, waits=waits)


def shared_settings(db: SourceAddress | None) -> Settings:
    """Return the settings that all sources share if there are several and ``db`` is None, else of one."""
    settings = load_settings()
    if settings.sources and db is None:
        use_log_format(settings.log_format)
        return settings
    return settings_for(db, needs_source=False)


def sources_to_run(db: SourceAddress | None) -> Settings | None:
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


def checked_settings(settings: Settings, *, waits: bool = False) -> Settings:
    """Return settings whose source and cache can be used. Raises DashboardError.

    What ``waits`` waits a little for the cache's server if it is away.
    """
    if settings.source_file is not None:
        require_folder_with(settings.source_file)
    elif settings.job_log:
        raise SettingError(
            "DASHBOARD_JOB_LOG", f"the source {settings.source} is only read", "set it to no, or leave it out"
        )
    mark_files(settings)
    if settings.is_apart:
        if settings.store_file is not None:
            require_folder_with(settings.store_file)
        while_locked(lambda: require_store_of(settings), waits_for_server=waits)
    return settings


def _source_of(settings: Settings, db: SourceAddress | None) -> Settings:
    if db is None or not settings.sources or _is_path(settings, db):
        return settings.with_db(db)
    return settings.for_source(str(db))


def _is_path(settings: Settings, db: SourceAddress) -> bool:
    """Return whether ``--db`` is a file or an address, and no name of a source."""
    if isinstance(db, PostgresAddress):
        return True
    is_name = any(source.name == str(db) for source in settings.sources)
    return not is_name and (len(db.parts) > 1 or db.suffix != "" or db.exists())


def warn_of_journal(settings: Settings) -> None:
    """Warn on stderr if the source has a journal mode in which readers block writers."""
    if settings.source_file is None:
        return
    mode = journal_mode(settings.source_file)
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


def usage_line(error: click.ClickException, program: str) -> str:
    """Return what is wrong with a command's words, and whose help has the right ones."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = program if context is None else context.command_path
    return f"{error.format_message().rstrip('.')}; see `{path} --help`"
