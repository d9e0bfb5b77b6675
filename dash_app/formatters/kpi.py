"""A KPI: one number with its label, as every page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from dash_app.formatters.ages import Age
from dash_app.formatters.trends import Trend


@dataclass(frozen=True)
class Kpi:
    """One number with its label: its text, a hint below it, and a tone (good, warn, bad or none).

    KPIs with the same ``measure`` show the same number on every page.
    ``value_age`` and ``hint_age`` are the ages in the value and in the hint; None if there is none.
    ``opens`` is what opens the rows behind the number, the empty text if nothing does. ``trend`` has its
    latest days or weeks, None for none. ``path`` is the page that the label leads to, empty for none.
    """

    value: str
    label: str
    hint: str = ""
    tone: str = ""
    measure: str = ""
    value_age: Age | None = None
    hint_age: Age | None = None
    opens: str = ""
    trend: Trend | None = None
    path: str = ""
