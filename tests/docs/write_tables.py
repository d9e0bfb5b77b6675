"""Writes the parts of the documentation that are made from the code, between their marks.

``python -m tests.docs.write_tables`` (or ``make docs``) writes them; a test compares them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from dash_app.http.openapi import openapi_document
from engine.cli.main import dashboard
from engine.model.setting_table.rows import SETTINGS
from tests.docs.dependencies import dependencies_page

ROOT = Path(__file__).parents[2]


def settings_table() -> str:
    """Return the settings as the Markdown table of docs/operating.md."""
    rows = ["| name | default | unit | |", "|---|---|---|---|"]
    for row in SETTINGS:
        default = f"`{row.default}`" if row.default else "–"
        rows.append(f"| `{row.name}` | {default} | {row.unit} | {row.help} |")
    return "\n".join(rows)


def commands_table() -> str:
    """Return every command with its options as a Markdown table."""
    rows = ["| command | does |", "|---|---|"]
    for name, command in commands_of(dashboard):
        does = [" ".join((command.help or "").split())]
        arguments = []
        for parameter in command.params:
            if isinstance(parameter, click.Argument):
                arguments.append((parameter.metavar or parameter.name or "").upper())
            # What nearly all commands take is said once, above the table.
            elif isinstance(parameter, click.Option) and parameter.name not in ("db", "version"):
                does.append(f"`{_spelling(parameter)}`: {parameter.help}")
        rows.append(
            f"| `{' '.join(['dashboard', name, *arguments])}` | {'<br>'.join(does).replace('|', '&#124;')} |"
        )
    return "\n".join(rows)


def commands_of(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield every command below a group with its name, such as ``cache show``."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def _spelling(option: click.Option) -> str:
    spelling = "/".join([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return spelling
    metavar = option.metavar or (option.type.name or "").upper()
    return f"{spelling} {metavar}"


def addresses_table() -> str:
    """Return the addresses of the API as a Markdown table."""
    rows = ["| address | answers |", "|---|---|"]
    for path, methods in openapi_document()["paths"].items():
        for method, operation in methods.items():
            rows.append(f"| `{method.upper()} {path}` | {operation['summary']} |")
    return "\n".join(rows)


def example_env_file() -> str:
    """Return the text of ``.env.example``."""
    head = "# Copy to .env and uncomment what differs; docs/operating.md explains each.\n"
    return head + "".join(f"#{row.name}={row.default}\n" for row in SETTINGS)


PARTS: dict[tuple[str, str], Callable[[], str]] = {
    ("docs/operating.md", "settings"): settings_table,
    ("docs/operating.md", "commands"): commands_table,
    ("docs/api.md", "addresses"): addresses_table,
}
"""File and name of the mark → what stands there."""

FILES: dict[str, Callable[[], str]] = {
    ".env.example": example_env_file,
    "docs/dependencies.md": dependencies_page,
}
"""Files that are made as a whole."""


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<=<!-- {name}: begin -->\n).*(?=\n<!-- {name}: end -->)", re.S)


def part_of(file: str, name: str) -> str | None:
    """Return what stands between the marks of a part; None if they are missing."""
    found = _between(name).search((ROOT / file).read_text(encoding="utf-8"))
    return None if found is None else found[0]


def write() -> None:
    """Write every part and file."""
    for (file, name), make in PARTS.items():
        path = ROOT / file
        text = path.read_text(encoding="utf-8")
        place = _between(name).search(text)
        if place is None:
            raise SystemExit(f"{file}: the marks of {name!r} are missing; add <!-- {name}: begin --> and end")
        path.write_text(text[: place.start()] + make() + text[place.end() :], encoding="utf-8")
    for file, make in FILES.items():
        (ROOT / file).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write()
