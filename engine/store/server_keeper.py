"""Stands in for a keeper where source or store are in PostgreSQL, because a server keeps its own files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from engine.model.source_file.stamp import FileIdentity

NO_FILE = FileIdentity(0, 0)


class Releasable(Protocol):
    """Something that keeps a connection of its own and needs none while nothing changes."""

    def release(self) -> None:
        """Close the connection until the source changes."""


class ServerKeeper:
    """A keeper that holds nothing, watches nothing, and never finds another file."""

    def __init__(self) -> None:
        self._uses = 0

    @property
    def is_in_use(self) -> bool:
        """Return whether a run of this process is under way."""
        return self._uses > 0

    def start(self) -> None:
        """Watch nothing."""

    def add(self, releasable: Releasable) -> None:
        """Release nothing."""

    def call_when_replaced(self, function: Callable[[], None]) -> None:
        """Call nothing."""

    @contextmanager
    def in_use(self) -> Iterator[FileIdentity]:
        """Yield what stands for a file during a run."""
        self._uses += 1
        try:
            yield NO_FILE
        finally:
            self._uses -= 1

    def require_unreplaced(self, file: FileIdentity) -> None:
        """Accept what ``in_use`` has yielded."""
