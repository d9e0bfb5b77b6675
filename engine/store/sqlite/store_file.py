"""The store's place: makes a store that is apart from the source, and holds it to its one source.

The source itself is the store if no other file is named for it.
"""

from __future__ import annotations

import os
from contextlib import closing, suppress
from pathlib import Path

from engine.model.errors import SettingError
from engine.model.private_files import create_private, make_private_folder
from engine.model.settings import Settings
from engine.model.source_file.failures import CACHE_NAMED_BY as NAME
from engine.model.source_file.failures import note_name
from engine.store.backend import backend_of, has_table, missing_tables, reading, writing
from engine.store.source import require_readable_source
from engine.store.sqlite.connections import connections_to, new_database
from engine.store.sqlite.migration import DASHBOARD_TABLES, is_complete, migrate, register_job

SOURCE_ROW = "source"
"""The name under which ``dashboard_state`` has the path of the source whose values the store holds."""


def mark_files(settings: Settings) -> None:
    """Note for this process what names the files, and that a source apart from its store is left alone."""
    if settings.source_file is not None:
        note_name(settings.source_file, settings.named_by)
        connections_to(settings.source_file).is_left_alone = settings.is_apart
    if settings.is_apart and settings.store_file is not None:
        note_name(settings.store_file, NAME)


def prepare_store(settings: Settings, *, has_source: bool = True) -> None:
    """Create the store and all tables that it lacks; calling it again is harmless.

    A process that has no source asks nothing of it. Raises SourceError, and SettingError if the file cannot
    be made or is the store of another source.
    """
    if not settings.is_apart:
        migrate(settings.db)
        return
    if not has_source:
        backend_of(settings.store).migrate(is_source=False)
        return
    require_source(settings)
    store, file = settings.store, settings.store_file
    if file is not None:
        if not file.exists():
            _make_file(file)
        if settings.source_file is not None and file.samefile(settings.source_file):
            raise SettingError(NAME, f"{file} is the source itself", "leave it empty, or name another file")
    require_store_of(settings)
    backend_of(store).migrate(is_source=False)
    with writing(store) as connection:
        connection.execute(
            "insert into dashboard_state (name, value) values (?, ?) on conflict (name) do nothing",
            (SOURCE_ROW, str(settings.source)),
        )
    require_store_of(settings)
    if settings.job_log and settings.source_file is not None:
        register_job(settings.source_file)


def is_store_prepared(settings: Settings) -> bool:
    """Return whether there is nothing to do for ``prepare_store``.

    Raises SourceError if the source or the store cannot be read, and what ``prepare_store`` raises.
    """
    if not settings.is_apart:
        return is_complete(settings.db)
    require_source(settings)
    if not _is_made(settings):
        return False
    return require_store_of(settings) and backend_of(settings.store).is_complete()


def missing_in_store(settings: Settings) -> tuple[str, ...]:
    """Return the dashboard's tables that the store lacks: all if its file is not made yet.

    Raises SourceError.
    """
    return missing_tables(settings.store) if _is_made(settings) else DASHBOARD_TABLES


def _is_made(settings: Settings) -> bool:
    """Return whether there is a file of a store apart; a server makes its own."""
    return not settings.is_apart or settings.store_file is None or settings.store_file.exists()


def require_store_of(settings: Settings) -> bool:
    """Return whether a store apart is known to be that of the source; False if it says nothing yet.

    Raises SettingError if it is that of another source, SourceError if it cannot be read.
    """
    store = settings.store
    if not settings.is_apart or not _is_made(settings):
        return False
    with reading(store) as connection:
        if not has_table(connection, "dashboard_state"):
            return False
        found = connection.execute(
            "select value from dashboard_state where name = ?", (SOURCE_ROW,)
        ).fetchone()
    if found is not None and found[0] != str(settings.source):
        raise SettingError(
            NAME, f"{store} has the values of {found[0]}, not of {settings.source}",
            "name another place, or delete that file"
            if isinstance(store, Path)
            else "name another database, or run `drop schema dashboard cascade` in it",
        )  # fmt: skip
    return found is not None


def require_source(settings: Settings) -> None:
    """Raise SourceError if a source apart from its store cannot be read, or only with harm to its program.

    It comes before anything is made for the source, and before DuckDB opens it.
    """
    mark_files(settings)
    if settings.is_apart:
        require_readable_source(settings.source)


def _make_file(store: Path) -> None:
    """Make an empty database in WAL mode that only this user can read, unless another process has."""
    # It gets its name when it is a database: an empty file at that place is an error.
    draft = store.with_name(f"{store.name}.{os.getpid()}.new")
    try:
        make_private_folder(store.parent)
        os.close(create_private(draft))
        with closing(new_database(draft)) as connection:
            connection.execute("pragma journal_mode = wal").fetchone()
        with suppress(FileExistsError):
            os.link(draft, store)
    except OSError as error:
        raise SettingError(
            NAME, f"{store} cannot be made ({error.strerror})", "name a file in another folder"
        ) from None
    finally:
        draft.unlink(missing_ok=True)
