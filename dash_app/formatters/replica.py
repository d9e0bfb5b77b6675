"""The state of the replica as KPIs and as a table."""

from __future__ import annotations

from dash_app.figures.style import View
from dash_app.formatters.ages import Age
from dash_app.formatters.formats import compact, number, percent, stamp
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.system_cards import SystemCard
from dash_app.formatters.tables import NO_VALUE, Cell, Table, explained, figure_cell, headings, moment_cell
from dash_app.formatters.tones import GOOD, WARN
from engine.model.text.in_words import counted
from engine.store import ReplicaState, ReplicaTableState, replica_state
from engine.store.freshness.replica_state import READ_BY_EACH_RUN

VERIFIED = explained("Last verified", "When all of its rows had been compared with the source")
COMPARED = explained("# Compared", "Share of its rows that the pass under way has compared")
REPAIRED = explained("# Repaired", "Rows that differed from the source, and were put right")


def replica_in_short(tables: tuple[ReplicaTableState, ...], view: View) -> tuple[Kpi, ...]:
    """Return whether the replica equals the source, when that was verified, and the repairs."""
    if not tables:
        return (Kpi("none yet", "replica of the source", "the first run makes it"),)
    state = ReplicaState(tables)
    return (
        _proof(state, view),
        Kpi(compact(state.rows), "rows", f"in {counted(len(tables), 'table')}"),
        Kpi(percent(state.covered, 0), "compared", "of all rows, in the pass under way"),
        _repairs(state, view),
    )


def _proof(state: ReplicaState, view: View) -> Kpi:
    if state.verified_at is None:
        return Kpi("not yet", "verified equal to the source", "not every row has been compared so far")
    verified = Age(state.verified_at, "last verified ")
    tone = "" if state.was_repaired_lately(view.as_of) else GOOD
    return Kpi("equal", "to the source", verified.text(view.as_of), tone, hint_age=verified)


def _repairs(state: ReplicaState, view: View) -> Kpi:
    label = "difference repaired" if state.repaired == 1 else "differences repaired"
    if state.repaired_at is None:
        return Kpi(number(state.repaired), label, "in all runs", GOOD)
    lately = state.was_repaired_lately(view.as_of)
    hint = Age(
        state.repaired_at,
        "last ",
        "; the source was changed in a way that no sync can see" if lately else "",
    )
    tone = WARN if lately else ""
    return Kpi(number(state.repaired), label, hint.text(view.as_of), tone, hint_age=hint)


def replica_table(tables: tuple[ReplicaTableState, ...], view: View) -> Table:
    """Return each table's sync, its rows and how many of them are compared with the source."""
    return Table(
        headings("Table", "Each run reads", "# Rows", VERIFIED, COMPARED, REPAIRED),
        tuple(
            (
                Cell(table.table),
                Cell(READ_BY_EACH_RUN.get(table.sync, table.sync)),
                figure_cell(table.rows, number(table.rows)),
                _verified_cell(table, view),
                figure_cell(table.compared, percent(table.compared, 0), 1),
                _repairs_cell(table, view),
            )
            for table in tables
        ),
        "there is no replica yet; the first run makes it",
    )


def _verified_cell(table: ReplicaTableState, view: View) -> Cell:
    return Cell("not yet", NO_VALUE) if table.verified_at is None else moment_cell(table.verified_at, view)


def _repairs_cell(table: ReplicaTableState, view: View) -> Cell:
    lately = ReplicaState((table,)).was_repaired_lately(view.as_of)
    note = "" if table.repaired_at is None else f"last at {stamp(table.repaired_at, view.zone)}"
    return Cell(number(table.repaired), table.repaired, WARN if lately else "", note)


REPLICA = SystemCard(lambda settings, now: replica_state(settings.store, now), replica_in_short)
REPLICA_TABLES = SystemCard(lambda settings, now: replica_state(settings.store, now), replica_table)
