"""Numbers and names in words: a count with its noun, and a list with its *and*."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: float, noun: str, plural: str = "") -> str:
    """Return a number with its noun: ``1 run``, ``1,204 runs``; ``plural`` if that takes more than an s."""
    return f"{number:,.0f} {noun if number == 1 else plural or noun + 's'}"


def and_list(names: Sequence[str]) -> str:
    """Return one name or more as a list: ``a``, ``a and b``, ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
