"""What open pages are told by themselves: over a socket, or at /state where they have none."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect

from dash_app.cache_reader import CacheReader
from dash_app.live import broadcaster as live
from dash_app.live.broadcaster import LiveBroadcaster
from dash_app.pages import PAGES
from dash_app.server import create_server
from engine.model.clock import to_sqlite, wall_clock
from engine.model.errors import ComputeError
from engine.model.settings import Settings
from engine.runs import Runner, Trigger
from engine.runs.health.watch import OwnWatch
from engine.runs.turns.queue import RunQueue
from engine.store.writes import set_entry
from tests.dash_app.clients import LIVE, page_client
from tests.dash_app.given import FakeRunner, fill_cache, values_of, wait_until_idle
from tests.engine.programs import start_script
from tests.engine.source_database import execute
from tests.engine.store.given_counts import given_run

FUNNEL = "pipeline/pipeline_funnel"

# What is never told is waited for in vain.
pytestmark = pytest.mark.timeout(60)

SET_ENTRY = """
import json, sys
from pathlib import Path
from engine.store.writes import set_entry
from engine.model.clock import wall_clock

set_entry(Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), 60, wall_clock())
"""


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the watcher look often."""
    monkeypatch.setattr(live, "POLL_SECONDS", 0.02)


@pytest.fixture
def client(settings: Settings, runner: FakeRunner) -> Iterator[TestClient]:
    """A server with a full cache, whose runs go on only when they are let."""
    fill_cache(settings.db, wall_clock())
    with page_client(create_server(settings)) as client:
        yield client
        runner.goes_on.set()


