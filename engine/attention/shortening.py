"""Makes a long list short: lines of one kind become one, as many kinds as need be. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.attention.line import Kind, Level, Line, first_named

MOST_LINES = 7

_FOLDED = {
    Kind.JOB_ABANDONED: "{n} jobs have killed runs",
    Kind.ERROR_NEW: "{n} new errors",
    Kind.BOUNCES: "Bounce rates of {n} channels are high",
    Kind.JOB_OVERDUE: "{n} jobs are overdue",
    Kind.JOB_STUCK: "{n} jobs are stuck",
    Kind.JOB_FAILING: "{n} jobs are failing",
}
"""The kinds of which there may be many lines, those that are folded first before the others."""


def folded(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return sorted lines, those of one kind as one if there are more than ``MOST_LINES``.

    Kinds are folded one after the other until the lines fit, the least bad first.
    """
    shown = list(lines)
    for kind in _FOLDED:
        if len(shown) <= MOST_LINES:
            break
        if Counter(line.kind for line in shown)[kind] > 1:
            of_kind = [line for line in shown if line.kind is kind]
            shown = [line for line in shown if line.kind is not kind] + [_as_one(of_kind)]
    return tuple(sorted(shown, key=lambda line: line.order))


def _as_one(lines: Sequence[Line]) -> Line:
    """Return one line for several of a kind: as bad as the worst, as old as the oldest."""
    kind = lines[0].kind
    names = list(dict.fromkeys(line.about for line in lines))
    instants = [line.since for line in lines]
    known = [instant for instant in instants if instant is not None]
    return Line(
        kind,
        Level.CRITICAL if any(line.level is Level.CRITICAL for line in lines) else Level.WARNING,
        _FOLDED[kind].format(n=f"{len(lines):,}"),
        first_named(names),
        lines[0].page,
        min(known) if known else None,
    )
