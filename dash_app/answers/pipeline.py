"""The answers of the Pipeline page's cards."""

from __future__ import annotations

from datetime import timedelta

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import (
    against,
    amount,
    by_name,
    highest,
    leads,
    name_of,
    of_noun,
    page_sentence,
    sentence,
    share,
    total,
    versus,
)
from dash_app.answers.windows import (
    before,
    filtered,
    is_selected,
    moment,
    moment_of,
    nothing,
    period_before,
    rolling,
    span,
)
from dash_app.figures.pipeline import NO_COUNTRY
from dash_app.figures.style import View
from dash_app.formatters.formats import duration, number, percent
from dash_app.formatters.unknown import is_unknown
from engine.model.values.payload import Columns

_DAY_HOURS = 24
HOURLY = "hourly_status_breakdown_48h"


def sites_reached(columns: Columns, view: View) -> str:
    """Return how many sites came to the last stage, and the step that the smallest share took."""
    reached, stages = columns["ever_reached"], columns["stage"]
    if not total(reached):
        return nothing("No site has reached a stage", "", view, "sites with a known status")
    first, last = reached[0], reached[-1]
    part = share(last, first)
    head = f"{amount(last)} of {of_noun(first, 'site')}{f' ({part})' if part else ''} reached"
    rates = [
        (rate, stage) for rate, stage in zip(columns["step_rate"], stages, strict=True) if rate is not None
    ]
    least = min((rate for rate, _ in rates), default=1)
    lowest = [stage for rate, stage in rates if rate == least]
    step = ""
    if len(lowest) == 1 and least < 1:
        step = f"fewest went on to {_stage(lowest[0])}, {percent(least)}"
    return sentence(f"{head} {_stage(stages[-1])}", step)


def sites_now_and_lost(columns: Columns, view: View) -> str:
    """Return the sites in the stages, those lost, and the stage that lost most."""
    now, stages = total(columns["in_it"]), columns["stage"]
    excluded, failing = total(columns["lost_excluded"]), total(columns["lost_failing"])
    if not (now or excluded or failing):
        return nothing("No site is in a stage, and none was lost", "", view, "sites with a known status")
    if not excluded + failing:
        return sentence(f"{of_noun(now, 'site')} in the stages", "none was lost")
    lost = [sum(pair) for pair in zip(columns["lost_excluded"], columns["lost_failing"], strict=True)]
    worst = highest(stages, lost)
    return sentence(
        f"{of_noun(now, 'site')} in the stages",
        f"{amount(excluded + failing)} lost ({amount(excluded)} excluded, {amount(failing)} failing)",
        f"most after {_stage(worst[0])}, {amount(worst[1])}" if worst else "",
    )


def stage_flow(columns: Columns, view: View) -> str:
    """Return in how many stages sites wait long, and the stage with the longest median wait."""
    waits = columns["median_wait_hours"]
    if is_unknown(columns["sites"]):
        entered = of_noun(total(columns["entered_24h"]), "entry", "entries")
        return sentence(f"{entered} into the stages in 24 h")
    if not total(columns["sites"]):
        return nothing("No site is in a stage", "", view, "sites with a known status")
    longest = highest(range(len(waits)), waits)
    known = [wait for wait in waits if wait is not None]
    if not known:
        return sentence(f"{of_noun(total(columns['sites']), 'site')} in the stages", "no wait is known")
    slow = sum(wait > _DAY_HOURS for wait in known)
    where = (
        f"in {of_noun(slow, 'stage')} the median wait is over a day"
        if slow
        else "the median wait is under a day in all stages"
        if max(known) < _DAY_HOURS
        else "the median wait is at most a day in all stages"
    )
    if longest is None:
        return sentence(where)
    row, hours = longest
    since = _oldest(columns["oldest_wait_hours"][row], view)
    return sentence(where, f"longest in {_stage(columns['stage'][row])}, {duration(hours * 3600)}{since}")


def _oldest(hours: float | None, view: View) -> str:
    # An instant, because an age would be wrong on a page that stays open.
    if hours is None or not 0 <= hours < 24 * 365 * 100:
        return ""
    return f", the oldest since {moment_of(view.as_of - timedelta(hours=hours), view)}"


