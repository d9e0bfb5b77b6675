"""What needs attention, as the web app's visitors see it: of a snapshot, at the server's *now*.

It is judged once for each snapshot and minute, because time alone makes a job overdue and a reply wait too
long. The lines about the dashboard's own runs are the conditions of the status pill.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

import orjson

from dash_app.live.conditions import Condition, Kind
from dash_app.login.contacts import HIDDEN, alert_without_contacts
from dash_app.pages import PAGES, Card, Page
from engine.attention.as_json import attention_json
from engine.attention.judging import Attention, judge
from engine.attention.line import Line, Opened
from engine.attention.runs import run_line
from engine.model.values.quality import UnrecognisedCount
from engine.store import CacheSnapshot

OF_RUNS = (Kind.UNREADABLE, Kind.CLOCK, Kind.FAILED, Kind.LATE)
"""The conditions that are lines too; the pipeline's own have rules, and the others are no news."""


def attention_of(
    snapshot: CacheSnapshot,
    now: datetime,
    zone: ZoneInfo,
    conditions: Iterable[Condition] = (),
    *,
    sees_contacts: bool = True,
) -> Attention:
    """Return what needs attention by a snapshot, at the minute of *now*.

    ``sees_contacts`` says whether texts of the source may stand in the lines about runs; the snapshot is the
    visitor's own.
    """
    minute = now.replace(second=0)
    others = tuple(_line_of(one, sees_contacts=sees_contacts) for one in conditions if one.kind in OF_RUNS)
    key = ("attention", minute, zone.key, others)
    return snapshot.once(key, lambda: _judged(snapshot, minute, zone, others))


def _judged(snapshot: CacheSnapshot, now: datetime, zone: ZoneInfo, others: tuple[Line, ...]) -> Attention:
    return judge(snapshot.whole, _unrecognised(snapshot), now, zone, others)


def _unrecognised(snapshot: CacheSnapshot) -> list[UnrecognisedCount]:
    """Return the words of each column once; a dataset has all words of a column, or none."""
    by_column: dict[tuple[str, str], list[UnrecognisedCount]] = {}
    for quality in snapshot.quality.values():
        of_dataset: dict[tuple[str, str], list[UnrecognisedCount]] = {}
        for count in quality.unrecognised:
            of_dataset.setdefault((count.table, count.column), []).append(count)
        by_column |= of_dataset
    return [count for counts in by_column.values() for count in counts]


def _line_of(one: Condition, *, sees_contacts: bool) -> Line:
    text = one.text if sees_contacts else alert_without_contacts(one.text)
    return run_line(one.title, text, one.since)


def attention_version(
    snapshot: CacheSnapshot, now: datetime, zone: ZoneInfo, conditions: tuple[Condition, ...]
) -> str:
    """Return a text that differs if time or conditions have changed what needs attention by a snapshot."""
    key = ("attention version", now.replace(second=0), conditions)
    return snapshot.once(key, lambda: attention_digest(attention_of(snapshot, now, zone, conditions)))


def attention_digest(attention: Attention) -> str:
    """Return a text that differs if other kinds of lines are there; the same for all visitors."""
    kinds = Counter(f"{line.kind}.{line.level}" for line in attention.lines)
    parts = [f"{kind}{count}" for kind, count in sorted(kinds.items())]
    found = f"{attention.critical}.{attention.warning}.{len(attention.unjudged)}"
    return "-".join([*parts, found, *([] if attention.has_begun else ["nothing"])])


def path_of(line: Line) -> str:
    """Return the path, below the base path, of the rows behind a line; of its page if there are none."""
    page = next((page for page in PAGES if page.name == line.page), PAGES[0])
    if line.opens is not None and (found := _card_of(line.opens, page)) is not None:
        page, card = found
        query = urlencode({"rows": _rows_text(card, line.opens)}, quote_via=quote)
        return f"{page.path}?{query}"
    return page.path


def _card_of(opens: Opened, first: Page) -> tuple[Page, Card] | None:
    """Return a card that shows the dataset of some rows, on the line's page if there; None if none does."""
    if _is_hidden(opens):
        return None
    for page in (first, *PAGES):
        for card in page.cards:
            if card.dataset == opens.dataset:
                return page, card
    return None


def _is_hidden(opens: Opened) -> bool:
    return HIDDEN in dict(opens.cells).values()


def _rows_text(card: Card, opens: Opened) -> str:
    """Return the text by which a page's address names open rows."""
    parts = [card.name, opens.column]
    if opens.cells:
        parts.append(base64.urlsafe_b64encode(orjson.dumps(dict(opens.cells))).decode().rstrip("="))
    return ":".join(parts)


def answer_json(attention: Attention, now: datetime) -> dict[str, Any]:
    """Return it as the API answers: with the path of each line, and no rows that a visitor may not open."""
    answer = attention_json(attention, now)
    for line, made in zip(attention.lines, answer["lines"], strict=True):
        made["path"] = path_of(line)
        if line.opens is not None and _is_hidden(line.opens):
            made["rows"] = None
    return answer
