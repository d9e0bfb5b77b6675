"""The KPIs of the source as a database: its integrity, its size and its last write."""

from __future__ import annotations

from dash_app.figures.style import View, row_at
from dash_app.formatters.ages import Age
from dash_app.formatters.comparison import per
from dash_app.formatters.formats import NOTHING, age, compact, number, parse_instant, percent, size, stamp
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.tones import BAD, GOOD
from engine.model.text.in_words import counted
from engine.model.values.payload import Columns


def database_health(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return the source's integrity, size, pages, journal mode and last write.

    Of one in PostgreSQL what a server has: its files, pages and journal are the server's own.
    """
    row = row_at(columns, 0)
    last = None if row["last_write_at"] is None else parse_instant(row["last_write_at"])
    rows = Kpi(compact(row["rows"]), "rows", f"in {counted(row['tables'], 'table')}")
    last_write = Kpi(
        age(last, view.as_of),
        "last write",
        stamp(last, view.zone),
        value_age=None if last is None else Age(last),
    )
    if is_on_server(columns):
        return (Kpi(size(row["size_bytes"]), "database", "in PostgreSQL"), rows, last_write)
    pages, free = row["pages"], row["free_pages"]
    return (
        _integrity(row["integrity"]),
        Kpi(size(row["size_bytes"]), "database", f"and {size(row['wal_bytes'])} of write-ahead log"),
        rows,
        Kpi(
            percent(per(free, pages)),
            "free pages",
            f"{number(free)} of {number(pages)}, {size(row['page_size'])} each",
        ),
        Kpi(row["journal_mode"] or NOTHING, "journal mode"),
        last_write,
    )


def is_on_server(columns: Columns) -> bool:
    """Return whether ``database_health`` is that of a source in PostgreSQL, which has no journal mode."""
    mode: str | None = columns["journal_mode"][0]
    return mode is None


def _integrity(finding: str | None) -> Kpi:
    if finding is None:
        return Kpi(NOTHING, "integrity", "not checked yet; a full refresh does")
    if finding == "ok":
        return Kpi("ok", "integrity", "at SQLite's last quick check", GOOD)
    return Kpi("damaged", "integrity", finding, BAD)
