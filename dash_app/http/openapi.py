"""The OpenAPI document of the API."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dash_app.http.api_models import (
    DatasetAnswer,
    ErrorAnswer,
    PageAnswer,
    PagesAnswer,
    RefreshAnswer,
)
from dash_app.http.attention_models import AttentionAnswer
from dash_app.http.receipt_models import ReceiptAnswer
from dash_app.http.row_models import ROW_MODELS, row_paths
from dash_app.http.search_models import SEARCH_MODELS, search_paths
from engine.model.selections.selection import MOST_FILTERS, RANGES

_MODELS: tuple[type[BaseModel], ...] = (
    PagesAnswer, PageAnswer, DatasetAnswer, AttentionAnswer, ReceiptAnswer, RefreshAnswer, ErrorAnswer,
    *ROW_MODELS, *SEARCH_MODELS,
)  # fmt: skip


@dataclass(frozen=True)
class _Address:
    """One address: its answer, and the name and meaning of its parameter, None if it has none.

    ``answer`` is a model, or the media type of a file. ``switches`` are query parameters that are 0 or 1.
    ``selects``: it takes a range, filters, and a comparison.
    """

    path: str
    summary: str
    answer: type[BaseModel] | str
    parameter: tuple[str, str] | None = None
    method: str = "get"
    selects: bool = False
    switches: tuple[tuple[str, str], ...] = ()
    has_etag: bool = True


_ADDRESSES = (
    _Address("/api/pages", "All pages", PagesAnswer),
    _Address(
        "/api/page/{page}",
        "A page's datasets: their values, times and states",
        PageAnswer,
        ("page", "The name of a page, such as pipeline."),
    ),
    _Address(
        "/api/dataset/{key}",
        "One dataset",
        DatasetAnswer,
        ("key", "The key of a dataset, such as pipeline/pipeline_funnel; its slash may stand as it is."),
        selects=True,
    ),
    _Address("/api/attention", "What needs attention now, worst first", AttentionAnswer, has_etag=False),
    _Address(
        "/api/receipt/{key}",
        "How a dataset's value was computed",
        ReceiptAnswer,
        ("key", "The key of a dataset, such as pipeline/pipeline_funnel; its slash may stand as it is."),
        selects=True,
    ),
    _Address(
        "/export/{key}.csv",
        "The rows of a dataset as a CSV file, at most 100,000; the header Export-Rows says of how many",
        "text/csv",
        ("key", "The key of a dataset, such as pipeline/pipeline_funnel; its slash may stand as it is."),
        selects=True,
        switches=(("bom", "1 begins the file with a byte order mark, which some spreadsheets need."),),
    ),
    _Address(
        "/api/refresh",
        "Start a full refresh, one a minute for each session or token",
        RefreshAnswer,
        method="post",
    ),
    _Address(
        "/api/refresh/{page}",
        "Start a refresh of a page's datasets",
        RefreshAnswer,
        ("page", "The name of a page, such as pipeline."),
        "post",
        selects=True,
    ),
    _Address(
        "/api/refresh/dataset/{key}",
        "Start a refresh of one dataset",
        RefreshAnswer,
        ("key", "The key of a dataset, such as pipeline/pipeline_funnel; its slash may stand as it is."),
        "post",
        selects=True,
    ),
)


@cache
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI document: each address, its parameter, and its answers."""
    _, schemas = models_json_schema(
        [(model, "serialization") for model in _MODELS], ref_template="#/components/schemas/{model}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Sites dashboard",
            "version": "1",
            "description": (
                "The dashboard's values as they stand in its cache. Nothing waits for a computation: a value"
                " that is missing or expired is computed meanwhile, and comes with a later answer."
            ),
        },
        "paths": {address.path: {address.method: _operation(address)} for address in _ADDRESSES}
        | row_paths()
        | search_paths(),
        "components": {"schemas": schemas["$defs"]},
    }


_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NAME = "^[0-9A-Za-z_/-]{1,200}$"

