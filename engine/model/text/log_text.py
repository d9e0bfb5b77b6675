"""Log lines: this module formats every log record of the dashboard's processes.

A record is one line without control or format characters, whatever text from the database is in it. The lines
of a traceback follow it indented, so none of them can be mistaken for a record.
"""

from __future__ import annotations

import logging
import sys
import threading

from engine.model.text.plain_text import plain_text, shortened

LINE_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_IN_A_LINE = 2_000
INDENT = "    "


class PlainFormatter(logging.Formatter):
    """Formats a record as plain text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, followed by the lines of its traceback."""
        record.message = shortened(plain_text(record.getMessage()), MOST_IN_A_LINE)
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        below = [self.formatException(record.exc_info)] if record.exc_info else []
        below += [self.formatStack(record.stack_info)] if record.stack_info else []
        lines = [shortened(plain_text(line), MOST_IN_A_LINE) for text in below for line in text.split("\n")]
        return "\n".join([self.formatMessage(record), *(INDENT + line for line in lines)])


def write_logs(level: int = logging.WARNING) -> None:
    """Write this process's log, and uncaught errors, to stderr; do nothing if the log has handlers."""
    if logging.getLogger().handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(PlainFormatter(LINE_FORMAT))
    logging.basicConfig(level=level, handlers=[handler])
    log = logging.getLogger("dashboard")

    def uncaught(kind: type[BaseException], error: BaseException, traceback: object) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            log.critical("uncaught error", exc_info=(kind, error, error.__traceback__))

    def uncaught_in_thread(found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None and found.exc_type is not SystemExit:
            uncaught(found.exc_type, found.exc_value, found.exc_traceback)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
