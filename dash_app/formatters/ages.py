"""Ages within texts, which the browser keeps up to date.

The server writes the age at the value's instant, so its bytes stay the same. The browser replaces it on an
open page, by the server's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dash_app.formatters.formats import age, duration


@dataclass(frozen=True)
class Age:
    """An age and the words around it. ``is_span`` leaves out ``ago``: ``2 d 4 h`` rather than ``2 d ago``."""

    instant: datetime
    before: str = ""
    after: str = ""
    is_span: bool = False

    def words(self, now: datetime) -> str:
        """Return the age alone."""
        if self.is_span:
            return duration(max(0, int((now - self.instant).total_seconds())))
        return age(self.instant, now)

    def text(self, now: datetime) -> str:
        """Return the age with the words around it."""
        return f"{self.before}{self.words(now)}{self.after}"


def age_of_wait(hours: float, now: datetime) -> Age:
    """Return the age of what has waited for some hours."""
    return Age(now - timedelta(seconds=round(hours * 3600)), is_span=True)
