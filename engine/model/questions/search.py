"""The question of a search, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["site", "contact", "job", "model", "error"]
KINDS: tuple[Kind, ...] = ("site", "contact", "job", "model", "error")
"""What a search finds, in the order of its hits."""
PUBLIC_KINDS: tuple[Kind, ...] = ("job", "model")
"""What a search may find for somebody who may not see contacts."""

MOST_HITS = 50


@dataclass(frozen=True)
class SearchQuestion:
    """What contains this text, in any case? ``limit`` is the most hits of all kinds together."""

    text: str
    limit: int = 10
    kinds: tuple[Kind, ...] = KINDS
    kind: Literal["search"] = "search"


@dataclass(frozen=True)
class SearchHit:
    """One thing that a search has found.

    ``key`` names it: ``(site_id,)`` of a site, ``(site_id, outreach_id)`` of a contact, ``(task_key,)`` of a
    job, ``(model,)`` of a model, ``(source, stage, message)`` of an error. ``text`` is what contains the
    words, ``detail`` says more. ``contacts``: they may name people who were written to.
    """

    kind: Kind
    key: tuple[str | None, ...]
    text: str
    detail: str | None
    contacts: bool


@dataclass(frozen=True)
class SearchAnswer:
    """The hits, by kind in the order of ``KINDS``, then those first that begin with the text."""

    hits: tuple[SearchHit, ...]
    replica_as_of: datetime | None
    kind: Literal["search"] = "search"
