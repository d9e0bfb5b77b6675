"""A source whose files or server hang keeps no thread, probe or scrape of another waiting."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from dash_app.sources import threads
from dash_app.sources.router import SourceRouter
from dash_app.sources.served import served_by
from dash_app.sources.server import create_sources_server
from dash_app.sources.threads import AskedOfAll, ThreadsBySource, belonging_to
from engine.runs.processes.shared_engine import SharedEngine
from tests.dash_app.clients import page_client
from tests.dash_app.sources.given import NORTH, SOUTH, settings_of_several
from tests.engine.source_database import make_source


def test_the_threads_of_one_source_are_not_those_of_another() -> None:
    end = threading.Event()

    async def block(source: str) -> None:
        with belonging_to(source):
            await asyncio.to_thread(end.wait)

    async def serve() -> str:
        asyncio.get_running_loop().set_default_executor(ThreadsBySource())
        hanging = [asyncio.create_task(block(NORTH)) for _ in range(100)]
        try:
            await asyncio.sleep(0)
            with belonging_to(SOUTH):
                name = await asyncio.to_thread(lambda: threading.current_thread().name)
            assert not (await asyncio.to_thread(threading.current_thread)).name.startswith("dashboard-south")
            return name
        finally:
            end.set()
            await asyncio.gather(*hanging)

    assert asyncio.run(serve()).startswith("dashboard-south")


def test_who_asks_all_gets_the_answers_in_time_and_asks_no_silent_one_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "ANSWER_SECONDS", 0.05)
    asked: list[str] = []

    async def ask() -> None:
        wakes = asyncio.Event()

        async def silent() -> str:
            asked.append(NORTH)
            await wakes.wait()
            return "late"

        async def quick() -> str:
            asked.append(SOUTH)
            return "at once"

        of_all = AskedOfAll({NORTH: silent, SOUTH: quick}, failed="failed")
        assert await of_all.answers() == {SOUTH: "at once"}
        assert list(await asyncio.gather(of_all.answers(), of_all.answers())) == [{SOUTH: "at once"}] * 2
        assert asked.count(NORTH) == 1
        wakes.set()
        assert await of_all.answers() == {NORTH: "late", SOUTH: "at once"}

    asyncio.run(ask())


def test_a_source_that_cannot_be_asked_leaves_the_answers_of_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> str:
        raise RuntimeError("out of order")

    async def answer() -> str:
        return "in order"

    of_all = AskedOfAll({NORTH: fail, SOUTH: answer}, failed="")
    for _ in range(2):
        assert asyncio.run(of_all.answers()) == {NORTH: "", SOUTH: "in order"}
    assert [record.getMessage() for record in caplog.records] == [f"source {NORTH} cannot be asked"]


def test_the_probe_of_all_does_not_wait_for_a_source_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {}
    for name in (NORTH, SOUTH):
        (tmp_path / name).mkdir()
        files[name] = make_source(tmp_path / name / "sites.db")
    monkeypatch.setattr(threads, "ANSWER_SECONDS", 0.1)
    end = threading.Event()
    app = create_sources_server(settings_of_several(files), SharedEngine(), {})
    assert isinstance(app, SourceRouter)
    hanging = served_by(app.apps[NORTH])

    def wait(*_: Any) -> None:
        end.wait()

    monkeypatch.setattr(hanging.readiness, "readiness", wait)
    monkeypatch.setattr("dash_app.sources.app.may_see_reasons", lambda *_, **__: True)
    with page_client(app) as client:
        try:
            found = client.get("/readyz").json()["sources"]
            assert found[NORTH] == ["it has not answered in time"]
            assert found[SOUTH] != found[NORTH]
            assert len(found[SOUTH]) == 1
        finally:
            end.set()
