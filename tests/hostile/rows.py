"""Owns the rows of each table of a hostile database: who refers to whom, and what comes before what."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from . import values
from .draw import DAY_S, Draw
from .values import Cell, RawText

Row = dict[str, Cell]

STATUSES = (
    "found",
    "assets_captured",
    "scored",
    "rescored",
    "enriched",
    "proposals_drafted",
    "outreach_partial",
    "outreach_sent",
    "excluded",
    "failing",
)
METHODS = ("email", "sms", "form", "linkedin", "x")
OUTREACH_STATUSES = ("pending", "approved", "sent", "delivered", "bounced", "failed")
SENTIMENTS = ("positive", "neutral", "objection", "negative")
LLM_STAGES = ("scoring", "rescoring", "enrichment", "proposals", "replies")
MODELS = ("gpt-4o", "gpt-4o-mini", "claude", "haiku")
PROVIDERS = ("openai", "anthropic", "openrouter", "azure")
RUN_STATUSES = ("success", "success", "success", "failed", "running", "skipped")
TIED_MESSAGES = ("tied a", "tied b", "tied C", "tied \u00e9", "tied 1", "tied \U0001f4a5", "tied \uff5e")
REPLY_DELAYS_S = (0, 1, -1, -3600, 60, 90, 600, 3600, DAY_S)
DURATIONS_S = (0, 1, 59, 600, 7200, -1, -600, DAY_S)
JOB_KEYS = (
    "scoring",
    "Scoring",
    "outreach",
    "replies ",
    "replies",
    "\u00fc",
    "",
    "prune",
    "never",
    "backup",
    "x",
)
OUTREACH_IDS = (*range(-3, 0), *range(1, 120), *range(150, 220), 5_000_000_000)
ORPHANS: tuple[Cell, ...] = (130, 999_999, -50, 0, 5.5, "abc", b"7", None, RawText(b"\xff"), 2**62, math.inf)
JOB_NAMES: tuple[Cell, ...] = (
    "Job",
    "job",
    " Job ",
    "",
    None,
    b"Job",
    RawText(b"Job\xff"),
    "J\u00f6b",
    "A",
    "B",
)
UNKNOWN_KEYS: tuple[Cell, ...] = (
    "SCORING", "unknown", " scoring", None, b"scoring", RawText(b"\xff"), "scoring\x00", 7
)  # fmt: skip


def _message(draw: Draw, share: float) -> Cell:
    """An error message, in this share of the rows; otherwise something that is none."""
    if draw.rng.random() > share:
        return draw.rng.choice(values.EMPTY_MESSAGES)
    return draw.choice(values.MESSAGES, values.DISPUTED_MESSAGES)


def _sites(draw: Draw) -> Iterator[Row]:
    for site_id in (*range(-5, 0), *range(1, 160), *range(400, 480)):
        # Groups of errors that are equally large and last seen at once: stage and message rank them.
        tied = site_id >= 400
        yield {
            "id": site_id,
            "domain": f"site{site_id}.example",
            "html_dom": "<html>" * draw.rng.randrange(3),
            "status": draw.label(STATUSES[-3:] if tied else STATUSES),
            "score": draw.number(draw.dyadic(10)),
            "error_message": draw.rng.choice(TIED_MESSAGES) if tied else _message(draw, 0.5),
            "retry_count": 0,
            "created_at": draw.stamp(),
            "updated_at": draw.spelled(draw.now_s - 3600) if tied else draw.stamp(),
        }


def _site_status(draw: Draw) -> Iterator[Row]:
    for _ in range(350):
        site_id = draw.rng.choice((*range(1, 40), 999_999))
        yield {
            "site_id": draw.number(site_id, ("abc", b"7", 5.5, "", math.inf)),
            "status": draw.label(STATUSES),
            "created_at": draw.stamp(),
        }


def _sent_moment(draw: Draw, outreach_id: int) -> int:
    """When an outreach was sent, the same for every table of the database."""
    return draw.edges[outreach_id % len(draw.edges)] - outreach_id % 7


def _outreaches(draw: Draw) -> Iterator[Row]:
    for outreach_id in OUTREACH_IDS:
        sent = draw.rng.random() < 0.5
        yield {
            "id": outreach_id,
            "site_id": draw.rng.randrange(1, 160),
            "contact_method": draw.label(METHODS),
            "status": draw.label(OUTREACH_STATUSES),
            "error_message": _message(draw, 0.3),
            "created_at": draw.stamp(),
            "updated_at": draw.stamp(),
            "sent_at": draw.stamp(_sent_moment(draw, outreach_id) if draw.rng.random() < 0.7 else None)
            if sent
            else draw.rng.choice((None, None, None, "", "abc")),
            "delivered_at": draw.stamp() if draw.rng.random() < 0.3 else None,
        }


def _conversations(draw: Draw) -> Iterator[Row]:
    for _ in range(300):
        outreach_id = draw.rng.choice(OUTREACH_IDS[:90])
        received = _sent_moment(draw, outreach_id) + draw.rng.choice(REPLY_DELAYS_S)
        yield {
            "outreach_id": draw.number(outreach_id, ORPHANS),
            "direction": draw.label(("inbound", "inbound", "outbound", "internal")),
            "channel": draw.label(METHODS),
            "sentiment": draw.label(SENTIMENTS, odd=0.2),
            "received_at": draw.stamp(received if draw.rng.random() < 0.6 else None),
            "read_at": draw.stamp() if draw.rng.random() < 0.5 else None,
        }


def _llm_usage(draw: Draw) -> Iterator[Row]:
    for _ in range(300):
        counts = (*values.ODD_NUMBERS, *values.HUGE_COUNTS)
        yield {
            "site_id": draw.rng.randrange(1, 160),
            "stage": draw.label(LLM_STAGES),
            "provider": draw.label(PROVIDERS),
            "model": draw.label(MODELS),
            "prompt_tokens": draw.number(draw.rng.randrange(4000), counts),
            "completion_tokens": draw.number(draw.rng.randrange(900), counts),
            "estimated_cost": draw.number(draw.rng.choice((0.0, 0.25, 0.5, draw.dyadic(2)))),
            "created_at": draw.stamp(),
        }
    # Four models and stages of equal cost: their order is that of their names.
    for name in ("tie-b", "tie-a", "Tie-D", "tie-c"):
        for cost in (0.25, 0.5):
            yield {
                "stage": name,
                "provider": draw.rng.choice(("p2", "p1")),
                "model": name,
                "prompt_tokens": 1,
                "completion_tokens": 1,
                "estimated_cost": cost,
                "created_at": draw.spelled(draw.now_s - 3600),
            }


def _http_errors(draw: Draw) -> Iterator[Row]:
    for _ in range(250):
        yield {
            "site_id": draw.rng.randrange(1, 160),
            "status_code": draw.choice(values.STATUS_CODES, values.DISPUTED_STATUS_CODES),
            "url": "https://a.example/",
            "message": _message(draw, 0.5),
            "occurred_at": draw.stamp(),
        }


def _cron_jobs(draw: Draw) -> Iterator[Row]:
    intervals: tuple[Cell, ...] = (
        1, 5, 15, 60, 0, -5, None, "5", "abc", 2.5, b"5", "0x5", 10**15, 2**63 - 1, math.inf,
    )  # fmt: skip
    keys: list[Cell] = [*JOB_KEYS, draw.rng.choice((None, b"scoring", RawText(b"\xff")))]
    for at, key in enumerate(keys):
        # Rows are ordered by name, then key: only one job has no readable key, so no two are equal.
        yield {
            "id": draw.rng.randrange(1000) * 100 - 5000 + at,
            "name": draw.rng.choice(JOB_NAMES),
            "task_key": key,
            "interval_value": draw.choice(intervals, (10**8, " 5 ", "1e1")),
            "interval_unit": draw.choice(
                ("minutes", "minutes", "hours", "hours", "days", "weeks", "", None, b"hours"),
                ("Hours", " days ", "hour", "minute"),
            ),
            "enabled": draw.choice((1, 1, 1, 1, 1, 0, "1", "0", 2, -1, 0.5), (None, "true", b"1", "")),
            "critical": draw.choice((0, 1, "1", 0.0), (None, "yes")),
            "last_run_at": draw.stamp(),
            "created_at": draw.stamp(),
            "updated_at": draw.stamp(),
            **(_almost_late(draw) if key == "never" else {}),
        }


def _almost_late(draw: Draw) -> Row:
    """What makes a job that never ran late within this very second, or a second ago."""
    created = draw.spelled(draw.now_s - 90 * 60 - draw.rng.randrange(2))
    return {"interval_value": 60, "interval_unit": "minutes", "enabled": 1, "created_at": created}


def _cron_job_logs(draw: Draw) -> Iterator[Row]:
    names: tuple[Cell, ...] = tuple(key for key in JOB_KEYS if key != "never")
    busy = draw.rng.random() < 0.5
    log_id = -20
    for _ in range(400):
        log_id += draw.rng.choice((1, 1, 1, 1, 30))
        start = draw.moment()
        if busy and draw.rng.random() < 0.6:
            start = draw.now_s - draw.rng.randrange(300) * 300
        status = draw.label(RUN_STATUSES)
        runs = status == "running" and draw.rng.random() < 0.8
        yield {
            "id": log_id or 1_000_000,
            "job_name": draw.rng.choice(UNKNOWN_KEYS) if draw.rng.random() < 0.15 else draw.rng.choice(names),
            "status": status,
            "started_at": draw.stamp(start),
            "finished_at": None if runs else draw.stamp(max(0, start + draw.rng.choice(DURATIONS_S))),
            "error_message": _message(draw, 0.3),
            "items_processed": draw.number(3),
        }


def _system_metrics(draw: Draw) -> Iterator[Row]:
    for _ in range(250):
        moment = draw.moment()
        if draw.rng.random() < 0.6:
            moment = draw.now_s - draw.rng.randrange(26 * 3600)
        yield {
            "cpu_percent": draw.number(draw.dyadic(100)),
            "memory_percent": draw.number(draw.dyadic(100)),
            "disk_percent": draw.number(draw.dyadic(100)),
            "recorded_at": draw.stamp(moment),
        }


ROWS: dict[str, Callable[[Draw], Iterator[Row]]] = {
    "sites": _sites,
    "site_status": _site_status,
    "outreaches": _outreaches,
    "conversations": _conversations,
    "llm_usage": _llm_usage,
    "http_errors": _http_errors,
    "cron_jobs": _cron_jobs,
    "cron_job_logs": _cron_job_logs,
    "system_metrics": _system_metrics,
}
