"""The colours of categories: the palette, and the colour of each name. Pure.

A name has the same colour on every page and in every window, whatever else is shown. Words of the schema have
fixed colours. Another name gets the next free place of its category when a chart first shows it, and keeps it
(``dashboard_colours``). Light and dark theme use the same colours. A chart draws a name with a ``Paint``: a
colour, and a pattern if another name of the category has that colour without one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from engine.model.catalogue.page_parts import is_other

BLUE, AMBER, GREEN, INDIGO, RED, FOREST = "#2597ff", "#c58900", "#099b76", "#6857ff", "#dc160f", "#008024"
PINK, STEEL, MAGENTA, MOSS, LAVENDER, CRIMSON = (
    "#ff5490",
    "#4b72a4",
    "#d20096",
    "#577654",
    "#9190bf",
    "#e5005b",
)
OTHER, NULL = "#647673", "#8c9699"
"""The greys of the group "other", and of unreadable values."""

EARLIER = NULL
"""The grey of the previous period, shown beside the current one."""

PALETTE = (BLUE, AMBER, GREEN, INDIGO, PINK, STEEL, MAGENTA, FOREST, LAVENDER, RED, MOSS, CRIMSON)
"""Any two of these and the greys differ by 10 (CIEDE2000), also for people without red or green cones. Each
has a contrast of 3:1 to white and to the dark ground. They were found by a search, and a test holds them."""

PATTERNS = ("", "x", ".", "\\", "-", "+", "|")
"""Plotly's pattern shapes, without ``/``, which marks unfinished periods."""

DASHES = ("solid", "dash", "longdash", "dashdot", "longdashdot", "6px,2px", "2px,6px")
"""The line dashes that match these patterns, without ``dot``, which marks unfinished periods."""

FIXED: Mapping[str, Mapping[str, str]] = {
    "stage": {
        "found": BLUE,
        "assets_captured": STEEL,
        "scored": INDIGO,
        "rescored": LAVENDER,
        "enriched": GREEN,
        "proposals_drafted": FOREST,
        "outreach_partial": PINK,
        "outreach_sent": AMBER,
        "excluded": MOSS,
        "failing": RED,
    },
    "outreach_step": {
        "proposed": LAVENDER,
        "approved": STEEL,
        "sent": AMBER,
        "delivered": INDIGO,
        "replied": BLUE,
    },
    "outreach_status": {
        "pending": LAVENDER,
        "approved": STEEL,
        "sent": AMBER,
        "delivered": INDIGO,
        "bounced": PINK,
        "failed": RED,
    },
    "channel": {"email": BLUE, "sms": AMBER, "form": GREEN, "linkedin": INDIGO, "x": PINK},
    "direction": {"inbound": BLUE, "outbound": STEEL},
    "sentiment": {"positive": GREEN, "neutral": LAVENDER, "objection": AMBER, "negative": RED},
    "run_status": {"success": GREEN, "failed": RED, "running": AMBER},
    "llm_stage": {
        "scoring": BLUE,
        "rescoring": STEEL,
        "enrichment": GREEN,
        "proposals": AMBER,
        "replies": PINK,
    },
    "outcome": {
        "positive": GREEN,
        "replied": BLUE,
        "excluded": MOSS,
        "failing": RED,
        "outreach_sent": AMBER,
        "in_pipeline": STEEL,
        "no_site": LAVENDER,
    },
    "measure": {
        "sites": STEEL,
        "outreaches_sent": AMBER,
        "replies": BLUE,
        "positive": GREEN,
        "cost_usd": INDIGO,
        "cpu": BLUE,
        "cpu_peak": LAVENDER,
        "memory": AMBER,
        "disk": GREEN,
    },
    "miss_cause": {"expired": AMBER, "never computed": BLUE, "cleared": LAVENDER, "damaged": RED},
    "model": {},
    "status_code": {"none": MOSS},
}
"""The colours of the schema's words by category, in the order in which charts show them."""

CATEGORIES = tuple(FIXED)


@dataclass(frozen=True)
class Paint:
    """The colour and pattern of a drawn name; ``pattern`` is one of Plotly's shapes, empty for none."""

    colour: str
    pattern: str = ""

    @property
    def dash(self) -> str:
        """Return the line dash that matches the pattern."""
        return DASHES[PATTERNS.index(self.pattern)]


Name = TypeVar("Name", bound=str | None)


@dataclass(frozen=True)
class ColourPlaces:
    """The places that names have, by category and name; each category counts from 0."""

    places: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def place(self, category: str, name: str) -> int | None:
        """Return a name's place; None if it has none yet."""
        return self.places.get((category, name))

    def with_name(self, category: str, name: str) -> ColourPlaces:
        """Return the places, with the next one of the category given to a name."""
        taken = [place for (other, _), place in self.places.items() if other == category]
        return ColourPlaces({**self.places, (category, name): max(taken, default=-1) + 1})

    def paint(self, category: str, name: str | None) -> Paint:
        """Return the paint of a name, which does not depend on what else is shown."""
        if name is None:
            return Paint(NULL)
        if is_other(name):
            return Paint(OTHER)
        if name in FIXED[category]:
            return Paint(FIXED[category][name])
        return _paint_of_place(category, self._place_or_guess(category, name))

    def paints(self, category: str, names: Iterable[str | None]) -> list[Paint]:
        """Return the paint of each series of one chart; no two are alike.

        Two names have the same paint only if their places are so far apart that all colours and patterns are
        used; then the later one gets the next pattern.
        """
        found: list[Paint] = []
        for name in names:
            paint = self.paint(category, name)
            for _ in PATTERNS:
                if paint not in found:
                    break
                paint = Paint(paint.colour, PATTERNS[(PATTERNS.index(paint.pattern) + 1) % len(PATTERNS)])
            found.append(paint)
        return found

    def in_order(self, category: str, names: Iterable[Name]) -> list[Name]:
        """Return names in the order in which every chart stacks them.

        First come the schema's words in their own order, then other names by their places, then groups of
        others (``other (n)``), then unreadable values.
        """
        fixed = list(FIXED[category])

        def rank(name: str | None) -> tuple[int, int, str]:
            if name is None:
                return (3, 0, "")
            if is_other(name):
                return (2, 0, name)
            if name in fixed:
                return (0, fixed.index(name), name)
            return (1, self._place_or_guess(category, name), name)

        return sorted(dict.fromkeys(names), key=rank)

    def _place_or_guess(self, category: str, name: str) -> int:
        """Return a name's place; if it has none, one that follows from the name alone."""
        place = self.place(category, name)
        if place is not None:
            return place
        return hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % len(PALETTE)


NO_PLACES = ColourPlaces()
"""The places before any name has one."""


def is_fixed(category: str, name: str) -> bool:
    """Return whether a name is one of the schema's words, which needs no place."""
    return name in FIXED[category]


def measure_colour(measure: str) -> str:
    """Return the colour of a measure; the same number has the same colour on every page."""
    return FIXED["measure"][measure]


def _paint_of_place(category: str, place: int) -> Paint:
    """Return the paint of a place: first colours that no fixed word has, then the others with a pattern."""
    taken = set(FIXED[category].values())
    order = [colour for colour in PALETTE if colour not in taken]
    order += [colour for colour in PALETTE if colour in taken]
    rounds, index = divmod(place, len(PALETTE))
    pattern = rounds + (order[index] in taken)
    return Paint(order[index], PATTERNS[pattern % len(PATTERNS)])
