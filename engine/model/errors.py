"""Every error that a user can cause or meet, as one small tree.

An error names the offender, the cause and the remedy in one line. It is shown without a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class DashboardError(Exception):
    """An error that the user can mend; ``str()`` is the one line to show."""

    def __init__(self, offender: object, cause: str, remedy: str) -> None:
        self.offender = str(offender)
        self.cause = cause
        self.remedy = remedy
        super().__init__(offender, cause, remedy)

    def __str__(self) -> str:
        """Return ``offender: cause; remedy`` on one line."""
        text = f"{self.offender}: {self.cause}; {self.remedy}"
        return " ".join(text.split())


class SettingError(DashboardError):
    """A setting or option has a value that cannot be used."""


class SourceError(DashboardError):
    """The source database cannot be read, or a write of the dashboard's own tables failed."""


class ServerAwayError(SourceError):
    """A database server cannot be reached, or has ended the connection; that may soon be over."""


class DatasetFileError(DashboardError):
    """An SQL file of a dataset or of a staging table is not valid."""


class ComputeError(DashboardError):
    """A run, or the engine process that computes it, failed as a whole."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return a remedy with the valid name closest to ``name``, or with all valid names if none is close.

    >>> nearest("titel", ["title", "page"])
    "did you mean 'title'?"
    >>> nearest("x", ["title", "page"])
    'valid names: page, title'
    """
    names = sorted(valid)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"valid names: {', '.join(names)}"
