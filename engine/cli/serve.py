"""``dashboard serve`` and ``dashboard schedule``: the long-running commands.

They import what they run when they start, so that the other commands start without Dash.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator

import click

from engine.cli.demo import ensure_demo
from engine.cli.first_run import first_run
from engine.cli.listening import listen, shown_url
from engine.cli.options import db_option, settings_for, sources_to_run, warn_of_journal
from engine.cli.terminal_text import say
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import SettingError
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.setting_table.loading import unknown_settings
from engine.model.settings import Settings
from engine.model.source_file.retry import while_locked
from engine.model.text.log_text import REQUESTS, RUNS, use_log_format
from engine.store.sqlite.replaced_file import require_sound
from engine.store.sqlite.store_file import prepare_store

log = logging.getLogger(__name__)


@click.command()
@click.option("--demo", is_flag=True, help="Serve a demo database; make one if there is none of today.")
@click.option(
    "--with-schedule/--without-schedule", default=True, show_default=True,
    help="Run the schedule in this process too.",
)  # fmt: skip
@click.option(
    "--insecure", is_flag=True,
    help="Serve other machines although nobody has to log in.",
)  # fmt: skip
@db_option
def serve(demo: bool, with_schedule: bool, insecure: bool, db: SourceAddress | None) -> None:
    """Serve the dashboard, with its schedule, until interrupted."""
    from dash_app.http.middleware.base_path import require_free_base_path
    from dash_app.page_check import check_pages
    from dash_app.server import create_server
    from engine.cli.web_server import AnnouncingServer
    from engine.runs import Runner
    from engine.runs.schedule import next_due

    if demo and db is not None:
        raise SettingError("--demo", "it does not go with --db", "give one of the two")
    several = None if demo else sources_to_run(db)
    if several is not None:
        from engine.cli.serve_sources import serve_sources

        serve_sources(several, with_schedule=with_schedule, insecure=insecure)
        return
    settings = (
        settings_for(ensure_demo(wall_clock()), is_demo=True)
        if demo
        else settings_for(db, needs_source=with_schedule, waits=True)
    )
    require_login(settings, insecure=insecure)
    require_free_base_path(settings.base_path)
    listener = listen(settings)
    check_pages()
    if isinstance(settings.store, PostgresAddress) and not with_schedule:
        from engine.cli.serve_without_source import serve_without_source

        serve_without_source(settings, settings.store, listener)
        return
    prepare(settings)
    runner = Runner(settings)
    runner.watch_files()
    with ended_by_signals(), first_run(runner, with_schedule=with_schedule):
        first_run_at = next_due(settings, wall_clock()) if with_schedule else None
        app = create_server(settings, schedule_from=first_run_at, runner=runner)
        # Closing the runner ends a run under way, and so answers the pages that wait for it.
        server = AnnouncingServer(
            app, f"Dashboard of {settings.source} on {shown_url(settings)}", (runner.close,)
        )
        server.run(sockets=[listener])


def require_login(settings: Settings, *, insecure: bool) -> None:
    """Check the settings of the login, before anything is computed. Raises SettingError."""
    from engine.sessions.passwords import configured_passwords

    configured_passwords(settings)
    if settings.auth_header and not settings.trusted_proxies:
        raise SettingError(
            "DASHBOARD_AUTH_HEADER",
            "no proxy is trusted to send it",
            "set DASHBOARD_TRUSTED_PROXIES to the proxy's address",
        )
    if not settings.is_open_to_others:
        return
    if not insecure:
        raise SettingError(
            "DASHBOARD_HOST",
            f"{settings.host} is reached by other machines, and nobody has to log in",
            "set DASHBOARD_PASSWORD_FILE or DASHBOARD_PASSWORD, or start with --insecure",
        )
    log.warning("no password is set: everyone who reaches %s reads everything and starts runs", settings.host)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """End the block without an error at SIGTERM and Ctrl-C; uvicorn raises both again after its shutdown."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def prepare_process(settings: Settings) -> None:
    """Check settings and datasets. From now on each run is logged, and each request if that is set."""
    use_log_format(settings.log_format, [RUNS, REQUESTS] if settings.access_log else [RUNS])
    for line in unknown_settings():
        say(f"dashboard: warning: {line}", err=True)
    catalogue()


def prepare(settings: Settings) -> None:
    """Check settings, datasets and the source's file, then create the dashboard's tables.

    From now on each run is logged, and each request if that is set.
    """
    prepare_process(settings)
    prepare_source(settings)


def prepare_source(settings: Settings) -> None:
    """Check the source's file, then create the dashboard's tables. Raises DashboardError."""
    require_sound(settings)
    while_locked(lambda: prepare_store(settings))
    warn_of_journal(settings)


@click.command()
@db_option
def schedule(db: SourceAddress | None) -> None:
    """Run the schedule alone, until interrupted."""
    from engine.runs import Runner
    from engine.runs.schedule import next_due
    from engine.runs.turns.queue import RunQueue
    from engine.runs.worker.working import start_worker

    several = sources_to_run(db)
    if several is not None:
        from engine.cli.serve_sources import schedule_sources

        schedule_sources(several)
        return
    settings = settings_for(db, waits=True)
    prepare(settings)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    runner = Runner(settings)
    runner.watch_files()
    queue = RunQueue(runner)
    worker = start_worker(runner, queue, next_due(settings, wall_clock()))
    say(f"Computing {settings.source} every {settings.precompute_interval_seconds} s")
    ended.wait()
    worker.close()
    queue.close()
    runner.close()
