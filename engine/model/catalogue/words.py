"""The words that the source's schema knows, by replica column; a label outside them is *unrecognised*.

It counts nowhere that asks for a known one. Columns that are not here, such as channels, stages of
language model calls and models, hold free words.
"""

from __future__ import annotations

from collections.abc import Mapping

STAGES = (
    "found",
    "assets_captured",
    "scored",
    "rescored",
    "enriched",
    "proposals_drafted",
    "outreach_partial",
    "outreach_sent",
)
PIPELINE_STATUSES = (*STAGES, "excluded", "failing")
OUTREACH_STATUSES = ("pending", "approved", "sent", "delivered", "bounced", "failed")
# An empty sentiment says as little as none.
SENTIMENTS = ("", "positive", "neutral", "objection", "negative")

KNOWN_WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "sites": {"stage": PIPELINE_STATUSES},
    "site_status": {"status": PIPELINE_STATUSES},
    "outreaches": {"status": OUTREACH_STATUSES},
    "conversations": {"direction": ("inbound", "outbound"), "sentiment": SENTIMENTS},
    "cron_jobs": {"interval_unit": ("minutes", "hours", "days")},
    "cron_job_logs": {"status": ("running", "success", "failed")},
}
"""Replica table → replica column → its words, as labels are read: trimmed and in lower case."""

MOST_SHOWN = 20
"""So many words of a column are shown, the most frequent first."""

LONGEST_WORD = 60
"""Words are cut to so many characters."""