def next_told(socket: WebSocketTestSession, holds: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return the next message of which something holds."""
    while True:
        told: dict[str, Any] = socket.receive_json()
        if holds(told):
            return told


def test_a_page_is_told_the_state_as_soon_as_it_is_open(client: TestClient) -> None:
    with client.websocket_connect(LIVE) as socket:
        text = socket.receive_text()
    status = json.loads(text)
    assert set(status) == {
        "now_ms",
        "version",
        "run",
        "lag",
        "pending",
        "conditions",
        "activity",
        "counts",
        "is_first",
    }
    assert status["run"] is None
    assert set(status["lag"]) == {page.name for page in PAGES}
    assert isinstance(status["conditions"], list)
    assert len(text) - len(json.dumps(status["conditions"])) < 1_000


def test_a_page_hears_the_same_again_while_nothing_changes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    with client.websocket_connect(LIVE) as socket:
        before: dict[str, Any] = {}
        while (status := socket.receive_json() | {"now_ms": 0}) != before:
            before = status


def test_what_another_process_stores_is_told_and_can_be_read_by_then(
    client: TestClient, settings: Settings
) -> None:
    value = values_of("pipeline_funnel") | {"sites": [987] * 8}
    with client.websocket_connect(LIVE) as socket:
        before = socket.receive_json()["version"]
        process = start_script(SET_ENTRY, settings.db, FUNNEL, json.dumps(value))
        assert process.wait(60) == 0
        next_told(socket, lambda told: told["version"] != before)
        assert client.get(f"/api/dataset/{FUNNEL}").json()["value"] == value
        process.communicate()


CHANGES: dict[str, Callable[[Path], object]] = {
    "an entry set": lambda db: set_entry(db, FUNNEL, values_of("pipeline_funnel"), 60, wall_clock()),
    "the cache emptied": lambda db: execute(db, "delete from dashboard_cache"),
    "the cache table dropped": lambda db: execute(db, "drop table dashboard_cache"),
    "a run that failed": lambda db: given_run(db, "schedule", "failed", 1, hours_ago=0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_told(
    client: TestClient, settings: Settings, runner: FakeRunner, change: str
) -> None:
    runner.goes_on.clear()
    with client.websocket_connect(LIVE) as socket:
        before = socket.receive_json()["version"]
        CHANGES[change](settings.db)
        next_told(socket, lambda told: told["version"] != before)


def test_an_entry_that_expires_is_told(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with client.websocket_connect(LIVE) as socket:
        before = socket.receive_json()["version"]
        monkeypatch.setattr(live, "wall_clock", lambda: wall_clock() + timedelta(minutes=61))
        next_told(socket, lambda told: told["version"] != before)
        monkeypatch.setattr(live, "wall_clock", wall_clock)
        next_told(socket, lambda told: told["version"] == before)


def test_a_source_that_goes_and_comes_back_is_told(client: TestClient, settings: Settings) -> None:
    with client.websocket_connect(LIVE) as socket:
        before = socket.receive_json()["version"]
        settings.db.rename(settings.db.with_name("away.db"))
        gone = next_told(socket, lambda told: told["version"] != before)
        assert gone["version"].startswith("unreadable.")
        settings.db.with_name("away.db").rename(settings.db)
        next_told(socket, lambda told: told["version"] == before)


def test_a_run_of_another_process_is_told_from_its_start_to_its_end(
    client: TestClient, settings: Settings
) -> None:
    settings.state_dir.mkdir(exist_ok=True)
    path = settings.state_dir / f"{settings.db.name}.progress.json"
    now = to_sqlite(wall_clock())
    progress = {"trigger": "schedule", "started_at": now, "renewed_at": now, "done": 3, "total": 31}
    with client.websocket_connect(LIVE) as socket:
        assert socket.receive_json()["run"] is None
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(progress | {"step": "pipeline_funnel"}))
        draft.replace(path)
        run = next_told(socket, lambda told: told["run"])["run"]
        assert (run["title"], run["done"], run["total"]) == ("Scheduled run", 3, 31)
        path.unlink()
        next_told(socket, lambda told: told["run"] is None)


def test_a_run_that_is_asked_for_is_told_at_once_though_it_tells_nothing_of_itself(
    settings: Settings, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 3600.0)
    runner.goes_on.clear()
    with page_client(create_server(settings)) as client, client.websocket_connect(LIVE) as socket:
        run = next_told(socket, lambda told: told["run"])["run"]
        assert (run["title"], run["step"]) == ("Warming the cache", "starting")
        runner.goes_on.set()
        next_told(socket, lambda told: told["run"] is None)


def test_open_pages_are_counted_until_they_close(client: TestClient) -> None:
    def live_connections() -> int:
        (line,) = [
            line
            for line in client.get("/metrics").text.splitlines()
            if line.startswith("dashboard_live_connections ")
        ]
        return int(float(line.rpartition(" ")[2]))

    assert live_connections() == 0
    with client.websocket_connect(LIVE) as one:
        one.receive_json()
        with client.websocket_connect(LIVE) as other:
            other.receive_json()
            assert live_connections() == 2
        while live_connections() != 1:
            pass
    while live_connections() != 0:
        pass


@pytest.mark.parametrize("said", ["text", b"bytes"])
def test_whatever_a_page_says_costs_the_others_nothing(
    client: TestClient, settings: Settings, said: str | bytes
) -> None:
    with client.websocket_connect(LIVE) as other:
        before = other.receive_json()["version"]
        with client.websocket_connect(LIVE) as socket:
            socket.receive_json()
            socket.send_text(said) if isinstance(said, str) else socket.send_bytes(said)
        execute(settings.db, "delete from dashboard_cache")
        next_told(other, lambda told: told["version"] != before)


def test_a_page_without_a_socket_is_told_the_same_and_nobody_keeps_it(
    client: TestClient, settings: Settings
) -> None:
    with client.websocket_connect(LIVE) as socket:
        told = socket.receive_json()
        answer = client.get("/state")
        clock = answer.json()["now_ms"]
        assert answer.json() == told | {"now_ms": clock}
        assert clock >= told["now_ms"] > 1_700_000_000_000, "the server's clock, to measure ages by"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        set_entry(settings.db, FUNNEL, values_of("pipeline_funnel"), 60, wall_clock())
        later = next_told(socket, lambda now: now["version"] != told["version"])
        assert client.get("/state").json()["version"] == later["version"]


def test_what_was_read_is_written_while_the_app_runs(
    client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FLUSH_SECONDS", 0.0)
    client.get(f"/api/dataset/{FUNNEL}")
    with closing(sqlite3.connect(settings.db)) as connection:
        while not connection.execute("select 1 from dashboard_cache_reads").fetchall():
            pass
        counted = connection.execute("select cache_key, reads from dashboard_cache_reads").fetchall()
    assert counted == [(FUNNEL, 1)]


class SlowSocket:
    """A page that takes what it is sent only when it is let."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.sending = asyncio.Event()
        self.lets = asyncio.Semaphore(0)
        self.closes = asyncio.Event()

    async def accept(self) -> None:
        return None

    async def receive_text(self) -> str:
        await self.closes.wait()
        raise WebSocketDisconnect

    async def send_text(self, text: str) -> None:
        self.sending.set()
        await self.lets.acquire()
        self.taken.append(text)
        self.sending.clear()


def state_of(message: str) -> str:
    """Return the state of a message, without the server's clock."""
    return re.sub(r'^\{"now_ms":\d+,', "{", message)


@asynccontextmanager
async def watching(settings: Settings, runner: FakeRunner) -> AsyncIterator[LiveBroadcaster]:
    reader = CacheReader(settings, RunQueue(cast(Runner, runner)))
    broadcaster = LiveBroadcaster(reader)
    async with broadcaster.watching():
        yield broadcaster
    reader.queue.close()
    reader.close()


async def told_again(broadcaster: LiveBroadcaster, change: Callable[[], object]) -> str:
    """Return the state after a change."""
    before = broadcaster._text
    change()
    while broadcaster._text == before:
        await asyncio.sleep(0.005)
    return broadcaster._text


def test_a_slow_page_is_told_the_latest_alone_and_keeps_no_other_waiting(
    settings: Settings, runner: FakeRunner
) -> None:
    fill_cache(settings.db, wall_clock())
    slow_socket, quick_socket = SlowSocket(), SlowSocket()

    def change() -> None:
        execute(
            settings.db, "update dashboard_cache set entries = entries + 1 where cache_key = ?", (FUNNEL,)
        )

    async def tell_often() -> list[str]:
        async with watching(settings, runner) as broadcaster:
            states = [broadcaster._text]
            quick_socket.lets = asyncio.Semaphore(100)
            pages = [
                asyncio.create_task(broadcaster.serve(cast(WebSocket, one)))
                for one in (slow_socket, quick_socket)
            ]
            await slow_socket.sending.wait()
            for _ in range(3):
                states.append(await told_again(broadcaster, change))
                while state_of(quick_socket.taken[-1]) != states[-1]:
                    await asyncio.sleep(0)
            slow_socket.lets.release()
            slow_socket.lets.release()
            while len(slow_socket.taken) < 2:
                await asyncio.sleep(0)
            slow_socket.closes.set()
            quick_socket.closes.set()
            await asyncio.gather(*pages)
            assert broadcaster.connections == 0
            return states

    states = asyncio.run(tell_often())
    assert [state_of(message) for message in slow_socket.taken] == [states[0], states[-1]]
    assert [state_of(message) for message in quick_socket.taken] == states


def test_a_run_for_readers_that_failed_is_told(settings: Settings, runner: FakeRunner) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")

    async def fail() -> tuple[str, str]:
        async with watching(settings, runner) as broadcaster:
            before = json.loads(broadcaster._text)["version"]
            broadcaster._reader.queue.submit(Trigger.READ, ("pipeline_funnel",))
            await asyncio.to_thread(wait_until_idle, broadcaster._reader.queue)
            while (after := json.loads(broadcaster._text)["version"]) == before:
                await asyncio.sleep(0.005)
            return before, after

    before, after = asyncio.run(fail())
    assert before != after


def test_what_goes_wrong_in_a_look_is_told_in_the_log_once_and_does_not_end_the_watch(
    settings: Settings, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill_cache(settings.db, wall_clock())
    failures: list[datetime] = []

    def fail(_: OwnWatch, now: datetime) -> None:
        failures.append(now)
        raise ZeroDivisionError

    async def watch() -> None:
        async with watching(settings, runner) as broadcaster:
            with monkeypatch.context() as broken:
                broken.setattr(OwnWatch, "progress", fail)
                while len(failures) < 3:
                    await asyncio.sleep(0.005)
            await told_again(broadcaster, lambda: execute(settings.db, "delete from dashboard_cache"))

    asyncio.run(watch())
    assert caplog.text.count("could not be polled") == 1


def test_why_the_latest_run_failed_is_told_until_a_run_of_any_process_goes_well(
    settings: Settings, runner: FakeRunner
) -> None:
    runner.failure = ComputeError("the engine", "it ended", "try again")

    def told_failures(broadcaster: LiveBroadcaster) -> list[str]:
        # The made-up values are days old, so that pages may also be told that the pipeline is silent.
        conditions = json.loads(broadcaster._text)["conditions"]
        return [one["text"] for one in conditions if one["kind"] != "quiet"]

    async def fail_and_mend() -> tuple[list[str], list[str]]:
        async with watching(settings, runner) as broadcaster:
            broadcaster._reader.queue.submit(Trigger.PAGE, ("pipeline_funnel",))
            await asyncio.to_thread(wait_until_idle, broadcaster._reader.queue)
            while not (failed := told_failures(broadcaster)):
                await asyncio.sleep(0.005)
            await told_again(broadcaster, lambda: fill_cache(settings.db, wall_clock()))
            while mended := told_failures(broadcaster):
                await asyncio.sleep(0.005)
            return failed, mended

    assert asyncio.run(fail_and_mend()) == (
        ["The latest run failed: the engine: it ended; try again"],
        [],
    )


@pytest.mark.parametrize("steps", range(8))
def test_a_change_that_comes_just_at_the_end_keeps_no_process_alive(
    settings: Settings, runner: FakeRunner, steps: int
) -> None:
    fill_cache(settings.db, wall_clock())

    async def end_at_a_change() -> None:
        async with watching(settings, runner) as broadcaster:
            # Until the watcher waits for the next change.
            await asyncio.sleep(0.05)
            broadcaster._wake.set()
            for _ in range(steps):
                await asyncio.sleep(0)

    async def has_ended() -> bool:
        ending = asyncio.create_task(end_at_a_change())
        return bool((await asyncio.wait({ending}, timeout=20))[0])

    assert asyncio.run(has_ended())


def test_that_a_worker_is_gone_is_told_at_once(
    settings: Settings, runner: FakeRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble: list[str] = []

    class Away(OwnWatch):
        def trouble(self) -> str | None:  # type: ignore[override]
            return trouble[0] if trouble else None

    async def scenario() -> None:
        # The notices are read once at the start, and not again by themselves.
        monkeypatch.setattr(live, "NOTICES_SECONDS", 1000.0)
        reader = CacheReader(settings, RunQueue(cast(Runner, runner)), watch=Away(settings))
        broadcaster = LiveBroadcaster(reader)
        async with broadcaster.watching():
            for line, labels in (("No worker has answered yet", ["No worker"]), ("", [])):
                trouble[:] = filter(None, [line])
                while [one["label"] for one in json.loads(broadcaster._text)["conditions"]] != labels:
                    await asyncio.sleep(0.005)
        reader.queue.close()
        reader.close()

    asyncio.run(scenario())
