"""The four functions that other programs use, importable from ``engine``."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import pytest

from engine import clear_all_cache, get_cache_stats, get_from_cache, set_cache
from engine.model.errors import SettingError, SourceError
from engine.model.values.payload import PayloadError
from engine.store import CacheStats
from engine.store.sqlite.migration import missing_tables
from tests.engine.source_database import execute, make_source, query


@pytest.fixture(autouse=True)
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A source that was never migrated, named by the environment."""
    path = make_source(tmp_path / "sites.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DASHBOARD_DB", str(path))
    return path


@pytest.mark.parametrize("value", [{"a": [1, None, "é"]}, [], {}, 0, False, "text", 1.5, [[{"deep": None}]]])
def test_what_is_set_is_got(value: Any) -> None:
    set_cache("mine", value, 5)
    assert get_from_cache("mine") == value


def test_an_unknown_key_has_no_value() -> None:
    assert get_from_cache("nobody") is None


def test_a_value_of_none_reads_as_no_value_but_is_an_entry() -> None:
    set_cache("mine", None, 5)
    assert get_from_cache("mine") is None
    assert get_cache_stats().total == 1


def test_setting_again_replaces_the_value() -> None:
    set_cache("mine", 1, 5)
    set_cache("mine", 2, 5)
    assert get_from_cache("mine") == 2
    assert get_cache_stats().total == 1


def test_an_expired_value_is_not_given(db: Path) -> None:
    set_cache("mine", 1, 5)
    execute(db, "update dashboard_cache set expires_at = datetime('now', '-1 second')")
    assert get_from_cache("mine") is None
    assert get_cache_stats().expired == 1


def test_a_value_expires_after_its_minutes(db: Path) -> None:
    set_cache("mine", 1, 90)
    sql = "select (julianday(expires_at) - julianday(created_at)) * 1440 from dashboard_cache"
    assert query(db, sql)[0][0] == pytest.approx(90)


@pytest.mark.parametrize("key", ["", "a/b", 'it\'s "quoted"', "ключ", "%s", "x" * 5000])
def test_a_key_may_be_any_text(key: str) -> None:
    set_cache(key, "found", 5)
    assert get_from_cache(key) == "found"


@pytest.mark.parametrize("minutes", [0, -1, float("nan"), float("inf"), 1e9])
def test_a_lifetime_that_is_none_is_refused_and_nothing_stored(minutes: float) -> None:
    with pytest.raises(SettingError, match="is no lifetime"):
        set_cache("mine", 1, minutes)
    assert get_from_cache("mine") is None


def test_a_value_that_json_cannot_hold_is_refused_and_the_old_one_stays() -> None:
    set_cache("mine", 1, 5)
    with pytest.raises(PayloadError):
        set_cache("mine", object(), 5)
    assert get_from_cache("mine") == 1


@pytest.mark.parametrize("blob", [b"", b"junk", zlib.compress(b"[1, 2"), "text", 7])
def test_a_damaged_entry_reads_as_no_value_and_says_so_in_the_log(
    db: Path, blob: object, caplog: pytest.LogCaptureFixture
) -> None:
    set_cache("mine", 1, 5)
    execute(db, "update dashboard_cache set cache_value = ?", (blob,))
    assert get_from_cache("mine") is None
    assert "cache entry mine cannot be read" in caplog.text


@pytest.mark.parametrize("stamp", ["2026-11-23T20:00:00Z", "soon", 5, b"\xff"])
def test_an_entry_with_times_of_another_spelling_costs_only_itself(db: Path, stamp: object) -> None:
    set_cache("mine", 1, 5)
    set_cache("other", 2, 5)
    execute(db, "update dashboard_cache set expires_at = ? where cache_key = 'mine'", (stamp,))
    assert get_from_cache("mine") is None
    assert get_from_cache("other") == 2
    assert get_cache_stats().total == 1


def test_clearing_deletes_every_entry_and_returns_their_number() -> None:
    set_cache("a", 1, 5)
    set_cache("b", 2, 5)
    assert clear_all_cache() == 2
    assert get_from_cache("a") is None
    assert clear_all_cache() == 0


def test_the_stats_count_fresh_and_expired_entries_and_their_sizes(db: Path) -> None:
    set_cache("a", "x" * 1000, 5)
    set_cache("b", 2, 5)
    execute(db, "update dashboard_cache set expires_at = datetime('now') where cache_key = 'b'")
    stored = query(db, "select sum(length(cache_value)) from dashboard_cache")[0][0]
    assert get_cache_stats() == CacheStats(2, 1, 1, raw_bytes=1002 + 1, stored_bytes=stored)
    assert stored < 1003


def test_an_empty_cache_has_stats_too() -> None:
    assert get_cache_stats() == CacheStats(0, 0, 0, 0, 0)


def test_a_cache_emptied_by_hand_is_empty_and_can_be_filled_again(db: Path) -> None:
    set_cache("mine", 1, 5)
    execute(db, "DELETE FROM dashboard_cache")
    assert get_from_cache("mine") is None
    set_cache("mine", 2, 5)
    assert get_from_cache("mine") == 2


@pytest.mark.parametrize(
    "table",
    ["dashboard_cache", "dashboard_problems", "dashboard_state", "dashboard_runs", "dashboard_cache_writes"],
)
def test_a_table_dropped_by_hand_is_made_again_by_the_next_write_and_by_no_read(db: Path, table: str) -> None:
    set_cache("mine", 1, 5)
    execute(db, f"drop table {table}")
    # What does not lie in the table that has gone is there as before.
    is_kept = table not in ("dashboard_cache", "dashboard_problems")
    assert get_from_cache("mine") == (1 if is_kept else None)
    assert get_cache_stats().total == 0
    assert clear_all_cache() == 0
    assert missing_tables(db) == (table,)
    set_cache("mine", 2, 5)
    assert missing_tables(db) == ()
    assert get_from_cache("mine") == 2


def test_a_missing_source_is_reported_in_one_line_and_not_created(db: Path) -> None:
    for leftover in db.parent.glob("sites.db*"):
        leftover.unlink()
    for call in (lambda: get_from_cache("a"), lambda: set_cache("a", 1, 5), clear_all_cache, get_cache_stats):
        with pytest.raises(SourceError, match="no such file"):
            call()
    assert not db.exists()
