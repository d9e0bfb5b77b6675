"""The requests of a browser that opens a page of a Dash app, made from the app's list of callbacks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.serving.http_client import request_bytes
from benchmarks.serving.http_load import Page
from engine.model.errors import ComputeError

UPDATE_PATH = "/_dash-update-component"


def page_requests(
    port: int, callbacks: Sequence[Mapping[str, Any]], input_id: str, pathname: str = ""
) -> Page:
    """Return the requests of all server-side callbacks that a component is an input of.

    ``callbacks`` is what ``/_dash-dependencies`` answers; every input and state is null, as in a page
    that has just been opened, and the path of the address is ``pathname``. Raises ComputeError if there is no
    such callback.
    """
    called = [
        callback
        for callback in callbacks
        if callback.get("clientside_function") is None
        and any(given["id"] == input_id for given in callback["inputs"])
    ]
    if not called:
        raise ComputeError(input_id, "no callback of the app has it as an input", "mend the benchmark")
    return tuple(request_bytes(port, UPDATE_PATH, body=_body(callback, pathname)) for callback in called)


def _body(callback: Mapping[str, Any], pathname: str) -> bytes:
    output: str = callback["output"]
    is_several = output.startswith("..")
    outputs = [_named(one) for one in output.strip(".").split("...")]
    body = {
        "output": output,
        "outputs": outputs if is_several else outputs[0],
        "inputs": _without_values(callback["inputs"], pathname),
        "state": _without_values(callback["state"], pathname),
        "changedPropIds": [],
        "parsedChangedPropsIds": [],
    }
    return json.dumps(body, separators=(",", ":")).encode()


def _without_values(given: Sequence[Mapping[str, Any]], pathname: str) -> list[dict[str, Any]]:
    # A part of the address is a text, also if it is empty; nothing else has a value before a page reads.
    address = {"pathname": pathname, "search": "", "hash": ""}
    return [
        {
            "id": one["id"],
            "property": one["property"],
            "value": address.get(one["property"]),
        }
        for one in given
    ]


def _named(output: str) -> dict[str, str]:
    component, _, name = output.rpartition(".")
    return {"id": component, "property": name}
