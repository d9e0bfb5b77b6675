"""The answers of the System page's cards."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import highest, of_noun, page_sentence, sentence
from dash_app.answers.windows import moment, moment_of, nothing, span
from dash_app.figures.style import View
from dash_app.formatters.database import is_on_server
from dash_app.formatters.formats import percent, size
from engine.model.values.payload import Columns
from engine.store import ReplicaState

_METRICS, _REPLICA = "system_metrics_24h", "replica"


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


def page(values: PageValues, view: View) -> str:
    """Return whether the file is sound, whether the replica equals the source, and how full the disk is."""
    return page_sentence(_source(values["database_health"]), _replica(values, view), _disk(values))


def _source(columns: Columns) -> str:
    if is_on_server(columns):
        return f"the source of {size(columns['size_bytes'][0])} is in PostgreSQL"
    finding = columns["integrity"][0]
    if finding is None:
        return f"the file of {size(columns['size_bytes'][0])} has not been checked yet"
    if finding != "ok":
        return "the file is damaged"
    # The file may have been damaged since.
    return f"the file of {size(columns['size_bytes'][0])} was sound when last checked"


def _replica(values: PageValues, view: View) -> str:
    state = ReplicaState(values.system[_REPLICA])
    if not state.tables:
        return "there is no replica yet"
    if state.verified_at is None:
        return f"{percent(state.covered, 0)} of the replica compared with it so far"
    if state.was_repaired_lately(view.as_of) and state.repaired_at is not None:
        rows = of_noun(state.repaired, "row")
        return f"the replica differed, {rows} repaired, last {moment_of(state.repaired_at, view)}"
    return f"the replica equals it, last verified {moment_of(state.verified_at, view)}"


def _disk(values: PageValues) -> str:
    metrics = values.get(_METRICS, {})
    disk = [value for value in metrics.get("disk_percent", []) if value is not None]
    return f"disk {_percent(disk[-1])} full" if disk else ""


PAGE = PageAnswer(page, ("database_health",), (_METRICS,), (_REPLICA,))