_SELECTION: tuple[dict[str, Any], ...] = (
    {
        "name": "range",
        "in": "query",
        "description": "Another range than the dataset's own; the days of from..to are both included.",
        "schema": {"type": "string", "pattern": f"^({'|'.join(RANGES)}|{_DAY}[.][.]{_DAY})$"},
    },
    {
        "name": "compare",
        "in": "query",
        "description": "1 adds the period before, as previous.",
        "schema": {"type": "string", "enum": ["1"]},
    },
    {
        "name": "filter",
        "in": "query",
        "description": "column:value, or column alone for rows without a value; several together are and.",
        "schema": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_FILTERS},
    },
)

_NO_ADDRESS: dict[str, Any] = {
    status: {"description": description, "content": {"text/plain": {"schema": {"type": "string"}}}}
    for status, description in (
        ("400", "The address has characters that none has."),
        ("414", "The address is too long."),
    )
}


_WAIT: dict[str, Any] = {
    "name": "wait",
    "in": "query",
    "description": "1: answer when the run has ended.",
    "schema": {"type": "string", "enum": ["0", "1"]},
}


def _operation(address: _Address) -> dict[str, Any]:
    if address.method == "post":
        assert not isinstance(address.answer, str)
        answers: dict[str, Any] = {
            "200": {"description": "The run has ended.", "content": _content(address.answer)},
            "202": {"description": "The run is under way.", "content": _content(address.answer)},
            "403": {"description": "Only an operator can refresh.", "content": _content(ErrorAnswer)},
            "429": {"description": "There was one a moment ago.", "content": _content(ErrorAnswer)},
            "500": {"description": "The run has failed.", "content": _content(ErrorAnswer)},
            "503": {"description": "Nobody can run it at present.", "content": _content(ErrorAnswer)},
        }
    elif isinstance(address.answer, str):
        answers = _file(address.answer)
    else:
        answers = _reading(address.answer, has_etag=address.has_etag)
    answers["401"] = {"description": "Nobody is logged in.", "content": _content(ErrorAnswer)}
    query = [_WAIT] if address.method == "post" else []
    if address.parameter is None:
        asked = {"parameters": query} if query else {}
        return {"summary": address.summary, "responses": answers} | asked
    name, description = address.parameter
    taken = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": _NAME}}
    unknown = {"description": "There is none of that name.", "content": _content(ErrorAnswer)}
    parameters = [taken | {"description": description}, *map(_switch, address.switches), *query]
    if address.selects:
        parameters += _SELECTION
        answers |= _refused_selection()
    return {
        "summary": address.summary,
        "parameters": parameters,
        "responses": _NO_ADDRESS | answers | {"404": unknown},
    }


def _refused_selection() -> dict[str, Any]:
    bad = _NO_ADDRESS["400"]
    return {
        "400": {
            "description": f"{bad['description'][:-1]}, or the dataset does not take what is selected.",
            "content": bad["content"] | _content(ErrorAnswer),
        },
        "429": {"description": "Too many new ranges and filters.", "content": _content(ErrorAnswer)},
    }


def _switch(switch: tuple[str, str]) -> dict[str, Any]:
    name, description = switch
    return {"name": name, "in": "query", "schema": {"enum": ["0", "1"]}, "description": description}


def _reading(answer: type[BaseModel], *, has_etag: bool) -> dict[str, Any]:
    if not has_etag:
        return {"200": {"description": "The answer.", "content": _content(answer)}}
    return {
        "200": {"description": "The answer, with an ETag.", "content": _content(answer)},
        "304": {"description": "The same as what If-None-Match names."},
    }


def _file(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string"}}}
    return {
        "200": {"description": "The file.", "content": content},
        "400": {
            "description": "A parameter is no choice, or the address has characters that none has.",
            "content": _content(ErrorAnswer) | _NO_ADDRESS["400"]["content"],
        },
    }


def _content(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
