"""What pages get of a dataset with many rows: its largest groups, or its first rows.

A header may declare one of the two:

    page_groups = { by = "channel", size = "sent", keep = 8, rates = { response_rate = ["replied", "sent"] } }
    page_rows = 50

With ``page_groups`` the rows of all but the ``keep`` largest groups become those of one, named
``other (n)``: numbers are summed, and a rate is the quotient of two sums, for a sum of rates says
nothing. Up to ``above`` groups (``keep`` if not given) all stay. With ``page_rows`` pages get the first rows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_ROWS = 200_000
"""The most rows of a dataset that are stored; one with more is cut and says so."""

MAX_GROUPS_KEPT = 50
MAX_PAGE_ROWS = 1000

_OTHER = re.compile(r"other \([0-9]+\)")


@dataclass(frozen=True)
class Rate:
    """A column that is one column over another."""

    column: str
    over: str
    under: str


@dataclass(frozen=True)
class PageGroups:
    """The groups that pages get by name: the ``keep`` with the most of ``size``, of the column ``by``.

    All of them if there are not more than ``above``.
    """

    by: str
    size: str
    keep: int
    above: int
    rates: tuple[Rate, ...] = ()


def other_name(groups: int) -> str:
    """Return the name of the group that stands for so many others."""
    return f"other ({groups})"


def is_other(name: object) -> bool:
    """Return whether a name is that of the group that stands for others.

    A name of the source that looks the same is never kept by itself, so the answer is certain.
    """
    return isinstance(name, str) and _OTHER.fullmatch(name) is not None
