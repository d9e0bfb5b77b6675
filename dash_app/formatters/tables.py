"""The tables of the pages: pure functions from a dataset's columns to cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dash_app.figures.style import Columns, View
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import before_of, change_of
from dash_app.formatters.formats import (
    NOTHING,
    change,
    compact,
    money,
    number,
    parse_instant,
    percent,
    stamp,
    words,
)
from dash_app.things.addresses import error_path


@dataclass(frozen=True)
class Cell:
    """One cell: its text, its sort value (the text if None), a tone, and a note shown on hovering.

    ``share`` (0 to 1) draws a bar behind a number, ``badge`` a box around the text. ``age`` is the age
    in the text, None if there is none. ``after`` is the dashboard's own text after the text. ``path`` is the
    page that the text leads to, below the base path; None for none. ``raw``: the text is shown whole on
    demand, with its line breaks. ``is_marked``: it is what the reader has come for.
    ``opens`` is what opens the rows behind its number, the empty text if nothing does.
    """

    text: str
    sort: float | str | None = None
    tone: str = ""
    note: str = ""
    share: float | None = None
    badge: bool = False
    age: Age | None = None
    after: str = ""
    path: str | None = None
    raw: bool = False
    is_marked: bool = False
    opens: str = ""


@dataclass(frozen=True)
class Heading:
    """A column's heading; numbers are aligned to the right."""

    text: str
    numeric: bool = False


def headings(*texts: str) -> tuple[Heading, ...]:
    """Return headings; a text that begins with ``# `` is that of a column of numbers."""
    return tuple(Heading(text.removeprefix("# "), text.startswith("# ")) for text in texts)


@dataclass(frozen=True)
class Table:
    """A table as text; ``nothing`` is shown if it has no rows, ``remark`` below the rows."""

    headings: tuple[Heading, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str = "nothing to show"
    remark: str = ""


TableFunction = Callable[[Columns, View], Table]


def rows_of(columns: Columns) -> Iterator[dict[str, Any]]:
    """Yield each entry of a dataset by column name."""
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(columns, values, strict=True))


def figure_cell(value: float | None, text: str, most: float = 0, tone: str = "") -> Cell:
    """Return a cell that sorts by its number, with a bar if ``most`` is above 0; a null sorts last."""
    share = None if not most or value is None else min(1.0, max(0.0, value / most))
    return Cell(text, -1.0 if value is None else float(value), tone, share=share)


def counted_cell(
    view: View, row: Mapping[str, Any], column: str, text: str, *, most: float = 0, tone: str = ""
) -> Cell:
    """Return a cell with a number of a row of the value, which opens the rows behind it."""
    return opening(figure_cell(row[column], text, most, tone), view, row, column)


def opening(cell: Cell, view: View, row: Mapping[str, Any], column: str) -> Cell:
    """Return a cell that opens the rows behind a number of a row, if there are any."""
    return replace(cell, opens=view.openers.of(column, row))


def instant_cell(text: str | None, view: View, tone: str = "") -> Cell:
    """Return a cell with an instant's age; its local time is shown on hovering."""
    instant = None if text is None else parse_instant(text)
    return moment_cell(instant, view, tone)


def moment_cell(instant: datetime | None, view: View, tone: str = "") -> Cell:
    """Return a cell with an instant's age at the view's instant."""
    return Cell("–", -1.0, tone) if instant is None else aged_cell(Age(instant), view, tone)


def aged_cell(age: Age, view: View, tone: str = "", badge: bool = False) -> Cell:
    """Return a cell with an age, which sorts by its instant."""
    note = f"{stamp(age.instant, view.zone)} {view.zone.key}"
    return Cell(age.text(view.as_of), age.instant.timestamp(), tone, note, badge=badge, age=age)


# No change is below −1.
_BELOW_ALL = -2.0


def change_heading(view: View) -> tuple[Heading, ...]:
    """Return the heading of the changes; none if the period before is not compared."""
    return () if view.previous is None else (Heading("Change", numeric=True),)


def change_cells(
    columns: Columns, view: View, names: Sequence[str], number_column: str
) -> list[tuple[Cell, ...]]:
    """Return each row's cell with the change of a number; ``names`` are the columns that rows differ in."""
    if view.previous is None:
        return [()] * len(columns[number_column])
    before = before_of(columns, view, names, number_column)
    return [(_change_cell(*pair),) for pair in zip(columns[number_column], before, strict=True)]


def _change_cell(current: float | None, previous: float | None) -> Cell:
    fraction = change_of(current, previous)
    if fraction is None:
        return Cell("new" if current and previous == 0 else NOTHING, _BELOW_ALL)
    return Cell(change(fraction), fraction)


def response_rates(columns: Columns, view: View) -> Table:
    """Return messages and replies by channel."""
    best = max((rate or 0 for rate in columns["response_rate"]), default=0)
    return Table(
        headings(
            "Channel",
            "# Sent",
            "# Delivered",
            "# Replied",
            "# Replied, of sent",
            "# Positive",
            "# Positive, of sent",
        ),
        tuple(
            (
                Cell(words(row["channel"])),
                counted_cell(view, row, "sent", number(row["sent"])),
                counted_cell(view, row, "delivered", number(row["delivered"])),
                counted_cell(view, row, "replied", number(row["replied"])),
                counted_cell(view, row, "response_rate", percent(row["response_rate"]), most=best),
                counted_cell(view, row, "positive", number(row["positive"])),
                counted_cell(view, row, "positive_rate", percent(row["positive_rate"])),
            )
            for row in rows_of(columns)
        ),
        "nothing sent yet",
    )


def llm_usage_by_stage(columns: Columns, view: View) -> Table:
    """Return LLM cost and calls by stage."""
    most = max(columns["cost_usd"], default=0)
    return Table(
        (
            *headings("Stage", "# Cost"),
            *change_heading(view),
            *headings("# Calls", "# Per call", "# Prompt tokens", "# Completion tokens"),
        ),
        tuple(
            (
                Cell(words(row["stage"])),
                counted_cell(view, row, "cost_usd", money(row["cost_usd"]), most=most),
                *changed,
                counted_cell(view, row, "calls", number(row["calls"])),
                counted_cell(view, row, "cost_per_call_usd", money(row["cost_per_call_usd"])),
                counted_cell(view, row, "prompt_tokens", compact(row["prompt_tokens"])),
                counted_cell(view, row, "completion_tokens", compact(row["completion_tokens"])),
            )
            for row, changed in zip(
                rows_of(columns), change_cells(columns, view, ["stage"], "cost_usd"), strict=True
            )
        ),
        f"no LLM calls {view.over('30d').phrase}",
    )


def error_breakdown(columns: Columns, view: View) -> Table:
    """Return the largest groups of errors."""
    most = max(columns["errors"], default=0)
    return Table(
        headings("# Errors", "Message", "Source", "Stage", "Last seen"),
        tuple(
            (
                counted_cell(view, row, "errors", number(row["errors"]), most=most),
                Cell(row["message"] or NOTHING, path=error_path(row["source"], row["stage"], row["message"])),
                Cell(row["source"] or NOTHING, badge=True),
                Cell(words(row["stage"])),
                opening(instant_cell(row["last_seen"], view), view, row, "last_seen"),
            )
            for row in rows_of(columns)
        ),
        "no errors",
    )
