"""``dashboard attention``: what needs attention, for people and for whatever mails it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from engine.cli.options import db_option, settings_for, sources_to_run, usage_line
from engine.cli.terminal_text import print_json, say
from engine.model.clock import in_words, local_time, wall_clock
from engine.model.errors import DashboardError
from engine.model.places.postgres_address import SourceAddress

if TYPE_CHECKING:
    from engine.attention.judging import Attention
    from engine.attention.line import Line

CRITICAL, ERROR = 1, 2
"""The exit statuses: something is critical; there was an error, or nothing has been computed yet."""


class _AttentionCommand(click.Command):
    """A command that exits with ``ERROR`` after an error, so that 1 says that something is critical."""

    def make_context(self, info_name: str | None, args: list[str], *more: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(info_name, args, *more, **extra)
        except click.ClickException as error:
            raise _failed(usage_line(error, "dashboard")) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DashboardError as error:
            raise _failed(str(error)) from None


def _failed(line: str) -> click.exceptions.Exit:
    say(f"dashboard: {' '.join(line.split())}", err=True)
    return click.exceptions.Exit(ERROR)


@click.command("attention", cls=_AttentionCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of lines.")
@db_option
def attention(db: SourceAddress | None, as_json: bool) -> int:
    """Show what needs attention, worst first; exits with 1 if anything is critical.

    It reads the cache alone: it computes and changes nothing. An error exits with 2. Of several sources it
    goes over all.
    """
    several = sources_to_run(db)
    if several is not None and db is None:
        from engine.cli.attention_of_all import show_attention_of_all

        return show_attention_of_all(several, as_json=as_json)
    from engine.attention.as_json import attention_json
    from engine.attention.reading import read_attention

    settings, now = settings_for(db), wall_clock()
    found = read_attention(settings, now)
    if as_json:
        print_json(attention_json(found, now))
    else:
        print_attention(found, now, ZoneInfo(settings.time_zone))
        if found.lines and settings.public_url is not None:
            say(f"See {settings.public_url}{settings.base_path}/")
    return CRITICAL if found.critical else 0


def print_attention(found: Attention, now: datetime, zone: ZoneInfo) -> None:
    """Print what needs attention as lines."""
    from engine.attention.judging import FIRST_ROWS, NOTHING_FOUND, NOTHING_YET

    for line in found.lines:
        say(f"{line.level.value.upper():<9}{_line_text(line, now, zone)}")
    if found.more:
        say(f"and {found.more:,} more")
    if found.is_all_clear:
        say("All clear")
    elif found.is_nothing_yet:
        say(f"{NOTHING_YET}. {FIRST_ROWS}")
    elif not found.lines:
        say(NOTHING_FOUND)
    if found.unjudged:
        say(f"Not judged: {found.unjudged_text}")


def _line_text(line: Line, now: datetime, zone: ZoneInfo) -> str:
    text = f"{line.title}. {line.reason}" if line.reason else line.title
    if line.since is None:
        return text
    return f"{text} (for {in_words(now - line.since)}, since {local_time(line.since, now, zone)})"
