"""The states of a card: the one place that decides which state a card is in. Pure.

A state says what is so, what to do about it, and whether a value is shown. How each looks is said once, in
``styles/states.css``, by the classes that ``CardState.body_class`` names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine.model.catalogue.datasets import Dataset
from engine.model.catalogue.staging import staging
from engine.model.text.in_words import and_list
from engine.model.values.results import UNAVAILABLE
from engine.store import Entry, EntryState
from engine.store.entries import RETRY_MINUTES


class State(StrEnum):
    """The states of a card; the value is the end of its class, ``is-stale``."""

    READY = "ready"
    EMPTY = "empty"
    STALE = "stale"
    FAILED = "failed"
    LOADING = "loading"
    COMPUTING = "computing"
    WAITING = "waiting"
    UNAVAILABLE = "absent"
    DAMAGED = "damaged"
    REFUSED = "refused"


_SKELETONS = (State.LOADING, State.COMPUTING)
_COMPUTED_LATER = (State.FAILED, State.WAITING, State.DAMAGED)
ICONS = {
    State.EMPTY: "inbox",
    State.STALE: "clock-history",
    State.FAILED: "exclamation-triangle",
    State.WAITING: "hourglass",
    State.UNAVAILABLE: "table",
    State.DAMAGED: "file-earmark-x",
    State.REFUSED: "slash-circle",
}
"""The icon of each state that stands in a card's room or note, because colour alone says nothing."""

NOT_COMPUTED = "Not computed yet"
DAMAGED_VALUE = "The stored value is damaged"
COMPUTED_NEXT = "The next run computes it."


@dataclass(frozen=True)
class CardState:
    """The state of a card: one line that says what is so, and a remedy; both may be empty.

    ``shows_value``: a value is drawn. ``is_under_way``: a run computes a new one. ``is_left``: nobody
    computes, so a refresh is refused.
    """

    kind: State
    line: str = ""
    remedy: str = ""
    shows_value: bool = False
    is_under_way: bool = False
    is_left: bool = False

    @property
    def ends_by_refresh(self) -> bool:
        """Return whether a refresh is a remedy, for those who may start one."""
        return bool(self.remedy) and not self.is_left and self.kind in _COMPUTED_LATER

    @property
    def body_class(self) -> str:
        """Return the classes of the card's body."""
        names = ["card-body", f"is-{self.kind}"]
        if self.kind in _SKELETONS:
            # All that waits for a value is loading; what a run computes says how far that is.
            names = ["card-body", "is-loading", *(["is-computing"] if self.kind is State.COMPUTING else [])]
        elif not self.shows_value:
            names += ["has-no-value"] if self.kind is State.EMPTY else ["has-no-value", "is-troubled"]
        return " ".join(names)


LOADING_STATE = CardState(State.LOADING)


def state_of_card(
    entry: Entry, zone: ZoneInfo, *, is_computing: bool = False, refusal: str = "", absence: str = ""
) -> CardState:
    """Return the state that a card is in by its entry; times of day are those of a zone.

    ``is_computing``: a run computes what is due. ``refusal`` says why nothing is computed for this visitor,
    ``absence`` that nobody computes for anyone.
    """
    return left_alone(_by_entry(entry, zone, refusal or absence, is_computing=is_computing), absence)


def left_alone(state: CardState, absence: str) -> CardState:
    """Return the state of a card that nobody computes, as ``absence`` says; the same if it is empty."""
    if not absence or state.kind not in _COMPUTED_LATER:
        return state
    return replace(state, remedy=absence, is_left=True)


def _by_entry(entry: Entry, zone: ZoneInfo, refusal: str, *, is_computing: bool) -> CardState:
    is_under_way = is_computing and entry.due
    shows_value = entry.value is not None and entry.as_of is not None
    if not shows_value:
        return _without_value(entry, zone, refusal, is_under_way=is_under_way)
    state = CardState(State.READY, shows_value=True, is_under_way=is_under_way)
    if entry.problem is not None:
        line, remedy = _line_of_problem(entry), _remedy_of_problem(entry, zone)
        return replace(state, kind=State.FAILED, line=line, remedy=remedy)
    if entry.state is not EntryState.FRESH:
        return replace(state, kind=State.STALE, line=entry.reason or ("" if is_under_way else "expired"))
    return state


def _without_value(entry: Entry, zone: ZoneInfo, refusal: str, *, is_under_way: bool) -> CardState:
    is_damaged = entry.state is EntryState.DAMAGED
    if is_under_way:
        return CardState(State.COMPUTING, DAMAGED_VALUE if is_damaged else "", is_under_way=True)
    if entry.is_unavailable:
        return CardState(State.UNAVAILABLE, _line_of_problem(entry))
    if entry.problem is not None:
        return CardState(State.FAILED, _line_of_problem(entry), _remedy_of_problem(entry, zone))
    if refusal:
        return CardState(State.REFUSED, refusal)
    if is_damaged:
        return CardState(State.DAMAGED, DAMAGED_VALUE, COMPUTED_NEXT)
    return CardState(State.WAITING, NOT_COMPUTED, COMPUTED_NEXT)


def _line_of_problem(entry: Entry) -> str:
    """Return why a value is missing or old; the empty text if nothing is known to be wrong."""
    if entry.problem is None:
        return ""
    is_unavailable = entry.problem.kind == UNAVAILABLE
    return entry.problem.reason if is_unavailable else f"The last run failed: {entry.problem.reason}"


def _remedy_of_problem(entry: Entry, zone: ZoneInfo) -> str:
    """Return when a failed dataset is tried again; empty for a table that is missing."""
    if entry.problem is None or entry.problem.kind == UNAVAILABLE:
        return ""
    again = (entry.problem.at + timedelta(minutes=RETRY_MINUTES)).astimezone(zone)
    return f"It is tried again from {again:%H:%M}."


def nothing_to_show(state: CardState, line: str, dataset: Dataset | None, *, is_filtered: bool) -> CardState:
    """Return the state of a card whose value has nothing to show, as ``line`` says.

    ``dataset`` is None for a system card.
    """
    return replace(
        state,
        kind=State.EMPTY,
        line=line,
        remedy=filled_by(dataset, is_filtered=is_filtered),
        shows_value=False,
    )


def filled_by(dataset: Dataset | None, *, is_filtered: bool) -> str:
    """Return what would fill a card without anything to show; empty if that is not known."""
    if is_filtered:
        return "Without the filter there may be more."
    known = staging()
    tables = [
        known[name].source_table for name in ([] if dataset is None else dataset.tables) if name in known
    ]
    if not tables:
        return ""
    return f"New rows of {and_list(tables)} fill it."
