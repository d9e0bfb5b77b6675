"""The room of cards with numbers before their value is there: as many places as the value will have."""

from __future__ import annotations

from collections.abc import Mapping

from dash import html

NUMBERS_OF: Mapping[str, int] = {
    "active_errors": 4,
    "conversation_totals": 5,
    "cost_totals": 4,
    "database_health": 6,
    "excluded_sites": 1,
    "failed_runs": 2,
    "failure_activity": 4,
    "job_totals": 4,
    "key_figures": 5,
    "last_entry": 1,
    "llm_activity": 4,
    "outreach_activity": 4,
    "outreach_totals": 4,
    "pipeline_activity": 4,
    "replica": 5,
    "reply_activity": 4,
    "schedule_totals": 2,
    "sites_in_pipeline": 1,
    "unit_costs": 3,
    "waiting_replies": 5,
}
"""How many numbers each card of datasets shows, by its name."""

_USUAL_LABEL, _USUAL_HINT = "as long as most labels", "+12% vs prior 24 h (1,234)"
_SHORT_LABEL, _SHORT_HINT = "short label", "of 9 tables"
_WITHOUT_COMPARISON = frozenset({"database_health", "replica"})


def places_of_numbers(name: str, height: int) -> html.Dl:
    """Return the places of a card's numbers, which wrap as the numbers will; one if their count is not known.

    ``height`` is the room in pixels that one row of them has at least.
    """
    is_short = name in _WITHOUT_COMPARISON
    label, hint = (_SHORT_LABEL, _SHORT_HINT) if is_short else (_USUAL_LABEL, _USUAL_HINT)
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(label),
                    html.Dd("0", className="stat-value"),
                    html.Dd(hint, className="stat-hint"),
                ],
                className="stat",
            )
            for _ in range(NUMBERS_OF.get(name, 1))
        ],
        className="stats",
        style={"--row": f"{height}px"},
        **{"aria-hidden": "true"},
    )
