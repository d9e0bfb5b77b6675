"""Ctrl-C ends a command whenever it comes.

Python raises it in whatever runs at that moment, and swallows it if that is a finalizer or a callback of an
import's lock. What was swallowed is raised again.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_SECONDS = 0.05
"""The callback has returned by then; if not, it comes once more."""


@contextmanager
def interrupts_heeded() -> Iterator[None]:
    """Raise KeyboardInterrupt again if it was swallowed, until the block ends."""
    before = sys.unraisablehook

    def note(swallowed: UnraisableHookArgs) -> None:
        if issubclass(swallowed.exc_type, KeyboardInterrupt):
            again = Timer(AGAIN_SECONDS, os.kill, (os.getpid(), signal.SIGINT))
            again.daemon = True
            again.start()
        else:
            before(swallowed)

    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = before
