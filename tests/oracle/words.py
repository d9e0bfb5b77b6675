"""Owns which words of the source the schema does not know."""

from __future__ import annotations

from collections import Counter

from .messages_of_errors import cleaned
from .metrics import SENTIMENTS, STAGES
from .source import Source

LONGEST_WORD = 60

SITE_STATUSES = (*STAGES, "excluded", "failing")
KNOWN: dict[tuple[str, str], tuple[str, ...]] = {
    ("sites", "status"): SITE_STATUSES,
    ("site_status", "status"): SITE_STATUSES,
    ("outreaches", "status"): ("pending", "approved", "sent", "delivered", "bounced", "failed"),
    ("conversations", "direction"): ("inbound", "outbound"),
    # An empty sentiment is none.
    ("conversations", "sentiment"): (*SENTIMENTS, ""),
    ("cron_jobs", "interval_unit"): ("minutes", "hours", "days"),
    ("cron_job_logs", "status"): ("running", "success", "failed"),
}


def unrecognised(source: Source) -> dict[tuple[str, str], Counter[str]]:
    """The words by source table and column; a null and what is unreadable are no words."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for (table, column), known in KNOWN.items():
        words: Counter[str] = Counter()
        for row in source.tables.get(table, []):
            word = getattr(row, column)
            if word is not None and word not in known:
                words[cleaned(word)[:LONGEST_WORD]] += 1
        found[table, column] = words
    return found
