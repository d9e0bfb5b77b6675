"""The answers of the System page's cards."""

from __future__ import annotations

from dash_app.answers.phrases import highest, sentence
from dash_app.answers.windows import moment, nothing, span
from dash_app.figures.style import Columns, View


def system_metrics(columns: Columns, view: View) -> str:
    """Return the mean and the highest processor load, the mean of memory, and the disk's newest value."""
    when = span(view, "24h")
    known = {
        name: [value for value in columns[name] if value is not None]
        for name in ("cpu_percent", "memory_percent", "disk_percent")
    }
    if not any(known.values()):
        return nothing("No sample of the machine", when, view, "rows of system_metrics")
    cpu, memory, disk = known.values()
    peak = highest(columns["at"], columns["cpu_percent_max"])
    peak_text = f", at most {_percent(peak[1])} on {moment(peak[0], view)}" if peak else ""
    return sentence(
        f"processor {_percent(sum(cpu) / len(cpu))} on average {when}{peak_text}" if cpu else "",
        f"memory {_percent(sum(memory) / len(memory))}" if memory else "",
        f"disk last {_percent(disk[-1])}" if disk else "",
    )


def _percent(value: float) -> str:
    return f"{value:,.0f}%"
