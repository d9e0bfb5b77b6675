"""``dashboard serve`` and ``dashboard schedule`` for several sources: one process, one engine, runs in turn.

A source that cannot be prepared or computed is logged, and leaves the others as they are.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
from collections.abc import Iterator, Mapping

from engine.cli.first_run import FIRST_RUN_SECONDS, needs_first_run
from engine.cli.listening import listen, shown_host
from engine.cli.options import checked_settings
from engine.cli.serve import ended_by_signals, prepare_process, prepare_source, require_login
from engine.cli.terminal_text import say
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.places.postgres_address import PostgresAddress
from engine.model.settings import Settings
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.computing import Computing, by_worker
from engine.runs.processes.shared_engine import SharedEngine
from engine.runs.schedule import next_due
from engine.runs.turns.queue import RunQueue
from engine.runs.worker.working import start_worker

log = logging.getLogger(__name__)


def serve_sources(settings: Settings, *, with_schedule: bool, insecure: bool) -> None:
    """Serve all ``settings.sources`` until interrupted. Raises DashboardError."""
    from dash_app.page_check import check_pages
    from dash_app.sources.names import require_free_names
    from dash_app.sources.server import create_sources_server
    from engine.cli.web_server import AnnouncingServer

    names = [source.name for source in settings.sources]
    require_login(settings, insecure=insecure)
    require_free_names(settings)
    listener = listen(settings)
    check_pages()
    prepare_process(settings)
    engine = SharedEngine()
    url = f"http://{shown_host(settings.host)}:{settings.port}{settings.shared_path}"
    if isinstance(settings.cache, PostgresAddress) and not with_schedule:
        computing = {name: _by_worker(settings.for_source(name)) for name in names}
        with ended_by_signals():
            app = create_sources_server(settings, engine, {}, computing=computing)
            ends = tuple(each.queue.close for each in computing.values())
            AnnouncingServer(app, f"Dashboard of {', '.join(names)} on {url}", ends).run(sockets=[listener])
        return
    with _runners(settings, engine) as runners, ended_by_signals():
        _compute_first(runners, with_schedule=with_schedule)
        now = wall_clock()
        starts = {name: next_due(runner.settings, now) for name, runner in runners.items()}
        app = create_sources_server(settings, engine, runners, starts if with_schedule else None)
        ends = tuple(runner.close for runner in runners.values())
        AnnouncingServer(app, f"Dashboard of {', '.join(names)} on {url}", ends).run(sockets=[listener])


def _by_worker(settings: Settings) -> Computing:
    """Return what computes for a process without the source, whose cache is in PostgreSQL."""
    assert isinstance(settings.store, PostgresAddress)
    return by_worker(settings, settings.store)


def schedule_sources(settings: Settings) -> None:
    """Run the schedule of all ``settings.sources`` until interrupted."""
    prepare_process(settings)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with _runners(settings, SharedEngine()) as runners:
        now = wall_clock()
        queues = {name: RunQueue(runner) for name, runner in runners.items()}
        workers = [
            start_worker(runner, queues[name], next_due(runner.settings, now))
            for name, runner in runners.items()
        ]
        say(f"Computing {', '.join(runners)} every {settings.precompute_interval_seconds} s")
        ended.wait()
        for worker in workers:
            worker.close()
        for queue in queues.values():
            queue.close()


@contextlib.contextmanager
def _runners(settings: Settings, engine: SharedEngine) -> Iterator[dict[str, Runner]]:
    """Yield the runner of each source; the end of the block closes them, and the engine."""
    runners = {}
    try:
        own = {source.name: settings.for_source(source.name) for source in settings.sources}
        _prepare_all(own)
        for name, each in own.items():
            runners[name] = Runner(each, engine.share())
            runners[name].watch_files()
        yield runners
    finally:
        for runner in runners.values():
            runner.close()
        engine.close()


def _prepare_all(settings: Mapping[str, Settings]) -> None:
    """Prepare sources together, so that one whose server is waited for holds up no other."""

    def prepare(name: str) -> None:
        try:
            prepare_source(checked_settings(settings[name], waits=True))
        except DashboardError as error:
            log.error("%s: %s", name, error)

    threads = [threading.Thread(target=prepare, args=(name,), daemon=True) for name in settings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _compute_first(runners: dict[str, Runner], *, with_schedule: bool) -> None:
    """Begin to compute the sources whose cache has nothing to serve, and wait for them a moment."""
    threads = [
        threading.Thread(target=_compute, args=(name, runner), name="dashboard-first-run", daemon=True)
        for name, runner in runners.items()
        if _is_empty(runner.settings, with_schedule=with_schedule)
    ]
    until = threading.Event()
    for thread in threads:
        thread.start()
    if threads:
        threading.Thread(target=_set_after, args=(threads, until), daemon=True).start()
        until.wait(FIRST_RUN_SECONDS)


def _set_after(threads: list[threading.Thread], event: threading.Event) -> None:
    for thread in threads:
        thread.join()
    event.set()


def _is_empty(settings: Settings, *, with_schedule: bool) -> bool:
    try:
        return needs_first_run(settings, with_schedule=with_schedule)
    except DashboardError:
        return False


def _compute(name: str, runner: Runner) -> None:
    try:
        runner.run(RunRequest(Trigger.SCHEDULE, wall_clock()))
    except DashboardError as error:
        if not runner.is_closed:
            log.error("%s: first run failed: %s", name, error)
