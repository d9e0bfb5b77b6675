"""The run queue: one run answers all who ask for the same, and submitting never waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.runs import Runner, RunRequest, Trigger
from engine.runs.turns import failures
from engine.runs.turns import queue as queue_module
from engine.runs.turns.queue import RunQueue
from engine.runs.turns.queued import RunFuture

A, B, C, D = tuple(catalogue())[:4]
TIMEOUT = 20


class BlockingRunner:
    """Stands in for a runner: records its requests, and ends each run on command."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []
        self.failure: Exception | None = None
        self._began = threading.Semaphore(0)
        self._go_on = threading.Semaphore(0)

    def run(self, request: RunRequest) -> None:
        self.requests.append(request)
        self._began.release()
        assert self._go_on.acquire(timeout=TIMEOUT)
        if self.failure is not None:
            raise self.failure

    def wait_for_run(self) -> RunRequest:
        """Return the request of the next run to begin."""
        assert self._began.acquire(timeout=TIMEOUT)
        return self.requests[-1]

    def end_run(self, runs: int = 1) -> None:
        self._go_on.release(runs)


@pytest.fixture
def runner() -> BlockingRunner:
    return BlockingRunner()


@pytest.fixture
def run_queue(runner: BlockingRunner) -> Iterator[RunQueue]:
    run_queue = RunQueue(cast(Runner, runner))
    yield run_queue
    run_queue.close()
    runner.end_run(100)


def ended(future: RunFuture) -> str | None:
    return future.result(TIMEOUT)


def test_a_run_is_of_what_was_asked_for_at_the_present_instant(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    before = wall_clock()
    future = run_queue.submit(Trigger.PAGE, (B, A))
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets, request.reproduce) == (Trigger.PAGE, (B, A), False)
    assert before <= request.now <= wall_clock()
    assert not future.done()
    runner.end_run()
    assert ended(future) is None


