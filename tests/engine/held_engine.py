"""Engine processes that wait for their test, or take their time, at one dataset.

A test that stops or kills the process does it while the process waits: so there is no race to lose.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Client, Connection, Listener
from typing import Any

from engine.compute.process import serve_orders
from engine.runs import Runner, RunRequest, RunSummary
from engine.runs.engine_process import EngineProcess

ENDLESS_SQL = "select count(*) from range(1000000000000000)"


class Gate:
    """Where an engine process waits before it computes one dataset, until it is let through or ended."""

    def __init__(self, dataset: str) -> None:
        self._listener = Listener(family="AF_UNIX")
        self._connection: Connection[str, str] | None = None
        self.engine = EngineProcess(partial(_serve_held, self._listener.address, dataset))

    def wait_until_reached(self) -> int:
        """Return the id of the process once it stands at the gate."""
        self._connection = self._listener.accept()
        return int(self._connection.recv())

    def let_through(self) -> None:
        assert self._connection is not None
        self._connection.send("go on")

    def close(self) -> None:
        self.engine.close()
        self._listener.close()
        if self._connection is not None:
            self._connection.close()


@contextmanager
def gate_at(dataset: str) -> Iterator[Gate]:
    """Give a gate with its engine process; both end with the block."""
    gate = Gate(dataset)
    try:
        yield gate
    finally:
        gate.close()


def slow_engine(dataset: str) -> EngineProcess:
    """Return an engine process in which the SQL of one dataset has no end."""
    return EngineProcess(partial(_serve_slow, dataset))


class RunInThread:
    """A run that goes on beside the test; ``result`` waits for it and raises what it raised."""

    def __init__(self, runner: Runner, request: RunRequest) -> None:
        self._summary: RunSummary | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(runner, request), daemon=True)
        self._thread.start()

    def _run(self, runner: Runner, request: RunRequest) -> None:
        try:
            self._summary = runner.run(request)
        except Exception as error:
            self._error = error

    def result(self) -> RunSummary:
        self._thread.join(60)
        if self._error is not None:
            raise self._error
        assert self._summary is not None, "the run does not end"
        return self._summary


def _serve_held(address: str, dataset: str, pipe: Connection) -> None:
    import os

    def wait(_: Any) -> None:
        with Client(address) as gate:
            gate.send(str(os.getpid()))
            gate.recv()

    _serve_with(dataset, wait, pipe)


def _serve_slow(dataset: str, pipe: Connection) -> None:
    _serve_with(dataset, lambda connection: connection.execute(ENDLESS_SQL).fetchall(), pipe)


def _serve_with(dataset: str, before: Callable[[Any], None], pipe: Connection) -> None:
    """Serve orders, with something done on the connection before one dataset is evaluated."""
    from engine.compute import run
    from engine.compute.evaluate import evaluate

    def evaluate_after(connection: Any, asked: Any, clock: Any) -> Any:
        if asked.name == dataset:
            before(connection)
        return evaluate(connection, asked, clock)

    run.__dict__["evaluate"] = evaluate_after
    serve_orders(pipe)
