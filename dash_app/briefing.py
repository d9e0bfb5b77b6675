"""What is told beside the values: how the source has gone on since, and what is amiss with the whole.

It is read from the database some seconds apart, by a few short statements, and blocks meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dash_app.pages import PAGES
from dash_app.reading import Reader


@dataclass(frozen=True)
class Briefing:
    """``news`` says of each page, by name, what its values do not include; ``alerts`` are for all pages."""

    news: dict[str, str] = field(default_factory=dict)
    alerts: tuple[str, ...] = ()


NO_BRIEFING = Briefing()


def read_briefing(reader: Reader, now: datetime) -> Briefing:
    """Return what is to be told now; what cannot be read is left out."""
    return Briefing({page.name: "" for page in PAGES})
