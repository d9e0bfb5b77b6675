"""The answers of the LLM page's cards."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import (
    against,
    by_name,
    highest,
    how_many,
    leads,
    of_noun,
    page_sentence,
    sentence,
    share,
    total,
    versus,
)
from dash_app.answers.windows import (
    before,
    day,
    filtered,
    is_selected,
    nothing,
    period_before,
    rolling,
    span,
)
from dash_app.figures.style import View
from dash_app.formatters.formats import money
from engine.attention.pipeline import is_unusual
from engine.model.catalogue.page_parts import is_other
from engine.model.values.payload import Columns

_FILLED_BY = "rows of llm_usage"
_DAILY, _MODELS, _STAGES = "llm_daily_costs_30d", "llm_cost_by_model_30d", "llm_cost_by_stage_30d"


def daily_costs(columns: Columns, view: View) -> str:
    """Return the cost and the calls, and the day that cost most."""
    cost, calls, when = total(columns["cost_usd"]), total(columns["calls"]), span(view, "30d", by_day=True)
    if not (calls or cost):
        return nothing("No model was called", when, view, _FILLED_BY)
    if not cost:
        return sentence(f"{of_noun(calls, 'call')} {when} cost nothing")
    dearest = highest(columns["day"], columns["cost_usd"])
    return sentence(
        f"{money(cost)} {when}{_change(cost, view, by_day=True)}",
        of_noun(calls, "call"),
        f"most on {day(dearest[0], view)}, {money(dearest[1])}" if dearest else "",
    )


def cost_by_stage(columns: Columns, view: View) -> str:
    """Return the stage that cost most; compared, the cost and the stage that changed it most."""
    when = span(view, "30d", by_day=True)
    return _by_name(columns, view, "stage", ("stage", "stages"), when, by_day=True)


def cost_by_model(columns: Columns, view: View) -> str:
    """Return the model that cost most; compared, the cost and the model that changed it most."""
    return _by_name(columns, view, "model", ("model", "models"), span(view, "30d"), as_words=False)


def _by_name(
    columns: Columns,
    view: View,
    name: str,
    nouns: tuple[str, str],
    when: str,
    *,
    by_day: bool = False,
    as_words: bool = True,
) -> str:
    if not columns[name]:
        return nothing("No model was called", when, view, _FILLED_BY)
    sizes = by_name(columns, name, "cost_usd", as_words=as_words)
    cost = total(sizes.values())
    if not cost:
        return f"The calls {when} cost nothing ({of_noun(how_many(sizes), *nouns)})"
    if view.previous is None:
        # The page's sentence has the sum.
        return sentence(leads(sizes, nouns, shown=money))
    driver = _driver(sizes, view, name, as_words=as_words)
    return sentence(
        f"{money(cost)} {when}{_change(cost, view, by_day=by_day)}",
        driver or leads(sizes, nouns, shown=money),
    )


def _driver(sizes: dict[str, float], view: View, name: str, *, as_words: bool) -> str:
    """Return which group changed the cost most in the direction in which it changed; empty if none did."""
    if view.previous is None:
        return ""
    earlier = by_name(view.previous, name, "cost_usd", as_words=as_words)
    steps = {key: sizes.get(key, 0) - earlier.get(key, 0) for key in (*sizes, *earlier)}
    change = total(sizes.values()) - total(earlier.values())
    if not change:
        return ""
    most = (max if change > 0 else min)(steps, key=lambda key: steps[key])
    if steps[most] * change <= 0:
        return ""
    return f"{most} changed most, {'+' if steps[most] > 0 else '−'}{money(abs(steps[most]))}"


def _change(cost: float, view: View, *, by_day: bool = False) -> str:
    earlier = before(view, "cost_usd")
    return against(cost, earlier, period_before(view, "30d", by_day=by_day), fewer="less", shown=money)


def cost_by_outcome(columns: Columns, view: View) -> str:
    """Return the share of the cost that went to sites that answered, and to those off the pipeline."""
    cost, calls, when = total(columns["cost_usd"]), total(columns["calls"]), span(view, "30d")
    if not (calls or cost):
        return nothing("No model was called", when, view, _FILLED_BY)
    if not cost:
        return sentence(f"{of_noun(calls, 'call')} {when} cost nothing")
    sizes = {key: value or 0 for key, value in zip(columns["outcome"], columns["cost_usd"], strict=True)}
    answered = share(sizes.get("positive", 0) + sizes.get("replied", 0), cost)
    off = share(sizes.get("excluded", 0) + sizes.get("failing", 0), cost)
    parts = (
        f"{answered} on sites that answered, {off} on excluded or failing ones" if answered and off else ""
    )
    if parts and view.previous is None:
        return sentence(parts)
    return sentence(f"{money(cost)} {when}{_change(cost, view)}", parts)


def llm_usage_by_stage(columns: Columns, view: View) -> str:
    """Return calls and cost, and the stages that cost most, in all and for a call."""
    calls, when = total(columns["calls"]), span(view, "30d")
    if not calls:
        return nothing("No model was called", when, view, _FILLED_BY)
    sizes = by_name(columns, "stage", "cost_usd")
    cost = total(sizes.values())
    if not cost:
        return sentence(f"{of_noun(calls, 'call')} {when} cost nothing")
    return sentence(
        f"{of_noun(calls, 'call')} for {money(cost)} {when}{_change(cost, view)}",
        leads(sizes, ("stage", "stages"), shown=money),
    )


def page(values: PageValues, view: View) -> str:
    """Return the cost, how it changed, and the model and the stage that cost most."""
    columns = values[_DAILY]
    cost, calls = total(columns["cost_usd"]), total(columns["calls"])
    when = span(view, "30d", by_day=True)
    if not (calls or cost):
        return nothing("No model was called", when, view, _FILLED_BY)
    when += filtered(view)
    if not cost:
        return page_sentence(f"{of_noun(calls, 'call')} {when} cost nothing")
    change = versus(cost, before(view, "cost_usd"), period_before(view, "30d", by_day=True), shown=money)
    rolled = None if is_selected(view) else values.get("activity_rolling")
    if rolled and (week := rolling(rolled, "llm_cost_usd", 168)):
        against_it = versus(week.current, week.previous, week.prior, shown=money)
        change = f", {money(week.current)} in {week.period}{against_it}"
        today = values.today("llm_cost_usd")
        if today is not None and is_unusual(today):
            change = f", {money(today['so_far'])} today, far above usual ({money(today['usual_q75'])} by now)"
    return page_sentence(f"{money(cost)} {when}{change}", _drivers(values))


def _drivers(values: PageValues) -> str:
    """Return the model and the stage that cost most, with shares; compared, what changed it."""
    if _MODELS in values:
        sizes = by_name(values[_MODELS], "model", "cost_usd", as_words=False)
        if driver := _driver(sizes, values.view(_MODELS), "model", as_words=False):
            return driver
    found = [
        _most(by_name(values[dataset], name, "cost_usd", as_words=name == "stage"))
        for dataset, name in ((_MODELS, "model"), (_STAGES, "stage"))
        if dataset in values
    ]
    parts = [part for part in found if part]
    return f"most on {' and '.join(parts)}" if parts else ""


def _most(sizes: dict[str, float]) -> str:
    own = {name: size for name, size in sizes.items() if not is_other(name)}
    most = highest(list(own), list(own.values())) if len(sizes) > 1 else None
    return "" if most is None else f"{most[0]} ({share(most[1], total(sizes.values()))})"


PAGE = PageAnswer(page, (_DAILY,), ("activity_rolling", _MODELS, _STAGES, "usual_today"))
