"""Text in a terminal: all that the command line prints goes through this module.

A terminal executes escape sequences from any text. So printed text has no control and no format characters:
no escape, no C1 code, no mark that changes the direction of writing. JSON is ASCII.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import click

from engine.model.text.plain_text import plain_text, shortened

CELL_LENGTH = 200
NOTHING = "–"


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line, on stderr if ``err``."""
    click.echo(plain_text(line), err=err)


def say_lines(text: str) -> None:
    """Print a text of several lines that the dashboard itself wrote."""
    for line in text.split("\n"):
        say(line)


def print_json(value: Any) -> None:
    """Print a value as indented JSON; a JSON parser returns the text that the database holds."""
    text = json.dumps(value, indent=2, ensure_ascii=True)
    click.echo(text.replace("\x7f", "\\u007f"))


def print_table(headers: list[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows as an aligned table, each row on one line whatever its width; long texts are cut."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for header in headers:
        table.add_column(header, no_wrap=True, overflow="ignore")
    for row in rows:
        table.add_row(*(Text(cell_text(value)) for value in row))
    console = Console(markup=False, emoji=False, highlight=False)
    if not sys.stdout.isatty():
        console.width = 400
    console.print(table)


def cell_text(value: object) -> str:
    """Return a value as a table shows it: a dash for None, words for booleans, text in one line."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return shortened(" ".join(plain_text(value).split()), CELL_LENGTH)
