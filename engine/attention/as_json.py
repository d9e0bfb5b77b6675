"""What needs attention as a JSON value: the API and the command answer the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.attention.judging import Attention
from engine.attention.line import Line
from engine.model.catalogue.datasets import catalogue
from engine.model.clock import to_iso
from engine.model.text.plain_text import plain_text


def attention_json(attention: Attention, now: datetime) -> dict[str, Any]:
    """Return what was judged at *now*."""
    return {
        "judged_at": to_iso(now),
        "all_clear": attention.is_all_clear,
        "nothing_yet": attention.is_nothing_yet,
        "critical": attention.critical,
        "warning": attention.warning,
        "lines": [_line_json(line) for line in attention.lines],
        "more": attention.more,
        "not_judged": [{"what": one.what, "why": one.why} for one in attention.unjudged],
    }


def _line_json(line: Line) -> dict[str, Any]:
    rows = line.opens and {
        "key": catalogue()[line.opens.dataset].key,
        "column": line.opens.column,
        "cells": dict(line.opens.cells),
    }
    return {
        "kind": line.kind.value,
        "level": line.level.value,
        "title": plain_text(line.title),
        "reason": plain_text(line.reason),
        "since": None if line.since is None else to_iso(line.since),
        "page": line.page,
        "rows": rows,
    }
