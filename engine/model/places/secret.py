"""A text that is shown nowhere: no representation of a secret has it, so no log and no traceback does."""

from __future__ import annotations

import hmac


class Secret:
    """A secret text; ``text`` alone returns it. Two secrets are compared in constant time."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def text(self) -> str:
        """Return the text."""
        return self._text

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        """Return whether another secret has the same text."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        """Return the hash of the text."""
        return hash(self._text)
