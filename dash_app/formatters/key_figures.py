"""The five figures at the top of the Overview, each with its period, its past and its trend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dash_app.figures.style import View, rows_in
from dash_app.figures.timeaxis import day_label, is_running_day
from dash_app.formatters.comparison import against, per
from dash_app.formatters.formats import NOTHING, compact, money, number, percent
from dash_app.formatters.kpi import Kpi
from dash_app.formatters.trends import Trend, trend_of
from dash_app.formatters.unknown import needs
from engine.model.values.payload import Columns

OUTREACH, CONVERSATIONS, LLM = "/outreach", "/conversations", "/llm"
COHORT_WEEKS = "3 weeks"
COHORTS = "cohort_"
"""The names of the measures over ``COHORT_WEEKS``, whatever the range is, begin with this."""
_EXACT_BELOW = 1_000_000

Row = dict[str, Any]


@dataclass(frozen=True)
class _Measure:
    """One measure of the value: its row for the window, and those of its days or weeks, oldest first.

    All its numbers are None if the source lacks a table that it needs.
    """

    window: Row
    places: tuple[Row, ...]

    @property
    def is_known(self) -> bool:
        return self.window["current"] is not None

    @property
    def current(self) -> float | None:
        return None if self.window["current"] is None else float(self.window["current"])

    @property
    def previous(self) -> float | None:
        previous = self.window["previous"]
        return float(previous) if self.window["has_history"] and previous is not None else None

    @property
    def days(self) -> tuple[str, ...]:
        return tuple(row["first_day"] for row in self.places)

    @property
    def values(self) -> tuple[float | None, ...]:
        return tuple(row["current"] for row in self.places)


def key_figures(columns: Columns, view: View) -> tuple[Kpi, ...]:
    """Return what was sent, what came back and what it cost, each against the period before."""
    measures = _measures(columns)
    sent, replies, cost = measures["outreaches_sent"], measures["replies"], measures["llm_cost_usd"]
    return (
        _counted("sent", "outreaches_sent", sent, view, path=OUTREACH, table="outreaches", shown=_amount),
        _counted(
            "replies", "replies", replies, view, path=CONVERSATIONS, table="conversations", shown=_amount
        ),
        _reply_rate(measures["cohort_replied"], measures["cohort_sent"], view),
        _counted("LLM cost", "llm_cost_usd", cost, view, path=LLM, table="llm_usage", shown=money),
        _cost_per_reply(cost, measures["positive_replies"], view),
    )


def _cost_per_reply(cost: _Measure, positive: _Measure, view: View) -> Kpi:
    period, since = view.over("7d"), _since(view)
    each = per(cost.current, positive.current)
    lacking = _lacking(llm_usage=cost, conversations=positive)
    if lacking:
        hint = lacking
    elif not positive.current:
        hint = f"no positive reply {since}"
    else:
        before = per(cost.previous, positive.previous)
        hint = _against(each, before, money, period.prior, is_known=positive.previous is not None)
    return Kpi(
        money(each),
        f"cost per positive reply {since}",
        hint,
        measure=f"cost_per_positive_reply_{period.range}",
        opens=view.openers.of("current", positive.window) if positive.current and not lacking else "",
        trend=None if lacking else _whole_days(cost, positive, view),
        path=LLM,
    )


def _lacking(**measures: _Measure) -> str:
    """Return which tables unknown measures need; empty if all are known. Names are those of their tables."""
    tables = [table for table, measure in measures.items() if not measure.is_known]
    return needs(*tables) if tables else ""


def _since(view: View) -> str:
    """Return the window in words: ``since 20 Nov`` for a week of days."""
    return view.within("7d")


def _measures(columns: Columns) -> dict[str, _Measure]:
    rows: dict[str, list[Row]] = {}
    for row in rows_in(columns):
        rows.setdefault(row["measure"], []).append(row)
    return {
        name: _Measure(
            next(row for row in own if row["first_day"] is None),
            tuple(row for row in own if row["first_day"] is not None),
        )
        for name, own in rows.items()
    }


def _counted(
    label: str,
    name: str,
    measure: _Measure,
    view: View,
    *,
    path: str,
    table: str,
    shown: Callable[[float | None], str],
) -> Kpi:
    period = view.over("7d")
    return Kpi(
        shown(measure.current),
        f"{label} {_since(view)}",
        _lacking(**{table: measure}) or _against(measure.current, measure.previous, shown, period.prior),
        measure=f"{name}_{period.range}",
        opens=view.openers.of("current", measure.window),
        trend=_by_day(measure.days, measure.values, shown, view) if measure.is_known else None,
        path=path,
    )


def _reply_rate(replied: _Measure, sent: _Measure, view: View) -> Kpi:
    """Return the share of outreaches that were answered in seven days, of the weeks old enough to tell."""
    rate, earlier = per(replied.current, sent.current), per(replied.previous, sent.previous)
    last = sent.days[-1] if sent.days else ""
    if not (sent.is_known and replied.is_known):
        hint = _lacking(outreaches=sent) or _lacking(conversations=replied)
    elif rate is None:
        hint = "nothing sent in these weeks"
    elif replied.previous is None:
        hint = "history too short to compare"
    elif earlier is None:
        hint = f"none sent in the prior {COHORT_WEEKS}"
    else:
        hint = f"{_points(rate - earlier)} vs prior {COHORT_WEEKS} ({percent(earlier)})"
    return Kpi(
        percent(rate),
        f"reply rate, {COHORT_WEEKS} of sending",
        hint,
        measure="reply_rate_3w",
        opens=view.openers.of("current", replied.window) if rate else "",
        trend=trend_of(
            [f"week of {day_label(day)}" for day in sent.days],
            list(map(per, replied.values, sent.values)),
            percent,
        )
        if last and sent.is_known and replied.is_known
        else None,
        path=OUTREACH,
    )


def _points(difference: float) -> str:
    """Return the difference of two rates: ``+0.4 points``."""
    tenths = round(difference * 1000)
    if tenths == 0:
        return "±0 points"
    return f"{'+' if tenths > 0 else '−'}{abs(tenths) / 10:.1f} points"


def _by_day(
    days: tuple[str, ...],
    values: tuple[float | None, ...] | list[float | None],
    shown: Callable[[float | None], str],
    view: View,
) -> Trend | None:
    return trend_of(
        list(map(day_label, days)),
        values,
        shown,
        is_unfinished=bool(days) and is_running_day(days[-1], view),
    )


def _whole_days(cost: _Measure, positive: _Measure, view: View) -> Trend | None:
    """Return the cost for each of what it is divided by, on days that are over.

    Calls come earlier in a day than the replies they lead to, so a day's first hours would look the dearest.
    """
    days = positive.days
    over = len(days) - (len(days) > 1 and is_running_day(days[-1], view))
    each = list(map(per, cost.values, positive.values))
    return _by_day(days[:over], each[:over], money, view)


def _against(
    current: float | None,
    previous: float | None,
    shown: Callable[[float | None], str],
    prior: str,
    *,
    is_known: bool = False,
) -> str:
    if previous is None and not is_known:
        return "history too short to compare"
    return against(current, previous, shown, prior) or f"none in {prior}"


def _amount(count: float | None) -> str:
    if count is None:
        return NOTHING
    return number(count) if count < _EXACT_BELOW else compact(count)
