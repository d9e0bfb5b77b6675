"""Answers that nobody may store, because they hold for one visitor at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.responses import Response

NO_STORE: Final = {"Cache-Control": "no-store"}


def unstored_json(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return content as JSON that neither a browser nor a proxy stores."""
    return Response(orjson.dumps(content), status, {**NO_STORE, **(headers or {})}, "application/json")
