"""The case of serving: pages and API under load, beside an ordinary Dash app; pages that stay open.

The load comes from another process than the one that serves. All servers stay up; one works at a time.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from benchmarks.harness import CaseReport, Figure, Report, Stopwatch, Target, rotated
from benchmarks.product import PRODUCT
from benchmarks.serving.http_load import Load, LoadResult, Page
from benchmarks.serving.live_load import OpenPages
from benchmarks.serving.live_pages import (
    BurstFindings,
    burst,
    compute_everything,
    idle_share,
    update_seconds,
)
from benchmarks.serving.processor import processor_seconds
from benchmarks.serving.readers import Readers
from benchmarks.serving.served import Served
from benchmarks.serving.web_apps import (
    BASELINE,
    api_pages,
    baseline_server,
    baseline_views,
    dashboard_pages,
    dashboard_server,
    dashboard_views,
    empty_endpoint,
)
from benchmarks.workspace import Database

EMPTY = "empty endpoint"
BURST_PAGE = "pipeline"
WARM, API = "a whole view, warm", "an answer of the API"
TARGET_SCALE = 5.0
WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class ServingPlan:
    """How much load: ``seconds`` is the length of one load, ``idle_seconds`` the time with nothing new."""

    rounds: int
    readers: int = 8
    seconds: float = 5.0
    open_pages: int = 200
    idle_seconds: float = 20.0
    burst_readers: int = 100


def measure_serving(database: Database, plan: ServingPlan, report: Report) -> CaseReport:
    """Measure servers of one database, after a run over it. Raises DashboardError."""
    report("first build")
    compute_everything(database)
    with dashboard_server(database) as product, baseline_server(database) as baseline, Readers() as readers:
        case = _Serving(plan, readers, _loads(plan, product, baseline))
        report("warming up")
        case.warm_up()
        for round_number in range(plan.rounds):
            report(f"round {round_number + 1} of {plan.rounds}")
            case.measure_round(round_number)
        report(f"{plan.open_pages} open pages, nothing new")
        pages = dashboard_pages(product)
        readers.open_pages(OpenPages(product.port, pages, plan.open_pages, keep_reading=True))
        share = idle_share(product, plan.idle_seconds)
        report(f"{plan.open_pages} open pages, a run")
        updates = update_seconds(database, readers)
        readers.close_pages()
        report(f"{plan.burst_readers} readers of a page without entries")
        burst_found = burst(database, product, readers, page=BURST_PAGE, count=plan.burst_readers)
        readers.close_pages()
    return case.found(share, updates, burst_found)


@dataclass(frozen=True)
class _Loading:
    """A load and the server it is on."""

    server: Served
    load: Load


def _loads(plan: ServingPlan, product: Served, baseline: Served) -> dict[tuple[str, str], _Loading]:
    """Return the loads by case and contender."""

    def load(server: Served, pages: tuple[Page, ...]) -> _Loading:
        return _Loading(server, Load(server.port, pages, plan.readers, plan.seconds))

    return {
        (WARM, PRODUCT): load(product, dashboard_views(product)),
        (WARM, BASELINE): load(baseline, baseline_views(baseline)),
        (API, PRODUCT): load(product, api_pages(product)),
        (API, EMPTY): load(product, empty_endpoint(product)),
    }


@dataclass
class _Serving:
    """The case under way."""

    plan: ServingPlan
    readers: Readers
    loads: dict[tuple[str, str], _Loading]
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    results: dict[tuple[str, str], list[LoadResult]] = field(default_factory=dict)
    processor_seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def warm_up(self) -> None:
        for loading in self.loads.values():
            seconds = min(WARM_UP_SECONDS, loading.load.seconds)
            self.readers.load(replace(loading.load, seconds=seconds))

    def measure_round(self, number: int) -> None:
        for name in rotated(tuple(self.loads), number):
            loading = self.loads[name]
            before = processor_seconds(loading.server.pid)
            result = self.readers.load(loading.load)
            after = processor_seconds(loading.server.pid)
            self.stopwatch.add(*name, result.seconds_a_page)
            self.results.setdefault(name, []).append(result)
            if before is not None and after is not None:
                self.processor_seconds.setdefault(name, []).append(after - before)

    def _rate(self, case: str, contender: str) -> float:
        return 1 / self.stopwatch.median_seconds(case, contender)

    def _times_as_fast(self, case: str, contender: str, other: tuple[str, str]) -> float:
        """Return the median over the rounds, because other work on the machine slows both in a round."""
        own, theirs = self.results[case, contender], self.results[other]
        return statistics.median(
            slow.seconds_a_page / fast.seconds_a_page for fast, slow in zip(own, theirs, strict=True)
        )

    def _page_figures(self, contender: str) -> list[Figure]:
        results = self.results[WARM, contender]
        taken = [ms for result in results for ms in result.page_ms]
        size = sum(result.body_bytes for result in results) / len(taken)
        return [
            Figure(f"{WARM}, {contender}", self._rate(WARM, contender), "pages/s"),
            Figure(f"{WARM}, {contender}: median", percentile(taken, 0.5), "ms"),
            Figure(f"{WARM}, {contender}: 95th percentile", percentile(taken, 0.95), "ms"),
            Figure(f"{WARM}, {contender}: sent", size / 1000, "kB"),
        ]

    def _processor_figures(self) -> list[Figure]:
        """Return the processor time of an answer, which depends less on other work than a rate does."""
        return [
            Figure(
                f"{case}, {contender}: processor time",
                sum(seconds) * 1000 / sum(len(result.page_ms) for result in self.results[case, contender]),
                "ms",
            )
            for (case, contender), seconds in self.processor_seconds.items()
        ]

    def found(self, share: float | None, updates: Sequence[float], burst_found: BurstFindings) -> CaseReport:
        own = [ms for result in self.results[WARM, PRODUCT] for ms in result.page_ms]
        faster = self._times_as_fast(WARM, PRODUCT, (WARM, BASELINE))
        share_of_empty = self._times_as_fast(API, PRODUCT, (API, EMPTY))
        answers, empty = self._rate(API, PRODUCT), self._rate(API, EMPTY)
        count = self.plan.burst_readers
        readers, pages = f"{self.plan.readers} readers", f"{len(updates)} open pages"
        burst_name = f"{count} readers of a page without entries"
        figures = [
            *self._page_figures(PRODUCT),
            *self._page_figures(BASELINE),
            Figure(f"{WARM}: {PRODUCT} over {BASELINE}", faster, "×"),
            Figure("answers of the API", answers, "requests/s"),
            Figure("answers of the empty endpoint", empty, "requests/s"),
            *self._processor_figures(),
            Figure(f"{pages}: the middle one shows a run after", percentile(updates, 0.5), "s"),
            Figure(f"{pages}: the last one shows a run after", max(updates), "s"),
            Figure(f"{burst_name}: the last one has all values after", burst_found.result.seconds, "s"),
        ]
        scale = TARGET_SCALE
        targets = [
            Target(f"{WARM}, {readers}: 95th percentile", percentile(own, 0.95), 15, "ms", False, scale),
            Target(f"{WARM}, {readers}: pages a second over {BASELINE}", faster, 20, "×", True, scale),
            # 3,000 a second where an empty endpoint makes 5,000.
            Target("answers of the API, share of an empty endpoint's", share_of_empty, 0.6, "", True, scale),
            Target(f"{pages}: the last one shows a run after", max(updates), 2, "s", False, scale),
            Target(f"{burst_name}: runs", burst_found.runs, 1, "runs", False, None),
            Target(
                f"{burst_name}: get all",
                burst_found.result.answered,
                self.plan.burst_readers,
                "readers",
                True,
                None,
            ),
        ]
        if share is not None:
            name = f"{pages}, nothing new: processor of the server"
            figures.append(Figure(name, share * 100, "%"))
            targets.insert(3, Target(name, share * 100, 2, "%", False, None))
        return CaseReport(self.stopwatch.measurements(), tuple(figures), tuple(targets), 0, ())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values, 0 to 1, does not exceed.

    >>> percentile([3.0, 1.0, 2.0, 4.0], 0.5), percentile([3.0, 1.0, 2.0, 4.0], 0.95)
    (2.0, 4.0)
    """
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
