"""The bodies of callbacks: each must be one that a page of this app can send, before Dash works on it.

Dash takes a body as it comes, and every mistake in it for a fault of the app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dash_app.http.delivery import CALLBACK_PATH
from dash_app.http.doors import inner_path

Callbacks = Mapping[str, Mapping[str, Any]]

MOST_LEVELS = 50
MOST_NESTED = 2000
"""The most lists and objects of a body: Python takes 0.1 s for 80,000 empty ones."""

_PATHS = ("pathname", "search")
"""What Dash takes for texts without a look."""


class ValidCallbacks:
    """Answers 404 to an unknown callback and 400 to a malformed body; Dash gets the parts it knows alone.

    ``callbacks`` returns the callbacks of the app by their output, as Dash has them.
    """

    def __init__(self, app: ASGIApp, callbacks: Callable[[], Callbacks]) -> None:
        self._app = app
        self._callbacks = callbacks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if it is no callback, or a valid one."""
        if scope["type"] != "http" or inner_path(scope) != CALLBACK_PATH:
            await self._app(scope, receive, send)
            return
        text = await _whole_body(receive)
        if text is None:
            return
        body = _parsed(text)
        output = body.get("output") if isinstance(body, dict) else None
        callback = self._callbacks().get(output) if isinstance(output, str) else None
        if isinstance(output, str) and (callback is None or "callback" not in callback):
            await PlainTextResponse("There is no such callback", 404)(scope, receive, send)
        elif callback is None or (valid := valid_body(body, callback)) is None:
            await PlainTextResponse("Malformed callback", 400)(scope, receive, send)
        else:
            await self._app(scope, _replayed(orjson.dumps(valid), receive), send)


def _parsed(text: bytes) -> Any:
    """Return the JSON of a body; None for none, and for one too wide or deep for Python's parser."""
    nested = text.count(b"[") + text.count(b"{")
    if nested > MOST_NESTED:
        return None
    try:
        body = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return None if nested > MOST_LEVELS and _is_deep(body) else body


def _is_deep(body: Any) -> bool:
    level = [body]
    for _ in range(MOST_LEVELS):
        nested = [one for one in level if isinstance(one, (dict, list))]
        level = [part for one in nested for part in (one.values() if isinstance(one, dict) else one)]
    return bool(level)


def valid_body(body: dict[str, Any], callback: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the parts of a body that a callback takes; None if they are not those of the callback."""
    inputs = _values(body.get("inputs"), callback["inputs"])
    states = _values(body.get("state", []), callback["state"])
    outputs = _outputs(body.get("outputs"), callback["output"])
    changed = body.get("changedPropIds", [])
    is_changed = isinstance(changed, list) and all(isinstance(one, str) for one in changed)
    if inputs is None or states is None or outputs is None or not is_changed:
        return None
    return {
        "output": body["output"],
        "outputs": outputs,
        "inputs": inputs,
        "state": states,
        "changedPropIds": changed,
    }


def _values(sent: Any, known: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    if not isinstance(sent, list) or len(sent) != len(known):
        return None
    values = []
    for one, spec in zip(sent, known, strict=True):
        if not isinstance(one, dict) or (one.get("id"), one.get("property")) != (
            spec["id"],
            spec["property"],
        ):
            return None
        value = one.get("value")
        if spec["property"] in _PATHS and not isinstance(value, str):
            return None
        values.append({"id": spec["id"], "property": spec["property"], "value": value})
    return values


def _outputs(sent: Any, known: Any) -> Any:
    """Return the outputs that a page names; None if they are not those of the callback."""
    if not isinstance(known, list):
        return _output(sent, known)
    if not isinstance(sent, list) or len(sent) != len(known):
        return None
    outputs = [_output(one, spec) for one, spec in zip(sent, known, strict=True)]
    return None if None in outputs else outputs


def _output(sent: Any, known: Any) -> dict[str, Any] | None:
    id_, name = (sent.get("id"), sent.get("property")) if isinstance(sent, dict) else (None, None)
    # A page may name the digest by which Dash tells the callbacks of one property apart.
    is_known = isinstance(name, str) and name.partition("@")[0] == known.component_property
    return {"id": id_, "property": name} if is_known and id_ == known.component_id else None


async def _whole_body(receive: Receive) -> bytes | None:
    """Return the body of a request; None if its client has gone."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    is_sent = False

    async def receive_replayed() -> Message:
        nonlocal is_sent
        if is_sent:
            return await receive()
        is_sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_replayed
