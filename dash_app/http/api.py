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

from dash_app.cache_reader import CacheReader, CacheView
from dash_app.http.api_models import openapi_document
from dash_app.http.compression import accepts, compressed
from dash_app.http.middleware.reading import REVALIDATED
from dash_app.pages import PAGES, Page
from engine.model import payload
from engine.model.clock import to_iso, wall_clock
from engine.model.datasets import Dataset, catalogue
from engine.model.errors import nearest
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
    datasets = {dataset.key: dataset for dataset in catalogue().values()}

    async def answer(request: Request, name: str, head: dict[str, Any], keys: tuple[str, ...]) -> Response:
        view = await reader.read(keys, wall_clock())
        made = view.snapshot.once(
            ("api", name, view.is_computing), lambda: _made(head, view, datasets, name in pages)
        )
        return _response(request, made)

    async def all_pages(request: Request) -> Response:
        body = orjson.dumps({"pages": [_page_head(page) | {"datasets": page.keys} for page in PAGES]})
        return _response(request, _answer(body))

    async def one_page(request: Request) -> Response:
        page = request.path_params["page"]
        if page not in pages:
            return _unknown(f"{page}: no such page; {nearest(page, pages)}")
        return await answer(request, page, _page_head(pages[page]), pages[page].keys)

    async def one_dataset(request: Request) -> Response:
        key = request.path_params["key"]
        if key not in datasets:
            return _unknown(f"{key}: no such dataset; {nearest(key, datasets)}")
        return await answer(request, key, {}, (key,))

    async def document(_: Request) -> Response:
        return Response(orjson.dumps(openapi_document()), media_type=_JSON)

    async def unknown(request: Request) -> Response:
        return _unknown(f"{request.url.path}: no such address; /api/openapi.json lists all")

    return [
        Route("/api/page/{page}", one_page),
        Route("/api/dataset/{key:path}", one_dataset),
        Route("/api/pages", all_pages),
        Route("/api/openapi.json", document),
        Route("/api/{rest:path}", unknown),
    ]


def _unknown(error: str) -> Response:
    return Response(orjson.dumps({"error": error}), 404, media_type=_JSON)


def _page_head(page: Page) -> dict[str, Any]:
    return {"page": page.name, "title": page.title, "path": page.path}


def _made(head: dict[str, Any], view: CacheView, datasets: dict[str, Dataset], is_page: bool) -> _Answer:
    head = head | {"trouble": view.trouble}
    parts = [
        _dataset_json(datasets[key], entry, view.is_computing, is_page) for key, entry in view.entries.items()
    ]
    if is_page:
        return _answer(_spliced(head, b'"datasets":{%s}' % b",".join(_named(view.keys, parts))))
    return _answer(_spliced(head, parts[0][1:-1]))


def _answer(body: bytes) -> _Answer:
    return _Answer(body, compressed(body, "deflate"), f'"{hashlib.sha256(body).hexdigest()[:20]}"')


def _named(keys: Iterable[str], parts: Sequence[bytes]) -> Iterable[bytes]:
    return (b"%s:%s" % (orjson.dumps(key), part) for key, part in zip(keys, parts, strict=True))


def _dataset_json(dataset: Dataset, entry: Entry, is_computing: bool, is_page: bool) -> bytes:
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
        "is_computing": is_computing and entry.due,
        **{name: None if time is None else to_iso(time) for name, time in times.items()},
        "problem": problem and {"kind": problem.kind, "reason": problem.reason, "at": to_iso(problem.at)},
        "rows": _rows(entry),
        "part": _part(entry, blob),
    }
    value = b"null" if blob is None else payload.decompress(blob)
    return _spliced(head, b'"value":' + value)


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
