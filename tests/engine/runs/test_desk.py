"""The desk: however many ask, one run answers them; nobody who asks waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from engine.model.clock import wall_clock
from engine.model.datasets import catalogue
from engine.model.errors import ComputeError
from engine.runs import Runner, RunRequest, Trigger
from engine.runs import queue as desk
from engine.runs.queue import Ending, RunDesk

A, B, C, D = tuple(catalogue())[:4]
PATIENCE = 20


class BlockingRunner:
    """Stands in for a runner: notes what it is asked, and ends each run when told to."""

    def __init__(self) -> None:
        self.requests: list[RunRequest] = []
        self.failure: Exception | None = None
        self._began = threading.Semaphore(0)
        self._go_on = threading.Semaphore(0)

    def run(self, request: RunRequest) -> None:
        self.requests.append(request)
        self._began.release()
        assert self._go_on.acquire(timeout=PATIENCE)
        if self.failure is not None:
            raise self.failure

    def wait_for_run(self) -> RunRequest:
        """Return the request of the next run to begin."""
        assert self._began.acquire(timeout=PATIENCE)
        return self.requests[-1]

    def end_run(self, runs: int = 1) -> None:
        self._go_on.release(runs)


@pytest.fixture
def runner() -> BlockingRunner:
    return BlockingRunner()


@pytest.fixture
def run_desk(runner: BlockingRunner) -> Iterator[RunDesk]:
    run_desk = RunDesk(cast(Runner, runner))
    yield run_desk
    run_desk.close()
    runner.end_run(100)


def ended(ending: Ending) -> str | None:
    return ending.result(PATIENCE)


def test_a_run_is_of_what_was_asked_for_at_the_present_instant(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    before = wall_clock()
    ending = run_desk.ask(Trigger.PAGE, (B, A))
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets, request.reproduce) == (Trigger.PAGE, (B, A), False)
    assert before <= request.now <= wall_clock()
    assert not ending.done()
    runner.end_run()
    assert ended(ending) is None


def test_pressing_twice_joins_the_run_under_way(run_desk: RunDesk, runner: BlockingRunner) -> None:
    first = run_desk.ask(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    others = [run_desk.ask(Trigger.PAGE, (A, B)), run_desk.ask(Trigger.CARD, (B,))]
    runner.end_run()
    assert [ended(ending) for ending in (first, *others)] == [None, None, None]
    assert len(runner.requests) == 1


def test_a_full_refresh_does_not_join_a_lesser_run(run_desk: RunDesk, runner: BlockingRunner) -> None:
    run_desk.ask(Trigger.WARM)
    runner.wait_for_run()
    full = run_desk.ask(Trigger.FULL)
    runner.end_run()
    assert runner.wait_for_run().trigger is Trigger.FULL
    assert not full.done()
    again = run_desk.ask(Trigger.FULL)
    lesser = run_desk.ask(Trigger.PAGE, (A,))
    runner.end_run()
    assert [ended(ending) for ending in (full, again, lesser)] == [None, None, None]
    assert [(request.trigger, request.datasets) for request in runner.requests] == [
        (Trigger.WARM, None),
        (Trigger.FULL, None),
    ]


def test_wishes_that_wait_become_one_run_with_the_names_in_the_order_they_were_asked_for(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    run_desk.ask(Trigger.CARD, (A,))
    runner.wait_for_run()
    waiting = [
        run_desk.ask(Trigger.READ, (D, B)),
        run_desk.ask(Trigger.PAGE, (C, D)),
        run_desk.ask(Trigger.CARD, (B,)),
    ]
    runner.end_run()
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.PAGE, (D, B, C))
    runner.end_run()
    assert [ended(ending) for ending in waiting] == [None, None, None]


def test_one_wish_for_everything_makes_the_run_one_of_everything(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    run_desk.ask(Trigger.CARD, (A,))
    runner.wait_for_run()
    run_desk.ask(Trigger.PAGE, (B,))
    run_desk.ask(Trigger.FULL)
    runner.end_run()
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.FULL, None)


def test_a_hundred_readers_in_threads_start_one_run(run_desk: RunDesk, runner: BlockingRunner) -> None:
    together = threading.Barrier(100)
    under_way: list[bool] = []

    def read() -> None:
        together.wait(PATIENCE)
        under_way.append(run_desk.ask_for_readers((A, B)))

    readers = [threading.Thread(target=read) for _ in range(100)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(PATIENCE)
    assert under_way == [True] * 100
    request = runner.wait_for_run()
    assert (request.trigger, request.datasets) == (Trigger.READ, (A, B))
    runner.end_run()
    wait_until_idle(run_desk)
    assert len(runner.requests) == 1


def test_a_hundred_readers_of_several_pages_in_one_loop_start_one_run(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    async def read(names: tuple[str, ...]) -> bool:
        await asyncio.sleep(0)
        return run_desk.ask_for_readers(names)

    async def read_all() -> list[bool]:
        return await asyncio.gather(*(read(((A, B), (B, C), (C, D))[n % 3]) for n in range(100)))

    assert asyncio.run(read_all()) == [True] * 100
    assert runner.wait_for_run().datasets == (A, B, C, D)
    runner.end_run()
    wait_until_idle(run_desk)
    assert len(runner.requests) == 1


def test_readers_ask_only_for_what_no_run_is_asked_for(run_desk: RunDesk, runner: BlockingRunner) -> None:
    run_desk.ask(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    assert run_desk.ask_for_readers((B, A))
    assert run_desk.state.trigger is Trigger.PAGE
    assert run_desk.ask_for_readers((C, A, D))
    runner.end_run()
    assert runner.wait_for_run().datasets == (C, D)


def test_after_a_failed_run_for_readers_none_is_started_for_them_but_buttons_still_run(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    assert run_desk.ask_for_readers((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_desk)
    assert not run_desk.ask_for_readers((A,))

    ending = run_desk.ask(Trigger.PAGE, (A,))
    assert runner.wait_for_run().trigger is Trigger.PAGE
    runner.end_run()
    assert ended(ending) == "the engine: it ended; try again"
    wait_until_idle(run_desk)
    assert not run_desk.ask_for_readers((A,)), "a button that fails too does not end the rest"

    runner.failure = None
    ending = run_desk.ask(Trigger.PAGE, (A,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(ending) is None
    wait_until_idle(run_desk)
    assert run_desk.ask_for_readers((A,)), "a run that went well ends the rest"


def test_readers_hear_of_a_run_that_has_what_they_want_though_one_of_theirs_has_just_failed(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")
    before = run_desk.mark
    assert run_desk.ask_for_readers((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_desk)
    resting = run_desk.mark
    assert resting not in (before, "")
    runner.failure = None
    run_desk.ask(Trigger.PAGE, (A, B))
    runner.wait_for_run()
    assert run_desk.ask_for_readers((A,))
    assert not run_desk.ask_for_readers((A, C)), "what nobody else has asked for rests"
    runner.end_run()
    wait_until_idle(run_desk)
    assert run_desk.mark not in (before, resting), "the rest is over"


def test_a_failed_run_for_readers_rests_for_a_while_only(
    run_desk: RunDesk, runner: BlockingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "READ_REST_SECONDS", 0.0)
    runner.failure = ComputeError("the engine", "it ended", "try again")
    assert run_desk.ask_for_readers((A,))
    runner.wait_for_run()
    runner.end_run()
    wait_until_idle(run_desk)
    assert run_desk.ask_for_readers((A,))


def test_what_fails_is_told_to_all_who_asked_and_counted(
    run_desk: RunDesk, runner: BlockingRunner, caplog: pytest.LogCaptureFixture
) -> None:
    assert (run_desk.state.failures, run_desk.state.failure) == (0, None)
    for failure, line in (
        (ComputeError("the engine", "it ended", "try again"), "the engine: it ended; try again"),
        (ZeroDivisionError("by\nzero"), "the run: ZeroDivisionError: by zero; see the log"),
    ):
        runner.failure = failure
        first = run_desk.ask(Trigger.PAGE, (A,))
        runner.wait_for_run()
        second = run_desk.ask(Trigger.PAGE, (A,))
        runner.end_run()
        assert (ended(first), ended(second)) == (line, line)
        wait_until_idle(run_desk)
        assert run_desk.state.failure == line
    assert run_desk.state.failures == 2
    assert "ZeroDivisionError" in caplog.text
    runner.failure = None
    ending = run_desk.ask(Trigger.PAGE, (A,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(ending) is None
    assert (run_desk.state.failures, run_desk.state.failure) == (2, None)


def test_one_who_goes_away_keeps_nobody_from_his_answer(run_desk: RunDesk, runner: BlockingRunner) -> None:
    gone = run_desk.ask(Trigger.PAGE, (A,))
    runner.wait_for_run()
    assert not gone.cancel()
    stays = run_desk.ask(Trigger.PAGE, (A,))

    async def leave() -> None:
        waiting = asyncio.ensure_future(asyncio.wrap_future(run_desk.ask(Trigger.PAGE, (A,))))
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(leave())
    runner.end_run()
    assert ended(stays) is None
    later = run_desk.ask(Trigger.PAGE, (B,))
    runner.wait_for_run()
    runner.end_run()
    assert ended(later) is None


def test_closing_answers_those_who_wait_and_takes_no_more_wishes(
    run_desk: RunDesk, runner: BlockingRunner
) -> None:
    running = run_desk.ask(Trigger.PAGE, (A,))
    runner.wait_for_run()
    waiting = run_desk.ask(Trigger.PAGE, (B,))
    run_desk.close()
    for ending in (waiting, run_desk.ask(Trigger.PAGE, (A,))):
        assert "being ended" in (ended(ending) or "")
    assert not run_desk.ask_for_readers((C,))
    assert not running.done()
    runner.end_run()
    assert ended(running) is None
    assert len(runner.requests) == 1


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_closing_while_readers_wishes_are_gathered_starts_no_run(
    runner: BlockingRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "GATHER_SECONDS", PATIENCE)
    gathering = RunDesk(cast(Runner, runner))
    assert gathering.ask_for_readers((A,))
    thread = gathering._thread
    assert thread is not None
    until(lambda: len(gathering._wakes._waiters) == 1)  # type: ignore[attr-defined]
    gathering.close()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert runner.requests == []


def test_each_step_is_told(runner: BlockingRunner) -> None:
    told: list[Trigger | None] = []
    run_desk = RunDesk(cast(Runner, runner))
    run_desk.on_change = lambda: told.append(run_desk.state.trigger)
    assert run_desk.state.trigger is None
    ending = run_desk.ask(Trigger.CARD, (A,))
    runner.wait_for_run()
    runner.end_run()
    ended(ending)
    until(lambda: len(told) == 3)
    assert told == [Trigger.CARD, Trigger.CARD, None]
    run_desk.close()


def wait_until_idle(run_desk: RunDesk) -> None:
    until(lambda: run_desk.state.trigger is None)


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    for _ in range(PATIENCE * 200):
        if holds():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came to hold")
