"""Log lines: this module formats every log record of the dashboard's processes, as text or as JSON.

A record is one line without control or format characters, whatever text from the database is in it. As text,
the lines of a traceback follow it indented, so none of them can be mistaken for a record. As JSON they are in
the record's object.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from engine.model.text.plain_text import plain_text, shortened

LINE_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_IN_A_LINE = 2_000
INDENT = "    "
TEXT, JSON = "text", "json"
FORMATS = (TEXT, JSON)
RUNS: Final = "dashboard.run"
"""The logger of runs, each one record."""
REQUESTS: Final = "dashboard.request"
"""The logger of requests, each one record."""

_FIELDS = "fields"


class PlainFormatter(logging.Formatter):
    """Formats a record as plain text."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's line, followed by the lines of its traceback."""
        record.message = _cut(record.getMessage())
        if self.usesTime():
            record.asctime = self.formatTime(record, self.datefmt)
        return "\n".join([self.formatMessage(record), *(INDENT + line for line in _below(self, record))])


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object in ASCII: time in UTC, level, logger, process, message.

    A record of ``log_event`` has its fields too, and one of an error the lines of its traceback.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's object in one line."""
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": _cut(record.getMessage()),
        }
        fields: Mapping[str, object] = getattr(record, _FIELDS, {})
        said |= {name: _cut(value) if isinstance(value, str) else value for name, value in fields.items()}
        if below := list(_below(self, record)):
            said["traceback"] = below
        return json.dumps(said, ensure_ascii=True)


def _cut(text: str) -> str:
    return shortened(plain_text(text), MOST_IN_A_LINE)


def _below(formatter: logging.Formatter, record: logging.LogRecord) -> Iterable[str]:
    """Yield the lines of a record's traceback and stack."""
    texts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    texts += [formatter.formatStack(record.stack_info)] if record.stack_info else []
    return (_cut(line) for text in texts for line in text.split("\n"))


def log_event(logger: str, line: str, fields: Mapping[str, object]) -> None:
    """Log what has happened: ``line`` is its text, ``fields`` are JSON values and stand in JSON alone."""
    logging.getLogger(logger).info("%s", line, extra={_FIELDS: fields})


def use_log_format(log_format: str, events: Iterable[str] = ()) -> None:
    """Write this process's log in one of ``FORMATS``, with the records of the loggers ``events``."""
    formatter = JsonFormatter() if log_format == JSON else PlainFormatter(LINE_FORMAT)
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, PlainFormatter | JsonFormatter):
            handler.setFormatter(formatter)
    for name in events:
        logging.getLogger(name).setLevel(logging.INFO)


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
