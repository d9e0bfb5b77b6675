"""The API: pages and datasets as JSON, with their times and states, made once for each snapshot.

An answer holds the stored bytes of a value, decompressed but not decoded. Its ETag is a digest of its bytes,
so it stays the same when a new snapshot has the same values. No answer waits for a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.attention import answer_json
from dash_app.cache_reader import CacheReader, CacheView
from dash_app.http.compression import accepts, compressed
from dash_app.http.middleware.reading import REVALIDATED
from dash_app.http.openapi import openapi_document
from dash_app.http.selected import read_asked, refused
from dash_app.http.unstored import unstored_json
from dash_app.pages import PAGES, Page
from engine.attention.judging import NEEDED
from engine.model.catalogue.datasets import catalogue, dataset_of_key
from engine.model.clock import to_iso, wall_clock
from engine.model.errors import nearest
from engine.model.values import payload
from engine.store import Entry

_JSON = "application/json"


@dataclass(frozen=True)
class _Answer:
    """A finished answer: plain, compressed, and the tag of its plain bytes."""

    body: bytes
    deflated: bytes
    etag: str


def api_routes(reader: CacheReader) -> list[Route]:
    """Return the routes below ``/api``, with the OpenAPI document that describes them.

    They are Starlette's, because a path parameter of FastAPI costs half as much as an answer does.
    """
    pages = {page.name: page for page in PAGES}

    async def all_pages(request: Request) -> Response:
        body = orjson.dumps({"pages": [_page_head(page) | {"datasets": page.keys} for page in PAGES]})
        return _response(request, _answer(body))

    async def one_page(request: Request) -> Response:
        page = request.path_params["page"]
        if page not in pages:
            return refused(404, f"{page}: no such page; {nearest(page, pages)}")
        view = await reader.read(pages[page].keys, wall_clock())
        made = view.snapshot.once(
            ("api", page, view.is_computing), lambda: _made_page(_page_head(pages[page]), view)
        )
        return _response(request, made)

    async def one_dataset(request: Request) -> Response:
        asked = await read_asked(request, reader)
        if isinstance(asked, Response):
            return asked
        dataset, view = asked
        made = view.snapshot.once(("api", dataset.key, view.is_computing), lambda: _made_dataset(view))
        return _response(request, made)

    async def attention(_: Request) -> Response:
        now = wall_clock()
        view = await reader.read(tuple(catalogue()[name].key for name in NEEDED), now)
        return unstored_json(answer_json(reader.attention(view.snapshot, now), now))

    async def document(_: Request) -> Response:
        return Response(orjson.dumps(openapi_document()), media_type=_JSON)

    async def unknown(request: Request) -> Response:
        return refused(404, f"{request.url.path}: no such address; /api/openapi.json lists all")

    return [
        Route("/api/page/{page}", one_page),
        Route("/api/dataset/{key:path}", one_dataset),
        Route("/api/pages", all_pages),
        Route("/api/attention", attention),
        Route("/api/openapi.json", document),
        Route("/api/{rest:path}", unknown),
    ]


def _page_head(page: Page) -> dict[str, Any]:
    return {"page": page.name, "title": page.title, "path": page.path}


def _made_page(head: dict[str, Any], view: CacheView) -> _Answer:
    parts = [_dataset_json(entry, view, is_page=True) for entry in view.entries.values()]
    named = b",".join(_named(view.keys, parts))
    return _answer(_spliced(head | {"trouble": view.trouble}, b'"datasets":{%s}' % named))


def _made_dataset(view: CacheView) -> _Answer:
    """Return the answer of one dataset; the second key of the view, if it has one, is the period before."""
    entry, *before = view.entries.values()
    # Both are of one run, or they are not comparable.
    earlier = before[0].blob if before and before[0].as_of == entry.as_of else None
    members = b'"previous":%s,%s' % (_value_json(earlier), _dataset_json(entry, view, is_page=False)[1:-1])
    return _answer(_spliced({"trouble": view.trouble}, members))


def _answer(body: bytes) -> _Answer:
    return _Answer(body, compressed(body, "deflate"), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _named(keys: Iterable[str], parts: Sequence[bytes]) -> Iterable[bytes]:
    return (b"%s:%s" % (orjson.dumps(key), part) for key, part in zip(keys, parts, strict=True))


def _dataset_json(entry: Entry, view: CacheView, *, is_page: bool) -> bytes:
    dataset = dataset_of_key(entry.key)
    assert dataset is not None
    blob = entry.page_blob if is_page and entry.page_blob is not None else entry.blob
    times = {"as_of": entry.as_of, "computed_at": entry.computed_at, "expires_at": entry.expires_at}
    problem = entry.problem
    head = {
        "key": dataset.key,
        "title": dataset.title,
        "row": dataset.row,
        "columns": {column.name: {"type": column.type, "unit": column.unit} for column in dataset.columns},
        "state": str(entry.state),
        "reason": entry.reason or None,
        "time_zone": entry.origin and entry.origin.fingerprint.time_zone,
        "is_computing": view.is_computing and entry.due,
        **{name: None if time is None else to_iso(time) for name, time in times.items()},
        "problem": problem and {"kind": problem.kind, "reason": problem.reason, "at": to_iso(problem.at)},
        "rows": _rows(entry),
        "part": _part(entry, blob),
    }
    return _spliced(head, b'"value":' + _value_json(blob))


def _value_json(blob: bytes | None) -> bytes:
    return b"null" if blob is None else payload.decompress(blob)


def _rows(entry: Entry) -> int | None:
    """Return how many rows the dataset has; None for an entry without a value."""
    if entry.blob is None:
        return None
    return payload.count_entries(entry.value) if entry.rows_found is None else entry.rows_found


def _part(entry: Entry, blob: bytes | None) -> str | None:
    """Return what an answer holds of a dataset: ``whole``, ``page`` or ``cut``; None without a value."""
    if blob is None:
        return None
    if blob is entry.page_blob:
        return "page"
    return "whole" if _rows(entry) == payload.count_entries(entry.value) else "cut"


def _spliced(head: dict[str, Any], last_member: bytes) -> bytes:
    """Return a JSON object of the head's members and one more that is JSON already."""
    return orjson.dumps(head)[:-1] + (b"," if head else b"") + last_member + b"}"


def _response(request: Request, answer: _Answer) -> Response:
    headers = {"ETag": answer.etag, "Cache-Control": REVALIDATED, "Vary": "Accept-Encoding"}
    if answer.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if accepts(request.headers.get("accept-encoding", ""), "deflate"):
        return Response(answer.deflated, headers=headers | {"Content-Encoding": "deflate"}, media_type=_JSON)
    return Response(answer.body, headers=headers, media_type=_JSON)
