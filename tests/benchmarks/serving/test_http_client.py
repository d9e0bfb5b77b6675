"""The benchmark's HTTP client understands answers however they are cut and framed."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks.serving.http_client import (
    MOST_HEAD_BYTES,
    Answer,
    AnswerParser,
    connect,
    path_of,
    request_bytes,
)
from benchmarks.serving.served import free_port
from tests.benchmarks.serving.small_server import answering

COUNTED = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b"3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n"
)
BARE = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
BODILESS = b"HTTP/1.1 304 Not Modified\r\nETag: y\r\n\r\n"


@pytest.mark.parametrize("framed", [COUNTED, CHUNKED, BARE])
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_an_answer_is_whole_after_its_last_piece_and_the_next_one_begins_afresh(
    framed: bytes, size: int
) -> None:
    parser = AnswerParser()
    for _ in range(2):
        pieces = [framed[place : place + size] for place in range(0, len(framed), size)]
        *before, last = [parser.feed(piece) for piece in pieces]
        assert before == [None] * (len(pieces) - 1)
        assert last == Answer(200, b"hello")


def test_an_answer_without_a_body_ends_with_its_head() -> None:
    assert AnswerParser().feed(BODILESS) == Answer(304, b"")


def test_an_answer_of_unsaid_length_ends_with_its_connection() -> None:
    parser = AnswerParser()
    assert parser.end() is None
    assert parser.feed(b"HTTP/1.1 500 Oh\r\n\r\nwhat is") is None
    assert parser.feed(b" wrong") is None
    assert parser.end() == Answer(500, b"what is wrong")


def test_a_counted_answer_that_is_cut_short_is_none() -> None:
    parser = AnswerParser()
    assert parser.feed(COUNTED[:-1]) is None
    assert parser.end() is None


@pytest.mark.parametrize(
    "nonsense", [b"SSH-2.0-OpenSSH\r\n\r\n", b"x" * (MOST_HEAD_BYTES + 1), CHUNKED.replace(b"3\r", b"z\r")]
)
def test_what_is_no_answer_is_refused(nonsense: bytes) -> None:
    with pytest.raises(ValueError):
        AnswerParser().feed(nonsense)


def test_one_connection_serves_one_request_after_the_other() -> None:
    async def ask() -> tuple[list[Answer], list[bytes]]:
        async with answering(lambda _: [CHUNKED[:40], CHUNKED[40:]]) as (port, requests):
            connection = await connect(port)
            answers = [await connection.ask(request_bytes(port, path)) for path in ("/a", "/b")]
            connection.close()
            return answers, requests

    answers, requests = asyncio.run(ask())
    assert answers == [Answer(200, b"hello")] * 2
    assert [path_of(request) for request in requests] == ["GET /a", "GET /b"]


@pytest.mark.parametrize("pieces", [[], [COUNTED[:-2], b""], [b"nonsense\r\n\r\n"]])
def test_a_connection_that_ends_before_the_answer_is_an_os_error(pieces: list[bytes]) -> None:
    async def ask() -> None:
        async with answering(lambda _: pieces) as (port, _):
            connection = await connect(port)
            for _ in range(2):
                with pytest.raises(OSError):
                    await connection.ask(request_bytes(port, "/"))

    asyncio.run(ask())


def test_where_nobody_listens_there_is_no_connection() -> None:
    with pytest.raises(OSError):
        asyncio.run(connect(free_port()))


def test_a_request_with_a_body_is_a_post_of_json() -> None:
    head, _, body = request_bytes(80, "/x", body=b"{}").partition(b"\r\n\r\n")
    assert head.startswith(b"POST /x HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
    assert b"Content-Length: 2" in head
    assert b"Accept-Encoding: gzip, deflate, br" in head
    assert body == b"{}"
