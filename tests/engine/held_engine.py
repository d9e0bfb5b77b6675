"""Engine processes that wait for their test, or fail, at one dataset.

A test that stops or kills the process does so while the process waits, so there is no race.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from engine.model.settings import Settings
from engine.model.values.results import Progress
from engine.replica.process import serve_orders
from engine.runs import Runner, RunRequest, RunSummary
from engine.runs.processes.engine_process import EngineProcess

EVALUATE = "evaluate_values"
ENDLESS_SQL = "select count(*) from range(1000000000000000)"


class HeldRun:
    """A run in a thread that waits before it computes one dataset, until the test continues or ends it."""

    def __init__(self, settings: Settings, request: RunRequest, dataset: str) -> None:
        self._listener = Listener(family="AF_UNIX")
        self._gate: Connection[str, str] | None = None
        self._summary: RunSummary | None = None
        self._error: Exception | None = None
        self._dataset = dataset
        self._is_reported = threading.Event()
        self.runner = Runner(settings, EngineProcess(partial(_serve_held, self._listener.address, dataset)))
        self._thread = threading.Thread(target=self._run, args=(request,), daemon=True)
        self._thread.start()

    def _run(self, request: RunRequest) -> None:
        try:
            self._summary = self.runner.run(request, self._note)
        except Exception as error:
            self._error = error
        finally:
            # A run that ends before it comes to the gate ends the wait for it.
            with suppress(OSError), Client(self._listener.address) as gate:
                gate.send("ended")

    def _note(self, progress: Progress) -> None:
        if progress.step == self._dataset:
            self._is_reported.set()

    def wait_until_held(self) -> int:
        """Return the id of the engine process once it waits and has computed all datasets before."""
        self._gate = self._listener.accept()
        word = self._gate.recv()
        assert word.isdigit(), f"the run ended before: {self._error or self._summary}"
        # Datasets are computed two at a time, and reported in the order they are asked for.
        assert self._is_reported.wait(100)
        return int(word)

    def let_through(self) -> None:
        assert self._gate is not None
        self._gate.send("go on")

    def result(self) -> RunSummary:
        """Wait for the end of the run; return its summary, or raise what it raised."""
        self._thread.join(100)
        if self._error is not None:
            raise self._error
        assert self._summary is not None, "the run does not end"
        return self._summary

    def close(self) -> None:
        self.runner.close()
        self._thread.join(100)
        self._listener.close()
        if self._gate is not None:
            self._gate.close()


@contextmanager
def held_run(settings: Settings, request: RunRequest, before: str) -> Iterator[HeldRun]:
    """Start a run that waits before it computes the dataset ``before``; the end of the block ends it."""
    run = HeldRun(settings, request, before)
    try:
        yield run
    finally:
        run.close()


def slow_engine(dataset: str) -> EngineProcess:
    """Return an engine process in which the SQL of one dataset has no end."""
    return EngineProcess(partial(_serve_slow, dataset))


def failing_engine(dataset: str) -> EngineProcess:
    """Return an engine process in which the SQL of one dataset reads a table that is not there."""
    return EngineProcess(partial(_serve_failing, dataset))


def _serve_held(address: str, dataset: str, pipe: Connection) -> None:
    import os

    def wait(_: Any) -> None:
        with Client(address) as gate:
            gate.send(str(os.getpid()))
            gate.recv()

    _serve_with(dataset, wait, pipe)


def _serve_slow(dataset: str, pipe: Connection) -> None:
    _serve_with(dataset, lambda connection: connection.execute(ENDLESS_SQL).fetchall(), pipe)


def _serve_failing(dataset: str, pipe: Connection) -> None:
    _serve_with(dataset, lambda connection: connection.execute("select 1 from nowhere"), pipe)


def _serve_with(dataset: str, before: Callable[[Any], None], pipe: Connection) -> None:
    """Serve orders, and call a function of the connection before one dataset is evaluated."""
    from engine.replica import compute

    # If the function gets another name this fails at once, instead of waiting for ever.
    evaluate: Callable[..., Any] = compute.__dict__[EVALUATE]

    def evaluate_after(connection: Any, asked: Any, *others: Any) -> Any:
        if asked.name == dataset:
            before(connection)
        return evaluate(connection, asked, *others)

    compute.__dict__[EVALUATE] = evaluate_after
    serve_orders(pipe)
