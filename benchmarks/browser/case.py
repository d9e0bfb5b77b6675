"""The case of the browser: the Overview as a person waits for it, beside the same page on Flask-Caching.

Painted means that all charts and numbers in view are drawn. Both servers stay up; one browser works at a
time, and the contenders take turns.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.browser.chromium import DISTANT, LOCALHOST, Network, Visit, new_browser
from benchmarks.harness import CaseReport, Figure, Report, Stopwatch, Target, rotated
from benchmarks.product import PRODUCT
from benchmarks.serving.flask_caching_app import cards_of
from benchmarks.serving.live_pages import compute_everything
from benchmarks.serving.served import Served
from benchmarks.serving.web_apps import BASELINE, baseline_server, dashboard_server
from benchmarks.workspace import Database
from dash_app.pages import PAGES

NEW, AGAIN, IN_APP = "in a new browser", "on a revisit", "in the app"
NETWORKS = (LOCALHOST, DISTANT)
OVERVIEW = next(page for page in PAGES if page.path == "/")
OTHER = next(page for page in PAGES if page.path != "/")
# The product's and the baseline's links.
LINK = "#sidebar .nav-link[href='/'], nav a[href='/']"


def measure_browser(database: Database, rounds: int, report: Report) -> CaseReport:
    """Measure servers of one database, after a run over it. Raises DashboardError."""
    report("first build")
    compute_everything(database)
    with dashboard_server(database) as product, baseline_server(database) as baseline:
        case = _Browser(
            {
                PRODUCT: _Site(product, len(OVERVIEW.cards)),
                BASELINE: _Site(baseline, len(cards_of(OVERVIEW))),
            }
        )
        report("warming up")
        case.measure_round(0, (LOCALHOST,))
        case.forget()
        for number in range(rounds):
            report(f"round {number + 1} of {rounds}")
            case.measure_round(number, NETWORKS)
    return case.found()


@dataclass(frozen=True)
class _Site:
    server: Served
    cards: int

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"


@dataclass
class _Browser:
    """The case under way."""

    sites: dict[str, _Site]
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    visits: dict[tuple[str, str], list[Visit]] = field(default_factory=dict)

    def forget(self) -> None:
        self.stopwatch, self.visits = Stopwatch(), {}

    def measure_round(self, number: int, networks: tuple[Network, ...]) -> None:
        for network in networks:
            for name in rotated(tuple(self.sites), number):
                self._measure(name, self.sites[name], network)

    def _measure(self, name: str, site: _Site, network: Network) -> None:
        with new_browser(network) as browser:
            self._note(name, NEW, network, browser.visit(site.url(OVERVIEW.path), site.cards))
            # A browser keeps what it has compiled of a script from the second time on.
            browser.visit(site.url(OVERVIEW.path), site.cards)
            self._note(name, AGAIN, network, browser.visit(site.url(OVERVIEW.path), site.cards))
            painted = browser.follow(site.url(OTHER.path), LINK, site.cards)
            self.stopwatch.add(_case(IN_APP, network), name, painted / 1000)

    def _note(self, name: str, when: str, network: Network, visit: Visit) -> None:
        self.stopwatch.add(_case(when, network), name, visit.painted_ms / 1000)
        self.visits.setdefault((_case(when, network), name), []).append(visit)

    def found(self) -> CaseReport:
        figures = [
            Figure(f"{case}, {name}: {what}", self._median(case, name, value), unit)
            for case, name in self.visits
            for what, value, unit in _FIGURES
        ]
        targets = [
            *(self._beside(when, network, most) for when, network, most in _SHARES),
            *(
                Target(
                    f"Overview {case}: {what}", self._median(case, PRODUCT, value), most, unit, False, None
                )
                for case, what, value, most, unit in _BOUNDS
            ),
        ]
        return CaseReport(self.stopwatch.measurements(), tuple(figures), tuple(targets), 0, ())

    def _median(self, case: str, name: str, value: Callable[[Visit], float]) -> float:
        return statistics.median(map(value, self.visits[case, name]))

    def _beside(self, when: str, network: Network, most: float) -> Target:
        case = _case(when, network)
        share = self.stopwatch.median_seconds(case, PRODUCT) / self.stopwatch.median_seconds(case, BASELINE)
        return Target(f"Overview painted {case}, share of {BASELINE}'s time", share, most, "", False, None)


def _case(when: str, network: Network) -> str:
    return f"{when}, {network.name}"


_FIGURES: tuple[tuple[str, Callable[[Visit], float], str], ...] = (
    ("first content", lambda visit: visit.first_ms, "ms"),
    ("blocked after it", lambda visit: visit.blocking_ms, "ms"),
    ("longest task after it", lambda visit: visit.longest_ms, "ms"),
    ("received", lambda visit: visit.received_bytes / 1000, "kB"),
    ("requests", lambda visit: visit.requests, "requests"),
    ("requests with a body", lambda visit: visit.bodies, "requests"),
    ("layout shift", lambda visit: visit.shift * 1000, "‰"),
)

_SHARES = (
    (NEW, LOCALHOST, 0.5),
    (AGAIN, LOCALHOST, 1.0),
    (IN_APP, LOCALHOST, 1.0),
    (NEW, DISTANT, 0.25),
    (AGAIN, DISTANT, 2 / 3),
)

_BOUNDS: tuple[tuple[str, str, Callable[[Visit], float], float, str], ...] = (
    (_case(NEW, LOCALHOST), "received", lambda visit: visit.received_bytes / 1000, 650, "kB"),
    (_case(NEW, LOCALHOST), "requests", lambda visit: visit.requests, 15, "requests"),
    (_case(AGAIN, LOCALHOST), "requests with a body", lambda visit: visit.bodies, 3, "requests"),
    (_case(NEW, LOCALHOST), "longest task after the first paint", lambda visit: visit.longest_ms, 200, "ms"),
    (_case(NEW, LOCALHOST), "total blocking time", lambda visit: visit.blocking_ms, 300, "ms"),
    (_case(NEW, LOCALHOST), "layout shift", lambda visit: visit.shift * 1000, 100, "‰"),
)
