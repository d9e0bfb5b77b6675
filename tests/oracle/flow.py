"""Owns the expected datasets about sites on their way: how far they came, how long they wait."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from .clock import Clock
from .metrics import STAGES
from .results import Columns, columns, instant_text, ratio
from .source import Number, Site, SiteStatus, Source
from .sums import quantile

DAY = timedelta(hours=24)
WEEK = timedelta(hours=168)


def pipeline_losses(source: Source, clock: Clock) -> Columns:
    """Sites by the furthest stage that they are or ever were in; each row of `sites` is a site."""
    furthest: dict[Number, int] = {}
    for entry in source.rows(SiteStatus):
        if entry.site_id is None or entry.status not in STAGES:
            continue
        if entry.created_at is not None and entry.created_at > clock.now:
            continue
        place = STAGES.index(entry.status)
        furthest[entry.site_id] = max(place, furthest.get(entry.site_id, -1))
    ever, in_it, excluded, failing = ([0] * len(STAGES) for _ in range(4))
    for site in source.rows(Site):
        places = []
        if site.status in STAGES:
            places.append(STAGES.index(site.status))
            in_it[STAGES.index(site.status)] += 1
        if site.id is not None and site.id in furthest:
            places.append(furthest[site.id])
        if not places:
            continue
        best = max(places)
        for place in range(best + 1):
            ever[place] += 1
        excluded[best] += site.status == "excluded"
        failing[best] += site.status == "failing"
    rows = []
    for place, stage in enumerate(STAGES):
        rate = None if place == 0 else ratio(ever[place], ever[place - 1])
        rows.append((stage, ever[place], in_it[place], excluded[place], failing[place], rate))
    names = ("stage", "ever_reached", "in_it", "lost_excluded", "lost_failing", "step_rate")
    return columns(names, rows)


def _entries_by_site(source: Source, clock: Clock) -> dict[Number, list[SiteStatus]]:
    """The entries of each readable site_id with a readable stamp not later than now, in order."""
    found: dict[Number, list[SiteStatus]] = defaultdict(list)
    for entry in source.rows(SiteStatus):
        if entry.site_id is not None and clock.is_past(entry.created_at):
            found[entry.site_id].append(entry)
    for entries in found.values():
        entries.sort(key=lambda entry: (entry.created_at, entry.id))
    return found


def _wait_hours(site: Site, entries: list[SiteStatus], clock: Clock) -> float | None:
    """Hours since the unbroken run of the site's status at the end of its entries began.

    None if its newest entry has another status, or if it has none.
    """
    if not entries or entries[-1].status != site.status:
        return None
    first = entries[-1]
    for entry in reversed(entries):
        if entry.status != site.status:
            break
        first = entry
    assert first.created_at is not None
    return (clock.now - first.created_at).total_seconds() / 3600


def stage_flow(source: Source, clock: Clock) -> Columns:
    """What goes into each stage and out of it, and how long sites stand in it.

    Entries of unknown sites, and those without a readable site_id, are entries too.
    """
    entries = source.rows(SiteStatus)
    by_site = _entries_by_site(source, clock)
    rows = []
    for place, stage in enumerate(STAGES):
        stamps = [e.created_at for e in entries if e.status == stage and clock.is_past(e.created_at)]
        left = 0
        for own in by_site.values():
            for entry, following in pairwise(own):
                if entry.status == stage and following.status != stage:
                    left += clock.in_last(following.created_at, WEEK)
        sites = [site for site in source.rows(Site) if site.status == stage]
        waits = []
        for site in sites:
            if site.id is not None:
                hours = _wait_hours(site, by_site.get(site.id, []), clock)
                if hours is not None:
                    waits.append(hours)
        is_last = place == len(STAGES) - 1
        rows.append(
            (
                stage,
                len(sites),
                sum(clock.in_last(stamp, DAY) for stamp in stamps),
                sum(clock.in_last(stamp, DAY, before=DAY) for stamp in stamps),
                sum(clock.in_last(stamp, WEEK) for stamp in stamps),
                left,
                instant_text(max(stamps, default=None)),
                None if is_last else quantile(waits, 1, 2),
                None if is_last else max(waits, default=None),
                None if is_last or left == 0 else len(sites) / (left / 7),
            )
        )
    names = (
        "stage", "sites", "entered_24h", "entered_previous_24h", "entered_7d", "left_7d", "last_entered_at",
        "median_wait_hours", "oldest_wait_hours", "days_to_clear",
    )  # fmt: skip
    return columns(names, rows)
