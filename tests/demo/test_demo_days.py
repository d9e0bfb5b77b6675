"""Demo databases of another length: the rate stays, the history grows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.demo import generate, rows_expected
from engine.model.errors import SettingError


def test_twice_the_days_have_twice_the_rows(tmp_path: Path, now: datetime) -> None:
    short = generate(tmp_path / "short.db", scale=0.05, days=45, now=now)
    long = generate(tmp_path / "long.db", scale=0.05, days=90, now=now)
    assert short.first_day == now - timedelta(days=45)
    for table in ("sites", "http_errors", "system_metrics"):
        assert dict(long.rows)[table] == pytest.approx(2 * dict(short.rows)[table], rel=0.01)
    assert long.rows_total == pytest.approx(rows_expected(0.05, 90), rel=0.1)
    with closing(sqlite3.connect(short.path)) as connection:
        first, last = connection.execute(
            "select min(created_at), max(created_at) from site_status"
        ).fetchone()
    assert f"{short.first_day:%Y-%m-%d}" <= first[:10] <= last[:10] == f"{now:%Y-%m-%d}"


@pytest.mark.parametrize("days", [0, 39, 30_000])
def test_a_history_too_short_or_from_before_1970_is_refused(tmp_path: Path, now: datetime, days: int) -> None:
    with pytest.raises(SettingError, match=f"days {days}: is out of range"):
        generate(tmp_path / "sites.db", scale=0.001, days=days, now=now)
    assert not list(tmp_path.iterdir())
