"""Loads: readers that ask for pages in turn, and pages that stay open."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter

import pytest

from benchmarks.serving.http_client import path_of, request_bytes
from benchmarks.serving.http_load import Load, LoadResult, run_load
from benchmarks.serving.live_load import AwaitUpdate, Burst, LivePages, OpenPages, is_complete
from benchmarks.serving.readers import Readers
from benchmarks.serving.served import free_port
from engine.model.errors import ComputeError
from tests.benchmarks.serving.small_server import Answers, FakeDashboard, answering

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
BROKEN = b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"


async def load_on(answers: Answers, *, readers: int, seconds: float) -> tuple[LoadResult, list[str]]:
    async with answering(answers) as (port, requests):
        ask = [request_bytes(port, path) for path in ("/a1", "/a2", "/b")]
        result = await run_load(Load(port, ((ask[0], ask[1]), (ask[2],)), readers, seconds))
        return result, [path_of(request) for request in requests]


def test_each_reader_reads_one_page_at_least_and_begins_with_another() -> None:
    result, asked = asyncio.run(load_on(lambda _: [HELLO], readers=4, seconds=0))
    assert len(result.page_ms) == 4
    assert Counter(asked) == {"GET /a1": 2, "GET /a2": 2, "GET /b": 2}
    assert result.body_bytes == 6 * 5
    assert 0 < result.seconds_a_page < result.seconds


def test_readers_read_the_pages_in_turn_until_the_time_is_over() -> None:
    result, asked = asyncio.run(load_on(lambda _: [HELLO], readers=1, seconds=0.1))
    assert len(result.page_ms) > 2
    assert asked[:6] == ["GET /a1", "GET /a2", "GET /b"] * 2
    assert result.seconds >= 0.1


def test_an_answer_that_is_no_success_ends_the_load_and_is_named() -> None:
    with pytest.raises(ComputeError, match="GET /b: it answers 500"):
        asyncio.run(load_on(lambda head: [BROKEN if b"/b" in head else HELLO], readers=2, seconds=5))


def test_a_server_that_hangs_up_or_is_not_there_is_told() -> None:
    with pytest.raises(ComputeError, match="the connection failed"):
        asyncio.run(load_on(lambda _: [], readers=2, seconds=5))
    with pytest.raises(ComputeError, match="the connection failed"):
        asyncio.run(run_load(Load(free_port(), ((b"",),), 1, 1)))


def test_open_pages_read_themselves_when_they_are_told_of_a_new_version() -> None:
    fake = FakeDashboard()

    async def stay_open(port: int) -> None:
        pages = LivePages()
        assert await pages.open(open_pages(port, 5, keep_reading=True)) == 5
        assert (fake.sockets, fake.reads) == (5, 0)
        after, fake.version = time.monotonic(), "2"
        update = await pages.await_update(AwaitUpdate(after, 20))
        assert len(update.read_at) == 5
        assert update.read_at == tuple(sorted(update.read_at))
        assert update.read_at[0] >= after
        assert fake.reads == 5
        await pages.close()

    with fake.serving() as port:
        asyncio.run(stay_open(port))


def test_open_pages_that_are_told_nothing_are_counted() -> None:
    async def stay_open(port: int) -> None:
        pages = LivePages()
        await pages.open(open_pages(port, 3, keep_reading=True))
        with pytest.raises(ComputeError, match="3 of 3 show nothing newer"):
            await pages.await_update(AwaitUpdate(time.monotonic(), 0.1))
        await pages.close()

    with FakeDashboard().serving() as port:
        asyncio.run(stay_open(port))


def test_pages_cannot_be_opened_where_there_is_no_socket() -> None:
    with pytest.raises(ComputeError, match="2 sockets cannot be opened"):
        asyncio.run(LivePages().open(open_pages(free_port(), 2, keep_reading=False)))


def test_a_burst_reads_again_at_each_version_until_all_values_are_there() -> None:
    fake = FakeDashboard()
    fake.is_complete = False

    def complete() -> None:
        while fake.reads < 4:
            time.sleep(0.01)
        fake.version = "2"
        while fake.reads < 8:
            time.sleep(0.01)
        fake.is_complete, fake.version = True, "3"

    with fake.serving() as port, Readers() as readers:
        readers.open_pages(open_pages(port, 4, keep_reading=False))
        thread = threading.Thread(target=complete)
        thread.start()
        result = readers.burst(Burst(checking(port), 30))
        thread.join()
        readers.close_pages()
    assert result.answered == 4
    assert result.seconds > 0
    assert fake.reads >= 8


def test_a_burst_counts_those_alone_that_got_all_values_in_time() -> None:
    fake = FakeDashboard()
    fake.is_complete = False
    with fake.serving() as port, Readers() as readers:
        readers.open_pages(open_pages(port, 2, keep_reading=False))
        assert readers.burst(Burst(checking(port), 0.2)).answered == 0


def test_the_process_of_the_readers_makes_loads_and_tells_what_failed() -> None:
    with FakeDashboard().serving() as port, Readers() as readers:
        found = readers.load(Load(port, ((request_bytes(port, "/health"),),), 2, 0.05))
        assert len(found.page_ms) >= 2
        with pytest.raises(ComputeError, match="readers: GET /nowhere: it answers 404"):
            readers.load(Load(port, ((request_bytes(port, "/nowhere"),),), 2, 0.05))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"datasets": {"a": {"state": "fresh", "value": {}}}}', True),
        (b'{"datasets": [{"state": "fresh", "value": {"x": []}}]}', True),
        (b'{"datasets": {"a": {"state": "expired", "value": {}}}}', False),
        (b'{"datasets": {"a": {"state": "fresh", "value": {}}, "b": {"state": "fresh"}}}', False),
        (b'{"datasets": {}}', False),
    ],
)  # fmt: skip
def test_a_page_is_complete_when_every_value_is_there_and_fresh(body: bytes, told: bool) -> None:
    assert is_complete(body) is told


def open_pages(port: int, count: int, *, keep_reading: bool) -> OpenPages:
    return OpenPages(port, ((request_bytes(port, "/read"),),), count, keep_reading)


def checking(port: int) -> bytes:
    return request_bytes(port, "/api/page/one", accept_encoding="identity")
