"""Owns how an error message is shown and how it is grouped: text on one line, without its particulars."""

from __future__ import annotations

import re
import unicodedata

from .reading import WHITE_SPACE, trimmed

MESSAGE_CHARACTERS = 200
ERROR_TEXT_CHARACTERS = 500
NO_MESSAGE = "(no message)"

_PARTICULARS = (
    (re.compile(r"https?://\S+"), "<url>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", re.ASCII), "<id>"),
    (re.compile(r"\b[0-9a-fA-F]{16,}\b", re.ASCII), "<id>"),
    (re.compile(r"[0-9]+"), "<n>"),
)


def generalized(message: str) -> str:
    """The message trimmed, its particulars replaced, then its first 200 characters (code points).

    White space is that of Unicode, digits and word boundaries those of ASCII; `http` is lower case; hex
    digits of either case count. A letter beyond ASCII is no word character: a UUID may follow it.
    """
    text = trimmed(message)
    for pattern, placeholder in _PARTICULARS:
        text = pattern.sub(placeholder, text)
    return text[:MESSAGE_CHARACTERS]


def cleaned(message: str | None) -> str:
    """The message on one line, not cut; empty for None."""
    kept = []
    for character in message or "":
        if character in WHITE_SPACE:
            kept.append(" ")
        elif unicodedata.category(character) not in ("Cc", "Cf"):
            kept.append(character)
    return re.sub(" +", " ", "".join(kept)).strip(" ")


def error_text(message: str | None) -> str | None:
    """The message as it is shown; None if nothing remains of it."""
    return cleaned(message)[:ERROR_TEXT_CHARACTERS] or None
