"""What stands around a chart for those who do not see it, or who use keys.

The browser writes what the chart draws into the label of the drawing, and answers the keys of the button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from engine.model.text.plain_text import plain_text


def chart_frame(drawing: Sequence[Any], title: str, described_by: str | None = None) -> html.Div:
    """Return a chart as an image with a name, and the button that walks its points and shows its table.

    ``described_by`` is the id of the element with the sentence that says what the chart shows.
    """
    name = plain_text(title)
    described = {} if described_by is None else {"aria-describedby": described_by}
    return html.Div(
        [
            html.Button(
                type="button",
                className="chart-keys",
                **{"aria-label": f"Show “{name}” as a table, or walk it by arrow keys", **described},
            ),
            html.Div(
                list(drawing),
                role="img",
                className="chart-drawing",
                **{"aria-label": f"Chart: {name}", **described},
            ),
        ],
        className="chart-frame",
    )