def hourly_status_breakdown(columns: Columns, view: View) -> str:
    """Return the entries into a status, the status with most, and the busiest hour."""
    entries, when = total(columns["sites"]), span(view, "48h")
    if not entries:
        return nothing("No site changed its status", when, view, "rows of site_status")
    sizes = by_name(columns, "status", "sites")
    hours: dict[str, float] = {}
    for hour, sites in zip(columns["hour"], columns["sites"], strict=True):
        hours[hour] = hours.get(hour, 0) + (sites or 0)
    busiest = highest(list(hours), list(hours.values()))
    return sentence(
        f"{of_noun(entries, 'change')} {when}"
        + against(entries, before(view, "sites"), period_before(view, "48h")),
        leads(sizes, ("status", "statuses")),
        f"busiest {moment(busiest[0], view)}" if busiest and view.previous is None else "",
    )


def daily_throughput(columns: Columns, view: View) -> str:
    """Return the entries into stages in 24 hours against the 24 before, and the stage with most."""
    last, earlier = total(columns["last_24h"]), total(columns["previous_24h"])
    if not (last or earlier):
        return nothing("No site entered a stage", "in 48 h", view, "rows of site_status")
    most = highest(columns["stage"], columns["last_24h"])
    idle = sum(not entries for entries in columns["last_24h"])
    return sentence(
        f"{of_noun(last, 'entry', 'entries')} in 24 h" + against(last, earlier, "the prior 24 h"),
        f"most into {_stage(most[0])}, {share(most[1], last)}" if most else "",
        f"none into {of_noun(idle, 'stage')}" if last and idle else "",
    )


def sites_by_country(columns: Columns, view: View) -> str:
    """Return how many countries sites are in, and which has most."""
    if not total(columns["sites"]):
        return nothing("There are no sites", "", view, "rows of sites")
    sizes = by_name(
        columns | {"country": [NO_COUNTRY if name is None else name for name in columns["country"]]},
        "country",
        "sites",
        as_words=False,
    )
    return sentence(leads(sizes, ("country", "countries")))


def _stage(name: str | None) -> str:
    return name_of(name, as_words=True)


def page(values: PageValues, view: View) -> str:
    """Return whether sites move on, where they wait longest, and where most are lost."""
    return page_sentence(_movement(values), _longest_wait(values), _most_lost(values))


def _movement(values: PageValues) -> str:
    if HOURLY in values and is_selected(values.view(HOURLY)):
        view = values.view(HOURLY)
        entries, earlier = total(values[HOURLY]["sites"]), before(view, "sites")
        count = of_noun(entries, "status change")
        when, prior = span(view, "48h"), period_before(view, "48h")
        return f"{count} {when}{filtered(view)}{versus(entries, earlier, prior)}"
    newest, view = values["activity_now"]["last_entry_at"][0], values.view("activity_now")
    if newest is None:
        return nothing("No status has changed yet", "", view, "rows of site_status")
    if values["activity_now"]["quiet"][0]:
        usual = values["activity_now"]["usual_entries"][0]
        normally = f", usually {number(usual)} entries by now" if usual is not None else ""
        return f"quiet since {moment(newest, view)}{normally}"
    rolled = values.get("activity_rolling")
    day_ = rolling(rolled, "stage_entries", _DAY_HOURS) if rolled else None
    if day_ is None:
        return f"last status change {moment(newest, view)}"
    if not day_.current:
        return f"no status change in {day_.period}, the last {moment(newest, view)}"
    count = of_noun(day_.current, "status change")
    return f"moving: {count} in {day_.period}{versus(day_.current, day_.previous, day_.prior)}"


def _longest_wait(values: PageValues) -> str:
    if "stage_flow" not in values:
        return ""
    waits = values["stage_flow"]["median_wait_hours"]
    longest = highest(values["stage_flow"]["stage"], waits)
    return (
        ""
        if longest is None
        else f"longest wait in {_stage(longest[0])}, median {duration(longest[1] * 3600)}"
    )


def _most_lost(values: PageValues) -> str:
    if "pipeline_losses" not in values:
        return ""
    columns = values["pipeline_losses"]
    lost = [sum(pair) for pair in zip(columns["lost_excluded"], columns["lost_failing"], strict=True)]
    worst = highest(columns["stage"], lost)
    if worst is None:
        return ""
    return f"most lost after {_stage(worst[0])}{filtered(values.view('pipeline_losses'))}"


PAGE = PageAnswer(page, ("activity_now",), ("activity_rolling", HOURLY, "stage_flow", "pipeline_losses"))
