"""``dashboard attention`` over several sources: each under its name, and one exit status for all."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from engine.attention.as_json import attention_json
from engine.attention.reading import read_attention
from engine.cli.attention import CRITICAL, ERROR, print_attention
from engine.cli.options import checked_settings
from engine.cli.terminal_text import print_json, say
from engine.model.clock import wall_clock
from engine.model.errors import DashboardError
from engine.model.settings import Settings


def show_attention_of_all(several: Settings, *, as_json: bool) -> int:
    """Print what needs attention in each source; return the exit status.

    It is ``CRITICAL`` if anything is critical in one of them, else ``ERROR`` if one cannot be judged.
    """
    now, status = wall_clock(), 0
    answers: dict[str, Any] = {}
    for source in several.sources:
        try:
            settings = checked_settings(several.for_source(source.name))
            found = read_attention(settings, now)
        except DashboardError as error:
            line = " ".join(str(error).split())
            answers[source.name] = {"error": line}
            if not as_json:
                say(f"{source.name}: cannot be judged")
            say(f"dashboard: {source.name}: {line}", err=True)
            status = status or ERROR
            continue
        answers[source.name] = attention_json(found, now)
        status = CRITICAL if found.critical else status
        if not as_json:
            say(f"{source.name}:")
            print_attention(found, now, ZoneInfo(settings.time_zone))
            if found.lines and settings.public_url is not None:
                say(f"See {settings.public_url}{settings.base_path}/")
    if as_json:
        print_json({"sources": answers})
    return status
