"""The receipt of a value: its SQL with its run's constants, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from engine.model.catalogue.datasets import SELECTS, Dataset
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.sqlfile import SQL_DIR
from engine.model.clock import Clock, to_iso
from engine.model.selections.run_macros import Macros, clock_macros, selection_macros

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_MACRO = re.compile(r"create or replace macro (\w+)(.*?);\s*$", re.DOTALL | re.MULTILINE)
_HEADER = re.compile(r"\A\s*/\*.*?\*/\s*", re.DOTALL)
OF_THE_FILE = frozenset({"database_health"})
"""The datasets that describe the database's file itself, which changes with each run that is stored."""


def sql_of(dataset: Dataset, as_of: datetime, time_zone: str) -> str:
    """Return a dataset's SQL with the constants of its run, as it runs in a DuckDB shell on the replica.

    The macros of that run stand before it, as temporary ones: the replica holds those of its latest run.
    """
    clock = Clock(as_of, time_zone)
    macros = clock_macros(clock) | selection_macros(dataset, clock)
    body = _HEADER.sub("", dataset.sql).strip()
    lines = [f"-- {dataset.key}", f"-- as of {to_iso(as_of)}, days of {time_zone}"]
    lines += [
        f"create or replace temp macro {signature} as {sql};"
        for signature, sql in _used(macros, body).items()
    ]
    return "\n".join(lines) + f"\n\n{body};\n"


def _used(macros: Macros, body: str) -> Macros:
    """Return the macros that an SQL text uses, by itself or through others that it uses."""
    texts = dict(_stored_macros()) | {signature.partition("(")[0]: sql for signature, sql in macros.items()}
    used: set[str] = set()
    found = {name for name in _NAME.findall(body) if name in texts}
    while found:
        used |= found
        found = {
            name
            for each in found
            for name in _NAME.findall(texts[each])
            if name in texts and name not in used
        }
    return {signature: sql for signature, sql in macros.items() if signature.partition("(")[0] in used}


@cache
def _stored_macros() -> Mapping[str, str]:
    """Return the texts of the macros that the replica holds and no run changes, by name."""
    files = sorted((SQL_DIR / "macros").glob("*.sql"))
    found = {name: text for file in files for name, text in _MACRO.findall(file.read_text(encoding="utf-8"))}
    between = {
        f"{rollup.name}_between": f"{rollup.sql} whole_until"
        for rollup in rollups().values()
        if rollup.time is not None
    }
    return found | between


def command_of(dataset: Dataset, as_of: datetime) -> str | None:
    """Return the command that computes a value again as of its instant, as a shell takes it.

    It gives the same bytes as long as the rows that were there at that instant are as they were. None for a
    dataset that describes the file itself.
    """
    if dataset.key.partition(SELECTS)[0].partition("/")[2] in OF_THE_FILE:
        return None
    selection = dataset.selection
    parts = ["dashboard", "cache", "show", dataset.key.partition(SELECTS)[0]]
    if selection.range is not None:
        parts += ["--range", selection.range]
    for column, value in selection.filters:
        parts += ["--filter", column if value is None else f"{column}:{value}"]
    return shlex.join([*parts, "--now", to_iso(as_of)])
