"""A log that says once a minute what might come many times a second."""

from __future__ import annotations

import logging
import time

LOG_SECONDS = 60.0


class RareLog:
    """Logs a line once in ``LOG_SECONDS``: strangers, or a fault that lasts, could fill the log otherwise."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged_at = -LOG_SECONDS

    def warning(self, message: str, *values: object) -> None:
        """Log a warning, or drop it."""
        if self._takes():
            self._log.warning(message, *values)

    def error(self, message: str, *values: object) -> None:
        """Log an error, or drop it."""
        if self._takes():
            self._log.error(message, *values)

    def exception(self, message: str) -> None:
        """Log an error with the exception that is being handled, or drop it."""
        if self._takes():
            self._log.exception(message)

    def _takes(self) -> bool:
        now = time.monotonic()
        if now - self._logged_at < LOG_SECONDS:
            return False
        self._logged_at = now
        return True
