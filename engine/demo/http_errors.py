"""Writes the failed requests of the capture stage: a steady mix of codes, and many more in the outage."""

from __future__ import annotations

from engine.demo.pipeline import finding_timeline, sites_of
from engine.demo.stamps import stamper
from engine.demo.timeline import MACHINE, Scene, Timeline
from engine.demo.vocabulary import SiteName, site_name
from engine.demo.writer import Writer

ERRORS_AT_SCALE_1 = 38_000

_IN_OUTAGE = 11.0  # times the errors of an ordinary hour
_CODES = (404, 403, 429, 500, 503, 502, 410, 401, None)
_SHARES = (27, 22, 9, 10, 8, 4, 2, 1, 17)
_OUTAGE_CODES = (None, 503, 502, 504, 500, 404, 403)
_OUTAGE_SHARES = (58, 19, 9, 6, 3, 3, 2)
_REASONS = {
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
_NO_RESPONSE = (
    "getaddrinfo ENOTFOUND {domain}",
    "connect ETIMEDOUT 203.0.113.{number}:443",
    "connect ECONNREFUSED 198.51.100.{number}:443",
    "socket hang up",
    "certificate has expired: {domain}",
    "timeout of 30000 ms exceeded",
)
_PATHS = ("", "", "", "contact", "about", "favicon.ico", "robots.txt", "wp-json/", "sitemap.xml")


def write_http_errors(scene: Scene, writer: Writer) -> None:
    """Writes `http_errors`, mostly of sites found in the days before."""
    random = scene.random("http_errors")
    stamp = stamper(scene, random, 0.5)
    timeline = Timeline(scene, MACHINE, "http_errors", growth=True, during_outage=_IN_OUTAGE)
    add = writer.rows("http_errors")
    sites = sites_of(scene)
    finding = finding_timeline(scene)
    typical_distance = max(3.0, sites / 60 * scene.scale / scene.volume)
    for instants in timeline.spread(max(1, round(ERRORS_AT_SCALE_1 * scene.volume)), random):
        for at in instants:
            found = finding.spread_before(at, sites)
            site_id = max(1, found - int(random.expovariate(1 / typical_distance)))
            name = site_name(site_id)
            if scene.in_outage(at):
                code = random.choices(_OUTAGE_CODES, _OUTAGE_SHARES)[0]
            else:
                code = random.choices(_CODES, _SHARES)[0]
            url = name.landing_page_url + random.choice(_PATHS)
            message = _message(code, name, random.randint(1, 254), random.random())
            add((None, site_id, code, url, message, stamp(at)))
        writer.flush()


def _message(code: int | None, name: SiteName, number: int, drawn: float) -> str:
    if code is not None:
        return f"HTTP {code} {_REASONS[code]}"
    wording = _NO_RESPONSE[int(drawn * len(_NO_RESPONSE))]
    return wording.format(domain=name.domain, number=number)
