"""Conditions: what is wrong with the values or with the source, each with its cause, effect and remedy. Pure.

The status pill of every page shows the worst one, and its panel all of them. ``dash_app.live.notices`` finds
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dash_app.formatters.tones import BAD, WARN
from dash_app.login.contacts import alert_without_contacts
from engine.attention import runs
from engine.model.clock import to_iso
from engine.model.text.plain_text import plain_text
from engine.model.text.without_paths import without_paths


class Kind(StrEnum):
    """The kinds of conditions, worst first."""

    UNREADABLE = "unreadable"
    CLOCK = "clock"
    FAILED = "failed"
    LATE = "late"
    QUIET = "quiet"
    OPEN = "open"
    ZONE = "zone"


@dataclass(frozen=True)
class Words:
    """What is said of every condition of a kind: its ``tone``, its short ``label``, effect and remedy."""

    tone: str
    label: str
    effect: str
    remedy: str


WORDS = {
    Kind.UNREADABLE: Words(
        BAD,
        runs.UNREADABLE,
        "Pages show the last values that could be read.",
        "Bring the file back, or start its server; pages then go on by themselves.",
    ),
    Kind.CLOCK: Words(
        BAD,
        runs.CLOCK,
        "Values with a time in the future count as expired.",
        "Set the clock of this machine right, or wait for the next run.",
    ),
    Kind.FAILED: Words(
        BAD,
        runs.FAILED,
        "Pages show the values of the last run that went well.",
        "Mend the cause, then press Full Refresh; the schedule tries again too.",
    ),
    Kind.LATE: Words(
        BAD,
        runs.LATE,
        "Values grow older than their schedule says.",
        "See that `dashboard serve` or `dashboard schedule` runs; Full Refresh computes now.",
    ),
    Kind.QUIET: Words(
        WARN,
        "No pipeline activity",
        "Numbers stand still.",
        "See on the page Jobs which jobs have stopped.",
    ),
    Kind.OPEN: Words(
        BAD,
        "Open to strangers",
        "Others read and refresh without being asked.",
        "Set DASHBOARD_PASSWORD_FILE, or serve this machine alone (DASHBOARD_HOST).",
    ),
    Kind.ZONE: Words(
        WARN,
        "Days of another time zone",
        "Days and hours of some values begin at another time than here.",
        "Full Refresh computes all in this server's time zone.",
    ),
}


@dataclass(frozen=True)
class Condition:
    """One condition, made by ``condition``. ``text`` is one line that says what is so.

    ``since`` is None if it is not known. ``label``, which stands in the pill, and ``remedy`` are in place of
    those of its kind if they are not empty.
    """

    kind: Kind
    text: str
    since: datetime | None = None
    label: str = ""
    remedy: str = ""

    @property
    def title(self) -> str:
        """Return what stands in the pill."""
        return self.label or WORDS[self.kind].label

    def as_json(self, *, sees_contacts: bool) -> dict[str, Any]:
        """Return it as a JSON value; without texts of the source for who may not see contacts."""
        words = asdict(WORDS[self.kind])
        return words | {
            "kind": self.kind.value,
            "label": self.title,
            "remedy": self.remedy or words["remedy"],
            "text": self.text if sees_contacts else alert_without_contacts(self.text),
            "since": None if self.since is None else to_iso(self.since),
        }


def condition(
    kind: Kind, line: str, since: datetime | None = None, label: str = "", remedy: str = ""
) -> Condition:
    """Return a condition that a line describes: it names files without their folders."""
    return Condition(kind, without_paths(plain_text(line)), since, label, remedy)


def worst_first(found: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return conditions by their kind, worst first."""
    order = list(Kind)
    return tuple(sorted(found, key=lambda one: order.index(one.kind)))
