"""The worker beside the source makes the runs of web processes without one, and answers their questions."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from engine.model import local_socket
from engine.model import questions as q
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_sqlite, wall_clock
from engine.model.errors import ComputeError, DashboardError, ServerAwayError, SourceError
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.model.private_files import write_private
from engine.model.settings import Settings
from engine.runs import Runner, Trigger
from engine.runs.questions import NoWorker
from engine.runs.replies import NobodyHolds
from engine.runs.turns.queue import RunQueue
from engine.runs.turns.queued import NotNow, QueueState
from engine.runs.worker import client as client_module
from engine.runs.worker import mailbox
from engine.runs.worker.bridge import WorkerBridge
from engine.runs.worker.client import WorkerClient
from engine.runs.worker.queue import WorkerQueue
from tests.engine.runs.test_queue import BlockingRunner
from tests.engine.source_database import make_source, settings_of
from tests.postgres import Cluster

A, B, C = tuple(catalogue())[:3]
TIMEOUT = 20


def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="module")
def address(cluster: Cluster) -> PostgresAddress:
    return parse_postgres_address("DASHBOARD_CACHE_URL", cluster.create_database())


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(make_source(tmp_path / "sites.db"))


@pytest.fixture
def runner() -> Iterator[BlockingRunner]:
    runner = BlockingRunner()
    yield runner
    runner.end_run(100)


@contextmanager
def working(settings: Settings, address: PostgresAddress, runner: BlockingRunner) -> Iterator[WorkerBridge]:
    queue = RunQueue(cast(Runner, runner))
    bridge = WorkerBridge(settings, address, queue, lambda: False)
    bridge.start()
    try:
        yield bridge
    finally:
        queue.close()
        bridge.close()


@contextmanager
def asking(settings: Settings, address: PostgresAddress) -> Iterator[tuple[WorkerClient, WorkerQueue]]:
    client = WorkerClient(settings, address)
    queue = WorkerQueue(client)
    client.start()
    try:
        yield client, queue
    finally:
        queue.close()
        client.close()


@pytest.fixture
def worker(settings: Settings, address: PostgresAddress, runner: BlockingRunner) -> Iterator[WorkerBridge]:
    with working(settings, address, runner) as bridge:
        yield bridge


@pytest.fixture
def web(
    settings: Settings, address: PostgresAddress, worker: WorkerBridge
) -> Iterator[tuple[WorkerClient, WorkerQueue]]:
    with asking(settings, address) as opened:
        yield opened


def test_a_run_that_is_asked_for_is_the_workers(
    web: tuple[WorkerClient, WorkerQueue], runner: BlockingRunner
) -> None:
    _, queue = web
    future = queue.submit(Trigger.PAGE, (B, A))
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.PAGE, (B, A))
    assert queue.state == QueueState(Trigger.PAGE, 0, None)
    assert queue.submit(Trigger.CARD, (A,)) is future
    assert queue.submit_due((A, B))
    runner.end_run()
    assert future.result(TIMEOUT) is None
    assert queue.state == QueueState(None, 0, None)
    assert len(runner.requests) == 1


def test_a_failure_reaches_who_asked(web: tuple[WorkerClient, WorkerQueue], runner: BlockingRunner) -> None:
    _, queue = web
    runner.failure = ComputeError("the run", "it failed", "try again")
    runner.end_run()
    assert queue.submit(Trigger.READ, (A,)).result(TIMEOUT) == "the run: it failed; try again"
    assert (queue.state.failures, queue.state.failure) == (1, "the run: it failed; try again")
    assert not queue.submit_due((B,))


def test_that_the_sources_server_is_away_from_the_worker_is_no_lasting_failure(
    web: tuple[WorkerClient, WorkerQueue], runner: BlockingRunner
) -> None:
    _, queue = web
    runner.failure = ServerAwayError("the source", "it is away", "start it")
    runner.end_run()
    answered = queue.submit(Trigger.PAGE, (A,)).result(TIMEOUT)
    assert isinstance(answered, NotNow)
    assert answered == "the source: it is away; start it"


def test_what_several_web_processes_ask_for_is_one_run(
    settings: Settings,
    address: PostgresAddress,
    web: tuple[WorkerClient, WorkerQueue],
    worker: WorkerBridge,
    runner: BlockingRunner,
) -> None:
    _, queue = web
    with asking(settings, address) as (_, other):
        first = queue.submit(Trigger.FULL)
        runner.wait_for_run()
        second = other.submit(Trigger.PAGE, (A,))
        eventually(lambda: len(worker._queue._running) == 2)
        runner.end_run()
        assert first.result(TIMEOUT) is second.result(TIMEOUT) is None
    assert len(runner.requests) == 1


def test_the_progress_of_the_workers_run_is_heard(
    settings: Settings, web: tuple[WorkerClient, WorkerQueue]
) -> None:
    client, _ = web
    assert client.progress(wall_clock()) is None
    path = settings.working_file(".progress.json")
    content = (
        f'{{"trigger": "full", "started_at": "{to_sqlite(wall_clock())}", "renewed_at":'
        f' "{to_sqlite(wall_clock())}", "done": 3, "total": 9, "step": "a step"}}'
    )
    settings.state_dir.mkdir()
    write_private(path, content.encode())
    eventually(lambda: client.progress(wall_clock()))
    found = client.progress(wall_clock())
    assert found is not None
    assert (found.trigger, found.done, found.total, found.step) == ("full", 3, 9, "a step")
    path.unlink()
    eventually(lambda: client.progress(wall_clock()) is None)


def test_what_the_worker_knows_of_the_source_is_heard(
    web: tuple[WorkerClient, WorkerQueue],
) -> None:
    client, _ = web
    eventually(lambda: client.source(wall_clock()))
    report = client.source(wall_clock())
    assert report is not None
    assert report.lag.by_time == {}


def test_that_the_worker_cannot_read_the_source_is_heard(
    settings: Settings, address: PostgresAddress, runner: BlockingRunner
) -> None:
    settings.db.unlink()
    with working(settings, address, runner), asking(settings, address) as (client, _):

        def is_refused() -> bool:
            try:
                client.source(wall_clock())
            except SourceError as error:
                return "no such file" in str(error)
            return False

        eventually(is_refused)


def test_without_a_worker_whoever_asks_hears_so_at_once(
    settings: Settings, address: PostgresAddress, runner: BlockingRunner, cluster: Cluster
) -> None:
    new = parse_postgres_address("DASHBOARD_CACHE_URL", cluster.create_database())
    with asking(settings, new) as (client, queue):
        line = "No worker has answered yet: start `dashboard schedule` beside the source"
        assert client.trouble() == line
        with pytest.raises(NoWorker, match="no worker has answered yet; start `dashboard schedule`"):
            client.ask(q.SearchQuestion("alpha", 5, q.KINDS))
        assert "no worker has answered yet" in str(queue.submit(Trigger.FULL).result(TIMEOUT))
        assert not queue.submit_due((A,))
        assert (queue.state.failures, queue.state.failure) == (0, None)
        before = queue.version
        with working(settings, new, runner):
            eventually(lambda: client.trouble() is None)
            assert queue.version != before
        eventually(lambda: str(client.trouble()).startswith("No worker has answered since "))


def test_while_the_server_is_away_no_worker_is_asked_for(
    web: tuple[WorkerClient, WorkerQueue], worker: WorkerBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ServerAwayError("postgresql://a@/c", "it cannot be reached (/run/db/.s.5432)", "start it")

    client, queue = web
    eventually(lambda: client.absence() is None)
    monkeypatch.setattr(mailbox, "read_reports", away)
    # At once nobody gives up: it may be back in a moment.
    assert client.absence() is None
    monkeypatch.setattr(client_module, "GONE_SECONDS", 0.0)
    eventually(lambda: "it cannot be reached" in str(client.absence()))
    absence = client.absence()
    assert absence is not None
    assert absence.line == "It cannot be reached (.s.5432): start it"
    assert client.trouble() is None
    refused = queue.submit(Trigger.FULL).result(TIMEOUT)
    assert isinstance(refused, NotNow)
    assert refused == "postgresql://a@/c: it cannot be reached (/run/db/.s.5432); start it"


def test_a_worker_that_dies_leaves_nobody_waiting(
    web: tuple[WorkerClient, WorkerQueue],
    worker: WorkerBridge,
    runner: BlockingRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, queue = web
    monkeypatch.setattr(client_module, "GONE_SECONDS", 1.5)
    future = queue.submit(Trigger.FULL)
    runner.wait_for_run()
    worker._ended.set()  # as kill -9 does: it says nothing more
    assert "no worker has answered since" in str(future.result(TIMEOUT))
    assert client.trouble() is not None


def test_the_requests_of_a_worker_that_died_are_another_workers(
    settings: Settings,
    address: PostgresAddress,
    worker: WorkerBridge,
    runner: BlockingRunner,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailbox, "GONE_SECONDS", 1.5)
    other = BlockingRunner()
    with asking(settings, address) as (_, queue):
        future = queue.submit(Trigger.FULL)
        runner.wait_for_run()
        worker._ended.set()
        with working(settings, address, other):
            assert other.wait_for_run().trigger is Trigger.FULL
            other.end_run()
            assert future.result(TIMEOUT) is None


def test_a_question_is_answered_by_whoever_holds_the_replica(
    settings: Settings, web: tuple[WorkerClient, WorkerQueue]
) -> None:
    client, _ = web
    with pytest.raises(NobodyHolds, match="no process holds it yet; try again after the next run"):
        client.ask(q.SearchQuestion("alpha", 5, q.KINDS))
    answer = q.SearchAnswer((), None)
    listener = local_socket.listen(settings.socket_path)
    with listener:

        def serve(reply: q.Reply) -> None:
            connection, _ = listener.accept()
            with connection:
                asked.append(q.request_from_json(local_socket.receive(connection)))
                local_socket.send(connection, q.to_json(reply))

        asked: list[q.Request] = []
        for reply in (answer, q.Refusal("a", "b", "c")):
            threading.Thread(target=serve, args=(reply,), daemon=True).start()
        question = q.SearchQuestion("alpha", 5, q.KINDS)
        results: list[object] = []
        for _ in range(2):
            try:
                results.append(client.ask(question))
            except DashboardError as error:
                results.append(str(error))
        assert set(map(str, results)) == {str(answer), "a: b; c"}
        assert asked == [question, question]
