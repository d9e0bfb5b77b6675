"""Numbers, money, durations, sizes and instants as text; None is always a dash.

All functions are pure: the time zone and *now* are arguments.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

NOTHING = "–"
_DECIMAL_STEPS = ("", "K", "M", "B", "T")
_BYTE_STEPS = ("B", "KB", "MB", "GB", "TB")
_PIPELINE_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


def number(value: float | None, digits: int = 0) -> str:
    """Return ``1,234`` or, with digits, ``1,234.5``."""
    return NOTHING if value is None else f"{value:,.{digits}f}"


def compact(value: float | None) -> str:
    """Return a count in at most four digits: ``982``, ``12.3K``, ``4.56M``."""
    if value is None:
        return NOTHING
    step = 0
    scaled = float(value)
    while abs(scaled) >= 999.5 and step < len(_DECIMAL_STEPS) - 1:
        scaled /= 1000
        step += 1
    if step == 0:
        return f"{value:,.0f}"
    return f"{_significant(scaled, 3)}{_DECIMAL_STEPS[step]}"


def _significant(value: float, digits: int) -> str:
    """Return a number below 1000 with a number of significant digits, without trailing zeros."""
    whole = len(str(int(abs(value)))) if abs(value) >= 1 else 1
    text = f"{value:.{max(digits - whole, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(fraction: float | None, digits: int = 1) -> str:
    """Return a fraction of 1 as ``12.3%``; ``0%`` is none, little is ``under 0.1%``, 100 % is all."""
    if fraction is None:
        return NOTHING
    least = 10.0**-digits
    if 0 < fraction < 1:
        shown = round(fraction * 100, digits)
        if shown in (0, 100):
            return f"under {least:.{digits}f}%" if shown == 0 else f"over {100 - least:.{digits}f}%"
    return f"{fraction * 100:,.{digits}f}%"


def change(fraction: float | None) -> str:
    """Return a relative change as ``+12%``, ``−3%``, ``±0%``, or ``×12`` from tenfold on."""
    if fraction is None:
        return NOTHING
    if fraction >= 9:
        return f"×{fraction + 1:,.0f}"
    rounded = round(fraction * 100)
    if rounded == 0:
        return "±0%"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):,}%"


def money(usd: float | None) -> str:
    """Return US dollars with the digits that matter: ``$1,234``, ``$12.30``, ``$0.042``, ``$0.000042``.

    An amount other than 0 never reads as ``$0.00``.
    """
    if usd is None:
        return NOTHING
    sign, amount = ("−" if usd < 0 else ""), abs(usd)
    if amount >= 1000:
        return f"{sign}${amount:,.0f}"
    if amount >= 0.1 or amount == 0:
        return f"{sign}${amount:,.2f}"
    digits = 1 - math.floor(math.log10(amount))
    return f"{sign}${amount:.{digits}f}" if digits <= 12 else f"{sign}${amount:.1g}"


def duration(seconds: float | None) -> str:
    """Return a duration in its two largest units: ``0.4 s``, ``42 s``, ``3 min 5 s``, ``2 d 4 h``."""
    if seconds is None:
        return NOTHING
    if seconds < 10:
        return f"{seconds:.0f} s" if float(seconds).is_integer() else f"{seconds:.1f} s"
    whole = round(seconds)
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, whole = divmod(whole, length)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)


def run_duration(seconds: float | None) -> str:
    """Return the duration of a run, a dash if it ends before it starts."""
    return NOTHING if seconds is None or seconds < 0 else duration(seconds)


def microseconds(value: float | None) -> str:
    """Return a short duration with the digits that matter: ``87 µs``, ``1.4 ms``, ``2.3 s``, ``3 min``."""
    if value is None:
        return NOTHING
    if value < 0:
        return f"−{microseconds(-value)}"
    if value < 999.5:
        return f"{value:.0f} µs"
    if value < 999_500:
        return f"{value / 1000:.{1 if value < 99_950 else 0}f} ms"
    return duration(value / 1e6)


def milliseconds(value: float | None) -> str:
    """Return a number of milliseconds as a short duration."""
    return NOTHING if value is None else microseconds(value * 1000)


def hours(count: float | None) -> str:
    """Return a number of hours as a duration."""
    return NOTHING if count is None else duration(count * 3600)


def minutes(count: float | None) -> str:
    """Return a number of minutes as a duration."""
    return NOTHING if count is None else duration(count * 60)


def size(count_bytes: float | None) -> str:
    """Return a number of bytes in decimal units: ``812 B``, ``3.4 KB``, ``1.25 GB``."""
    if count_bytes is None:
        return NOTHING
    step = 0
    scaled = float(count_bytes)
    while abs(scaled) >= 999.5 and step < len(_BYTE_STEPS) - 1:
        scaled /= 1000
        step += 1
    digits = f"{scaled:.0f}" if step == 0 else _significant(scaled, 3)
    return f"{digits} {_BYTE_STEPS[step]}"


def age(instant: datetime | None, now: datetime) -> str:
    """Return how long ago an instant was: ``just now``, ``3 min ago``, ``in 12 min``."""
    if instant is None:
        return "never"
    seconds = (now - instant).total_seconds()
    if abs(seconds) < 5:
        return "just now"
    largest = _largest_unit(abs(seconds))
    return f"{largest} ago" if seconds > 0 else f"in {largest}"


def _largest_unit(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds)} s"


def parse_instant(text: str) -> datetime:
    """Return the instant of ``2026-11-23T20:00:00Z``."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def clock_time(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return the local time of day and its zone: ``20:00:05 UTC``."""
    return NOTHING if instant is None else f"{instant.astimezone(zone):%H:%M:%S %Z}"


def stamp(instant: datetime | None, zone: ZoneInfo) -> str:
    """Return local day and time to the minute: ``23 Nov 20:00``."""
    return NOTHING if instant is None else f"{instant.astimezone(zone):%d %b %H:%M}"


def words(name: str | None) -> str:
    """Return a name of the pipeline as words, ``outreach_sent`` as ``outreach sent``; other text as it is."""
    if name is None:
        return NOTHING
    return name.replace("_", " ") if _PIPELINE_NAME.fullmatch(name) else name
