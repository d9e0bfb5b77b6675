"""Error messages as the pipeline's libraries word them, with URLs, ids and figures that vary.

Without those, some thirty wordings remain, so that grouping them shows what goes wrong.
"""

from __future__ import annotations

from random import Random
from uuid import UUID

from engine.demo.vocabulary import SiteName

# Next status of the site → wording and relative frequency.
_SITE_FAILURES: dict[str, tuple[tuple[str, int], ...]] = {
    "assets_captured": (
        ("Navigation timeout of {timeout} ms exceeded: {url}", 34),
        ("net::ERR_NAME_NOT_RESOLVED at {url}", 18),
        ("HTTP 403 for {url}: blocked by bot protection (ray {hex16})", 16),
        ("net::ERR_CERT_DATE_INVALID at {url}", 9),
        ("HTTP 404 for {url}", 8),
        ("Screenshot failed: page height {number} px exceeds 16384 px", 4),
    ),
    "scored": (
        ("Model response is no valid JSON at position {number}", 5),
        ("Request {uuid} failed: 529 overloaded", 3),
    ),
    "rescored": (
        ("Model response is no valid JSON at position {number}", 4),
        ("Score missing after {small} attempts", 2),
    ),
    "enriched": (
        ("No contact found on {small} pages of {url}", 7),
        ("Enrichment request {hex32} timed out after {timeout} ms", 4),
        ("Rate limit reached: retry in {small} s", 2),
    ),
    "proposals_drafted": (
        ("Prompt of {large} tokens exceeds the limit of 128000", 4),
        ("Request {uuid} failed: 529 overloaded", 3),
        ("Proposal rejected by the content check (rule {small})", 2),
    ),
    "outreach_partial": (("All {small} contacts of the site failed", 1),),
    "outreach_sent": (("Sending stopped: {small} of {small} contacts bounced", 1),),
}
_OUTAGE_FAILURES = (
    ("connect ETIMEDOUT 10.0.4.17:3128 (proxy, attempt {small})", 6),
    ("getaddrinfo EAI_AGAIN: {url}", 5),
    ("HTTP 503 for {url}", 3),
)
_SEND_FAILURES: dict[str, tuple[tuple[str, int], ...]] = {
    "email": (
        ("550 5.1.1 recipient address rejected (queue id {hex16})", 5),
        ("421 4.7.0 too many connections, try again in {small} minutes", 3),
        ("SMTP timeout after {timeout} ms", 2),
    ),
    "sms": (
        ("Error 21614: the number is not a mobile number (message {hex32})", 5),
        ("Error 30006: landline or unreachable carrier (message {hex32})", 3),
        ("Error 21610: recipient has opted out", 1),
    ),
    "form": (
        ("No form found at {url}contact", 6),
        ("Captcha could not be solved after {small} attempts at {url}contact", 5),
        ("Form answered with HTTP 500: {url}contact?ref={number}", 2),
    ),
    "linkedin": (
        ("Session {uuid} expired, log in again", 4),
        ("Weekly invitation limit of 100 reached", 3),
        ("Profile not found: https://www.linkedin.com/company/{slug}", 2),
    ),
    "x": (
        ("Direct messages are closed: https://x.com/{slug}", 5),
        ("429 rate limit, resets at {large}", 2),
    ),
}
_BOUNCE = (
    ("550 5.1.1 mailbox unavailable (report {uuid})", 3),
    ("552 5.2.2 mailbox full", 1),
)


def site_failure(random: Random, name: SiteName, next_status: str, *, in_outage: bool) -> str:
    """Return why a site could not enter the next status."""
    return _compose(random, name, _OUTAGE_FAILURES if in_outage else _SITE_FAILURES[next_status])


def send_failure(random: Random, name: SiteName, channel: str) -> str:
    """Return why a message could not be sent."""
    return _compose(random, name, _SEND_FAILURES[channel])


def bounce(random: Random, name: SiteName) -> str:
    """Return why a sent mail came back."""
    return _compose(random, name, _BOUNCE)


def _compose(random: Random, name: SiteName, wordings: tuple[tuple[str, int], ...]) -> str:
    texts, weights = zip(*wordings, strict=True)
    return str(random.choices(texts, weights)[0]).format(
        url=name.landing_page_url,
        slug=name.slug,
        timeout=random.choice((15000, 30000, 45000)),
        number=random.randint(120, 29999),
        small=random.randint(2, 30),
        large=random.randint(128_001, 212_000),
        hex16=f"{random.getrandbits(64):016x}",
        hex32=f"{random.getrandbits(128):032x}",
        uuid=UUID(int=random.getrandbits(128), version=4),
    )
