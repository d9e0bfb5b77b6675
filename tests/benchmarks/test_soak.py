"""The soak in a minute: what the dashboard promises beside a busy pipeline, while things go wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from benchmarks.soak.clients import Heard
from benchmarks.soak.command import soak_in
from benchmarks.soak.day import DayReport
from benchmarks.soak.findings import findings_of_day, findings_of_life, findings_of_source
from benchmarks.soak.life import Life, Pace
from benchmarks.soak.pipeline import Written
from benchmarks.soak.samples import Sample
from engine.demo import generate
from tests.benchmarks.conftest import NOW
from tests.lengths import times


@pytest.mark.timeout(600)
def test_a_short_life_keeps_every_promise(tmp_path: Path) -> None:
    told: list[str] = []
    findings = soak_in(
        tmp_path,
        seconds=times(36, 120),
        scale=0.05,
        transactions_a_second=200,
        # Each kind of disruption has its turn.
        disrupted_every_seconds=times(4, 8),
        tell=told.append,
    )
    assert findings == [], "\n".join(told)


def life(**other: object) -> Life:
    """Return a life in which all went well, but for what is given."""
    flat = tuple(Sample(float(at), 90 << 20, 60, 4 << 20, 1000) for at in range(20))
    values: dict[str, object] = {
        "pace": Pace(20, 200, 8),
        "written": Written(4000, 0, None, 12.0),
        "heard": Heard(Counter({200: 500}), 40),
        "samples": flat,
        "disruptions": Counter({"the source locked": 1}),
        "problems": (),
        "runs": 4,
    }
    return Life(**(values | other))  # type: ignore[arg-type]


def growing(**by: int) -> tuple[Sample, ...]:
    flat = {"memory_bytes": 90 << 20, "handles": 60, "wal_bytes": 0, "log_bytes": 0}
    return tuple(
        Sample(float(at), **{name: value + at * by.get(name, 0) for name, value in flat.items()})
        for at in range(20)
    )


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"written": Written(9, 2, "database is locked", 5000.0)}, "2 transactions of the pipeline failed"),
        ({"heard": Heard(Counter({500: 1}), 1, 1, ["GET /: 500"])}, "1 requests failed, such as GET /: 500"),
        ({"heard": Heard(Counter({200: 9}), 0)}, "no open page heard anything"),
        ({"runs": 0}, "no run succeeded"),
        ({"problems": ("the source replaced: x",)}, "the source replaced: x"),
        ({"samples": growing(memory_bytes=4 << 20)}, "the server's memory grew from"),
        ({"samples": growing(handles=3)}, "the server's open files grew from"),
        ({"samples": growing(wal_bytes=5 << 20)}, "the source's write-ahead log grew to"),
        ({"samples": growing(log_bytes=2000)}, "the server's log grew to"),
    ],
)
def test_each_promise_that_is_not_kept_is_told(wrong: dict[str, object], told: str) -> None:
    (finding,) = findings_of_life(life(**wrong))
    assert told in finding


def test_a_life_in_which_all_went_well_has_no_finding() -> None:
    assert list(findings_of_life(life())) == []
    assert list(findings_of_day(DayReport(Counter({"schedule": 20}), 0, 6 << 20))) == []


def test_a_fast_day_with_failures_has_findings() -> None:
    told = list(findings_of_day(DayReport(Counter(), 3, 900 << 20)))
    assert [finding.split()[0] for finding in told] == ["3", "no", "the"]


def test_a_damaged_source_is_a_finding(tmp_path: Path) -> None:
    db = tmp_path / "sites.db"
    generate(db, scale=0.005, days=40, now=NOW)
    content = bytearray(db.read_bytes())
    content[40_000:60_000] = b"\xff" * 20_000
    db.write_bytes(content)
    assert any("sites.db" in finding for finding in findings_of_source(db, tmp_path))
