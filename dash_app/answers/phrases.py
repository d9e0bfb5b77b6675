"""The parts that sentences are made of: counts, comparisons, names, and who leads with what share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from dash_app.formatters.formats import change, compact, number, percent, words
from engine.model.catalogue.page_parts import is_other
from engine.model.text.plain_text import isolated, plain_text, shortened
from engine.model.values.payload import Columns

NAME_LENGTH = 24
QUOTE_LENGTH = 36
SENTENCE_LENGTH, PAGE_SENTENCE_LENGTH = 110, 132
UNKNOWN = "(unreadable)"
_EXACT_BELOW = 10_000_000


def total(values: Iterable[float | None]) -> float:
    """Return the sum of the values that are not null."""
    return sum(value for value in values if value is not None)


def amount(value: float) -> str:
    """Return a count as ``1,234``, one from ten million on as ``12.3M``."""
    return number(value) if abs(value) < _EXACT_BELOW else compact(value)


def of_noun(count: float, noun: str, plural: str = "") -> str:
    """Return a count and its noun: ``1 reply``, ``12 replies``, ``no replies``."""
    several = plural or f"{noun}s"
    return f"no {several}" if count == 0 else f"{amount(count)} {noun if count == 1 else several}"


def share(part: float, whole: float) -> str:
    """Return a part of a whole in whole percents; empty if there is no such share."""
    if not whole or not math.isfinite(part) or not math.isfinite(whole) or part < 0 or whole < 0:
        return ""
    return percent(part / whole, 0)


def name_of(text: str | None, *, as_words: bool = False, most: int = NAME_LENGTH) -> str:
    """Return a name from the source as a sentence shows it: one line, cut, never empty."""
    if text is None:
        return UNKNOWN
    shown = shortened(plain_text(words(text) if as_words else text).strip(), most)
    return isolated(shown) or "(blank)"


def quoted(text: str) -> str:
    """Return a text of the source in quotation marks, cut."""
    return f"“{name_of(text, most=QUOTE_LENGTH)}”"


def against(
    current: float,
    previous: float | None,
    period: str,
    *,
    fewer: str = "fewer",
    shown: Callable[[float], str] = amount,
) -> str:
    """Return how a number differs from that of the period before, as the rest of a sentence that names it.

    It is empty if ``previous`` is None, because nothing is compared then.

    >>> against(108, 100, "the prior 24 h"), against(5, 0, "the prior 7 d")
    (', 8% more than in the prior 24 h', ', after none in the prior 7 d')
    """
    if previous is None or not math.isfinite(current) or not math.isfinite(previous):
        return ""
    if current == previous:
        return f", as in {period}"
    if current <= 0 or previous <= 0:
        return f", after {shown(previous) if previous else 'none'} in {period}"
    return f", {_difference(current / previous, fewer)} {period}"


def _difference(ratio: float, fewer: str) -> str:
    if ratio >= 10:
        return f"{ratio:,.0f} times that of"
    if abs(ratio - 1) < 0.005:
        return "within 1% of"
    return f"{percent(abs(ratio - 1), 0)} {'more' if ratio > 1 else fewer} than in"


def leads(
    sizes: Mapping[str, float], nouns: tuple[str, str], *, shown: Callable[[float], str] = amount
) -> str:
    """Return how many groups there are, and which is the largest, with its share of all.

    ``nouns`` are singular and plural of what the groups are. A negative group has no share.

    >>> leads({"email": 61, "sms": 39}, ("channel", "channels"))
    '2 channels, email leads with 61%'
    >>> leads({"email": 5, "sms": 5, "form": 0}, ("channel", "channels"))
    '3 channels, email and sms lead with 50% each'
    """
    kinds = of_noun(how_many(sizes), *nouns)
    if len(sizes) == 1:
        return f"{kinds}, {next(iter(sizes))}"
    own = {name: size for name, size in sizes.items() if not is_other(name)}
    most = max(own.values(), default=0)
    if not most > 0 or not math.isfinite(most):
        return kinds
    first = [name for name, size in own.items() if size == most]
    part = (share(most, total(sizes.values())) if min(sizes.values()) >= 0 else "") or shown(most)
    if len(first) > 2:
        return f"{kinds}, {len(first)} lead with {part} each"
    return (
        f"{kinds}, {first[0]} leads with {part}"
        if len(first) == 1
        else (f"{kinds}, {first[0]} and {first[1]} lead with {part} each")
    )


def by_name(columns: Columns, name: str, size: str, *, as_words: bool = True) -> dict[str, float]:
    """Return the sum of a column for each value of another, largest first; names as a sentence shows them.

    Names that look the same when cut keep their own sums. The sum of the groups that a page value leaves out
    is under the name that it has there.
    """
    sums: dict[str | None, float] = {}
    for key, value in zip(columns[name], columns[size], strict=True):
        sums[key] = sums.get(key, 0) + (value or 0)
    ordered = sorted(sums.items(), key=lambda pair: (is_other(pair[0]), -pair[1]))
    shown: dict[str, float] = {}
    for key, value in ordered:
        label = name_of(key, as_words=as_words)
        unique, again = label, 1
        while unique in shown:
            again += 1
            unique = f"{label} ({again})"
        shown[unique] = value
    return shown


def how_many(names: Iterable[str]) -> int:
    """Return the number of groups, those included that a page value sums up as ``other (n)``."""
    return sum(int(name[7:-1]) if is_other(name) else 1 for name in names)


def highest(places: Sequence[Any], values: Sequence[float | None]) -> tuple[Any, float] | None:
    """Return the place of the one highest value above 0, and that value; None if several share it."""
    most = max((value for value in values if value is not None), default=0)
    if not most > 0:
        return None
    found = [place for place, value in zip(places, values, strict=True) if value == most]
    return (found[0], most) if len(found) == 1 else None


def page_sentence(*parts: str) -> str:
    """Return parts joined as the sentence that a page begins with, which may be longer than a card's."""
    return sentence(*parts, most=PAGE_SENTENCE_LENGTH)


def sentence(*parts: str, most: int = SENTENCE_LENGTH) -> str:
    """Return parts joined by ``; `` as a sentence without a full stop; empty parts are left out.

    While the sentence is longer than ``most`` characters its last part is left out; the first one stays.
    """
    kept = [part for part in parts if part]
    while len(kept) > 1 and len("; ".join(kept)) > most:
        kept.pop()
    text = "; ".join(kept)
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str], most: int = 2) -> str:
    """Return names as ``a``, ``a and b``, ``a, b and 3 more``."""
    if len(names) <= most:
        return " and ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def versus(
    current: float, previous: float | None, prior: str, *, shown: Callable[[float], str] = amount
) -> str:
    """Return a number's change against a period before in short, as the rest of a phrase that names both.

    It is empty if ``previous`` is None, because nothing is compared then.

    >>> versus(108, 100, "the prior 24 h"), versus(5, 0, "the prior 7 d"), versus(0, 0, "the prior 7 d")
    (', +8% vs prior 24 h', ', none in the prior 7 d', '')
    """
    if previous is None or not math.isfinite(current) or not math.isfinite(previous):
        return ""
    if previous == 0:
        return f", none in {prior}" if current else ""
    if previous < 0 or current < 0:
        return f", {shown(previous)} in {prior}"
    return f", {change(current / previous - 1)} vs {prior.removeprefix('the ')}"
