"""One engine process for several sources: turns in order, and no source that ends another's work."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from engine.model.errors import ComputeError
from engine.runs.processes.shared_engine import EngineShare, SharedEngine


class _Engine:
    """Stands in for the engine process: works until it is let go on, or ended."""

    def __init__(self) -> None:
        self.pid = 1
        self.computed: list[Any] = []
        self.closings = 0
        self.at_work = threading.Event()
        self.go_on = threading.Event()
        self._ended = False

    def compute(self, order: Any, *_: Any) -> Any:
        self._ended = False
        self.at_work.set()
        assert self.go_on.wait(30)
        self.at_work.clear()
        if self._ended:
            raise ComputeError("the engine process", "it ended", "try again")
        self.computed.append(order)
        return order

    def hold(self, order: Any) -> bool:
        self.computed.append(order)
        return True

    def close(self) -> None:
        self.closings += 1
        self._ended = True
        self.go_on.set()


@pytest.fixture
def engine() -> _Engine:
    return _Engine()


@pytest.fixture
def shared(engine: _Engine) -> SharedEngine:
    stand_in: Any = engine
    return SharedEngine(stand_in)


def started(share: EngineShare, order: str, outcomes: list[Any]) -> threading.Thread:
    def work() -> None:
        try:
            outcomes.append(share.compute(as_order(order), lambda _: None))
        except ComputeError as error:
            outcomes.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def as_order(name: str) -> Any:
    return name


def _waits(shared: SharedEngine, count: int) -> bool:
    return len(shared._waiting) == count


def wait_for(condition: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(3000):
        if condition():
            return
        waited.wait(0.01)
    raise AssertionError("the condition never held")


def test_turns_come_in_the_order_of_asking(shared: SharedEngine, engine: _Engine) -> None:
    outcomes: list[Any] = []
    threads = []
    for place, name in enumerate("abcd"):
        threads.append(started(shared.share(), name, outcomes))
        wait_for(engine.at_work.is_set)
        wait_for(partial(_waits, shared, place))
    engine.go_on.set()
    for thread in threads:
        thread.join(30)
    assert engine.computed == ["a", "b", "c", "d"]


def test_a_source_that_ends_ends_its_own_work_alone(shared: SharedEngine, engine: _Engine) -> None:
    at_work, waiting, idle = shared.share(), shared.share(), shared.share()
    outcomes: list[Any] = []
    working = started(at_work, "at work", outcomes)
    wait_for(engine.at_work.is_set)
    queued: list[Any] = []
    other = started(waiting, "waiting", queued)
    wait_for(lambda: len(shared._waiting) == 1)
    # A source without a turn, and one that only waits for its turn, leave the engine alone.
    idle.close()
    waiting.close()
    other.join(30)
    assert engine.closings == 0
    assert isinstance(queued[0], ComputeError)
    at_work.close()
    working.join(30)
    assert engine.closings == 1
    assert isinstance(outcomes[0], ComputeError)
    # It goes on for all of them.
    idle.compute(as_order("later"), lambda _: None)
    waiting.compute(as_order("again"), lambda _: None)
    assert engine.computed == ["later", "again"]


def test_an_idle_engine_lets_go_of_the_files_of_the_source_that_it_had_last(
    shared: SharedEngine, engine: _Engine
) -> None:
    first, latest = shared.share(), shared.share()
    engine.go_on.set()
    first.compute(as_order("first"), lambda _: None)
    latest.compute(as_order("latest"), lambda _: None)
    first.close()
    assert engine.closings == 0
    latest.close()
    assert engine.closings == 1


def test_a_question_does_not_wait_for_the_run_of_another_source(
    shared: SharedEngine, engine: _Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.runs.processes.shared_engine.HOLD_SECONDS", 0.05)
    working = started(shared.share(), "at work", [])
    wait_for(engine.at_work.is_set)
    with pytest.raises(ComputeError, match="it computes another source"):
        shared.share().hold(as_order("question"))
    engine.go_on.set()
    working.join(30)
    assert shared.share().hold(as_order("question"))
