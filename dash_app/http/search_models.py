"""The search in the OpenAPI document: its answer and its address."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class SearchHitInfo(BaseModel):
    """One hit."""

    kind: Literal["site", "contact", "job", "model", "error", "page", "dataset"]
    text: str
    detail: str
    path: str = Field(description="Where it leads, below the base path.")


class SearchInfo(BaseModel):
    """What has the words in its name, for those who may see it."""

    hits: list[SearchHitInfo]
    kinds: list[str] = Field(description="The kinds that are searched for this visitor, in order.")
    trouble: str | None = Field(description="Why only pages and datasets are found.")


SEARCH_MODELS: tuple[type[BaseModel], ...] = (SearchInfo,)


def search_paths() -> dict[str, Any]:
    """Return the address of the search."""
    answer = {"application/json": {"schema": {"$ref": "#/components/schemas/SearchInfo"}}}
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    text = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/api/search": {
            "get": {
                "summary": "Sites, contacts, jobs, models, errors, pages and datasets that contain a text",
                "parameters": [
                    {
                        "name": "q",
                        "in": "query",
                        "description": "The text, in any case.",
                        "schema": {"type": "string", "maxLength": 200},
                    },
                    {
                        "name": "limit",
                        "in": "query",
                        "description": "The most hits of the replica.",
                        "schema": {"type": "integer", "minimum": 1, "maximum": 50},
                    },
                ],
                "responses": {
                    "200": {"description": "The hits, grouped by kind.", "content": answer},
                    "401": {"description": "Nobody is logged in.", "content": error},
                    "400": {"description": "The address has characters that none has.", "content": text},
                    "414": {"description": "The address is too long.", "content": text},
                },
            }
        }
    }