def test_pressing_twice_joins_the_run_under_way(run_queue: RunQueue, runner: BlockingRunner) -> None:
    first = run_queue.submit(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    others = [run_queue.submit(Trigger.PAGE, (A, B)), run_queue.submit(Trigger.CARD, (B,))]
    runner.end_run()
    assert [ended(future) for future in (first, *others)] == [None, None, None]
    assert len(runner.requests) == 1


def test_a_full_refresh_does_not_join_a_lesser_run(run_queue: RunQueue, runner: BlockingRunner) -> None:
    run_queue.submit(Trigger.WARM)
    runner.wait_for_run()
    full = run_queue.submit(Trigger.FULL)
    runner.end_run()
    assert runner.wait_for_run().trigger is Trigger.FULL
    assert not full.done()
    again = run_queue.submit(Trigger.FULL)
    lesser = run_queue.submit(Trigger.PAGE, (A,))
    runner.end_run()
    assert [ended(future) for future in (full, again, lesser)] == [None, None, None]
    assert [(request.trigger, request.datasets) for request in runner.requests] == [
        (Trigger.WARM, None),
        (Trigger.FULL, None),
    ]


def test_runs_that_wait_become_one_with_the_names_in_the_order_in_which_they_were_submitted(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    run_queue.submit(Trigger.CARD, (A,))
    runner.wait_for_run()
    waiting = [
        run_queue.submit(Trigger.READ, (D, B)),
        run_queue.submit(Trigger.PAGE, (C, D)),
        run_queue.submit(Trigger.CARD, (B,)),
    ]
    runner.end_run()
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.PAGE, (D, B, C))
    runner.end_run()
    assert [ended(future) for future in waiting] == [None, None, None]


def test_one_request_for_all_datasets_makes_the_run_one_of_all(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    run_queue.submit(Trigger.CARD, (A,))
    runner.wait_for_run()
    run_queue.submit(Trigger.PAGE, (B,))
    run_queue.submit(Trigger.FULL)
    runner.end_run()
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.FULL, None)


def test_a_hundred_clients_in_threads_start_one_run(run_queue: RunQueue, runner: BlockingRunner) -> None:
    together = threading.Barrier(100)
    under_way: list[bool] = []

    def read() -> None:
        together.wait(TIMEOUT)
        under_way.append(run_queue.submit_due((A, B)))

    clients = [threading.Thread(target=read) for _ in range(100)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(TIMEOUT)
    assert under_way == [True] * 100
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.READ, (A, B))
    runner.end_run()
    wait_until_idle(run_queue)
    assert len(runner.requests) == 1


def test_a_hundred_clients_of_several_pages_in_one_loop_start_one_run(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    async def read(names: tuple[str, ...]) -> bool:
        await asyncio.sleep(0)
        return run_queue.submit_due(names)

    async def read_all() -> list[bool]:
        return await asyncio.gather(*(read(((A, B), (B, C), (C, D))[n % 3]) for n in range(100)))

    assert asyncio.run(read_all()) == [True] * 100
    assert runner.wait_for_run().datasets == (A, B, C, D)
    runner.end_run()
    wait_until_idle(run_queue)
    assert len(runner.requests) == 1


def test_only_what_no_queued_run_computes_is_submitted_for_clients(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    run_queue.submit(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    assert run_queue.submit_due((B, A))
    assert run_queue.state.trigger is Trigger.PAGE
    assert run_queue.submit_due((C, A, D))
    runner.end_run()
    assert runner.wait_for_run().datasets == (C, D)


def test_after_a_failed_run_for_clients_none_is_started_for_them_but_buttons_still_run(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    assert run_queue.submit_due((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_queue)
    assert not run_queue.submit_due((A,))

    future = run_queue.submit(Trigger.PAGE, (A,))
    assert runner.wait_for_run().trigger is Trigger.PAGE
    runner.end_run()
    assert ended(future) == "the engine: it ended; try again"
    wait_until_idle(run_queue)
    assert not run_queue.submit_due((A,)), "a button that fails too does not end the backoff"

    runner.failure = None
    future = run_queue.submit(Trigger.PAGE, (A,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(future) is None
    wait_until_idle(run_queue)
    assert run_queue.submit_due((A,)), "a run that went well ends the backoff"


def test_during_the_backoff_clients_still_join_a_run_that_has_what_they_want(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    before = run_queue.version
    assert run_queue.submit_due((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_queue)
    backing_off = run_queue.version
    assert backing_off not in (before, "")
    runner.failure = None
    run_queue.submit(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    assert run_queue.submit_due((A,))
    assert not run_queue.submit_due((A, C)), "nothing new is computed during the backoff"
    runner.end_run()
    wait_until_idle(run_queue)
    assert run_queue.version not in (before, backing_off), "the backoff is over"


def test_the_backoff_after_a_failed_run_for_clients_ends(
    run_queue: RunQueue, runner: BlockingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "BACKOFF_SECONDS", 0.0)
    runner.failure = ComputeError("the engine", "it ended", "try again")
    assert run_queue.submit_due((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_queue)
    assert run_queue.submit_due((A,))


def test_a_failure_is_the_result_of_all_who_submitted_and_is_counted(
    run_queue: RunQueue, runner: BlockingRunner, caplog: pytest.LogCaptureFixture
) -> None:
    assert (run_queue.state.failures, run_queue.state.failure) == (0, None)
    for failure, line in (
        (ComputeError("the engine", "it ended", "try again"), "the engine: it ended; try again"),
        (ZeroDivisionError("by\nzero"), "the run: ZeroDivisionError: by zero; see the log"),
    ):
        runner.failure = failure
        first = run_queue.submit(Trigger.PAGE, (A,))
        runner.wait_for_run()
        second = run_queue.submit(Trigger.PAGE, (A,))
        runner.end_run()
        assert (ended(first), ended(second)) == (line, line)
        wait_until_idle(run_queue)
        assert run_queue.state.failure == line
    assert run_queue.state.failures == 2
    assert "ZeroDivisionError" in caplog.text
    runner.failure = None
    future = run_queue.submit(Trigger.PAGE, (A,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(future) is None
    assert (run_queue.state.failures, run_queue.state.failure) == (2, None)


def test_a_client_that_goes_away_does_not_cancel_the_run_of_others(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    gone = run_queue.submit(Trigger.PAGE, (A,))
    runner.wait_for_run()
    assert not gone.cancel()
    stays = run_queue.submit(Trigger.PAGE, (A,))

    async def leave() -> None:
        waiting = asyncio.ensure_future(asyncio.wrap_future(run_queue.submit(Trigger.PAGE, (A,))))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    runner.end_run()
    assert ended(stays) is None
    later = run_queue.submit(Trigger.PAGE, (B,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(later) is None


def test_closing_answers_those_who_wait_and_accepts_no_more_runs(
    run_queue: RunQueue, runner: BlockingRunner
) -> None:
    running = run_queue.submit(Trigger.PAGE, (A,))
    runner.wait_for_run()
    waiting = run_queue.submit(Trigger.PAGE, (B,))
    run_queue.close()
    for future in (waiting, run_queue.submit(Trigger.PAGE, (A,))):
        assert "being ended" in (ended(future) or "")
    assert not run_queue.submit_due((C,))
    assert not running.done()
    runner.end_run()
    assert ended(running) is None
    assert len(runner.requests) == 1


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_closing_within_the_batch_window_starts_no_run(
    runner: BlockingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_module, "BATCH_WINDOW_SECONDS", TIMEOUT)
    collecting = RunQueue(cast(Runner, runner))
    assert collecting.submit_due((A,))
    thread = collecting._thread
    assert thread is not None
    until(lambda: len(collecting._wakes._waiters) == 1)  # type: ignore[attr-defined]
    collecting.close()
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert runner.requests == []


def test_on_change_is_called_at_each_step(runner: BlockingRunner) -> None:
    seen: list[Trigger | None] = []
    run_queue = RunQueue(cast(Runner, runner))
    run_queue.on_change = lambda: seen.append(run_queue.state.trigger)
    assert run_queue.state.trigger is None
    future = run_queue.submit(Trigger.CARD, (A,))
    runner.wait_for_run()
    runner.end_run()
    ended(future)
    until(lambda: len(seen) == 3)
    assert seen == [Trigger.CARD, Trigger.CARD, None]
    run_queue.close()


def wait_until_idle(run_queue: RunQueue) -> None:
    until(lambda: run_queue.state.trigger is None)


def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    for _ in range(TIMEOUT * 200):
        if holds():
            return
        threading.Event().wait(0.005)
    raise AssertionError("the condition never held")
