"""The answers of the Outreach page's cards."""

from __future__ import annotations

from dash_app.answers.page_values import PageAnswer, PageValues
from dash_app.answers.phrases import (
    against,
    amount,
    by_name,
    how_many,
    leads,
    listed,
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
    day,
    filtered,
    is_selected,
    nothing,
    period_before,
    rolling,
    span,
)
from dash_app.figures.style import View
from dash_app.formatters.formats import percent
from engine.attention.pipeline import high_bounce_rates
from engine.model.values.payload import Columns

_FILLED_BY = "outreaches with a sent_at"
_CHANNELS = ("channel", "channels")
_DELIVERY, _COHORTS = "delivery_by_channel_30d", "reply_cohorts_8w"
_WEEK_HOURS = 168


def outreach_funnel(columns: Columns, view: View) -> str:
    """Return the share of proposed messages that were sent, and of sent ones that were answered."""
    count = dict(zip(columns["stage"], columns["outreaches"], strict=True))
    if not total(count.values()):
        return nothing("No outreach messages yet", "", view, "rows of outreaches")
    sent = share(count["sent"], count["proposed"])
    answered = "" if count["replied"] is None else share(count["replied"], count["sent"])
    return sentence(
        f"{amount(count['sent'])} of {amount(count['proposed'])} proposed were sent"
        + (f" ({sent})" if sent else ""),
        f"{answered} of those sent were answered" if answered else "",
    )


def reply_table(columns: Columns, view: View) -> str:
    """Return the shares of sent messages with an answer and with a positive one, over all channels."""
    sent = total(columns["sent"])
    if not sent:
        return nothing("Nothing sent yet", "", view, _FILLED_BY)
    answered, positive = share(total(columns["replied"]), sent), share(total(columns["positive"]), sent)
    channels = how_many(by_name(columns, "channel", "sent"))
    return sentence(
        f"{amount(sent)} sent on {of_noun(channels, 'channel')}",
        f"{answered} answered, {positive} with a positive reply" if answered and positive else "",
    )


def outreach_daily(columns: Columns, view: View) -> str:
    """Return what was sent, and the channel with most."""
    sent, when = total(columns["sent"]), span(view, "30d", by_day=True)
    if not sent:
        return nothing("Nothing sent", when, view, _FILLED_BY)
    sizes = by_name(columns, "channel", "sent")
    change = against(sent, before(view, "sent"), period_before(view, "30d", by_day=True))
    return sentence(
        f"sent {amount(sent)} {when}{change}",
        leads(sizes, _CHANNELS),
    )


def reply_cohorts(columns: Columns, view: View) -> str:
    """Return the share answered in 7 days over the weeks that have had them, and in the newest of these."""
    if not total(columns["sent"]):
        return nothing("Nothing sent", span(view, "8w"), view, _FILLED_BY)
    finished = _mature(columns)
    if not finished:
        messages = of_noun(total(columns["sent"]), "message")
        return sentence(f"{messages} sent", "no week has had its 7 days to answer")
    sent, replied = (sum(pair[part] for pair in finished.values()) for part in (0, 1))
    newest = max(finished)
    earlier = _mature(view.previous) if view.previous is not None else {}
    sent_before, replied_before = (sum(pair[part] for pair in earlier.values()) for part in (0, 1))
    was = share(replied_before, sent_before)
    if not sent:
        return "Nothing was sent in the weeks that have had their 7 days to answer"
    return sentence(
        f"{percent(replied / sent)} of {amount(sent)} sent were answered in 7 days"
        + (f", {was} in the period before" if was else ""),
        f"week of {day(newest, view)}: {_rate(finished[newest])}" if len(finished) > 1 else "",
    )


def _mature(columns: Columns) -> dict[str, tuple[float, float]]:
    """Return sent and answered of each week that has had its 7 days."""
    weeks: dict[str, tuple[float, float]] = {}
    for week, sent, replied, mature in zip(
        *(columns[name] for name in ("week", "sent", "replied_7d", "mature")), strict=True
    ):
        if mature:
            before_it = weeks.get(week, (0, 0))
            weeks[week] = (before_it[0] + (sent or 0), before_it[1] + (replied or 0))
    return weeks


def _rate(counts: tuple[float, float]) -> str:
    return percent(counts[1] / counts[0]) if counts[0] else "nothing sent"


def delivery_by_channel(columns: Columns, view: View) -> str:
    """Return how the messages sent were delivered, and the channels with bounces."""
    sent, when = total(columns["sent"]), span(view, "30d")
    if not sent:
        return nothing("Nothing sent", when, view, _FILLED_BY)
    parts = [
        f"{share(total(columns[name]), sent)} {name}"
        for name in ("confirmed", "bounced", "failed")
        if total(columns[name])
    ]
    bounced = [name for name, count in by_name(columns, "channel", "bounced").items() if count]
    change = against(sent, before(view, "sent"), period_before(view, "30d"))
    return sentence(
        f"sent {amount(sent)} {when}{change}",
        ", ".join(parts) or "none confirmed yet",
        f"bounces on {listed(bounced)}" if bounced and not change else "",
    )


def page(values: PageValues, view: View) -> str:
    """Return what was sent, how much of it was delivered, and how much of it was answered."""
    delivery = values[_DELIVERY]
    sent, when = total(delivery["sent"]), span(view, "30d") + filtered(view)
    if not sent:
        return nothing("Nothing was sent", span(view, "30d"), view, _FILLED_BY)
    parts = [
        f"{share(total(delivery[name]), sent)} {word}"
        for name, word in (("confirmed", "delivered"), ("bounced", "bounced"), ("failed", "failed"))
        if total(delivery[name])
    ]
    head = f"sent {amount(sent)} {when}{versus(sent, before(view, 'sent'), period_before(view, '30d'))}"
    delivered = ", ".join(parts) or "none confirmed as delivered yet"
    high = ""
    if not is_selected(view):
        rolled = values.get("activity_rolling")
        if rolled and (week := rolling(rolled, "outreaches_sent", _WEEK_HOURS)):
            change = versus(week.current, week.previous, week.prior)
            head = f"sent {amount(week.current) if week.current else 'nothing'} in {week.period}{change}"
            delivered = f"in 30 days {delivered}"
        channels = [name_of(line.about, as_words=True) for line in high_bounce_rates(values.value(_DELIVERY))]
        high = f"too many bounces on {listed(channels)}" if channels else ""
    return page_sentence(head, delivered, high, _answered(values))


def _answered(values: PageValues) -> str:
    finished = _mature(values[_COHORTS]) if _COHORTS in values else {}
    sent, replied = (sum(pair[part] for pair in finished.values()) for part in (0, 1))
    return f"{percent(replied / sent)} answered in 7 days" if sent else ""


PAGE = PageAnswer(page, (_DELIVERY,), ("activity_rolling", _COHORTS))
