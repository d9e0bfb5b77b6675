"""The page value of an entry with many rows is stored, read and deleted with the entry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.model.clock import wall_clock
from engine.model.colours import ColourPlaces
from engine.model.settings import StorePlace
from engine.model.values import payload
from engine.model.values.results import CategoryNames, ComputedDataset
from engine.store import EntryState, SnapshotReader, get_from_cache
from engine.store.backend import writing
from engine.store.colours import read_colours
from engine.store.entries import as_catalogued, read_entries
from engine.store.writes import clear_entries, set_entry, store_missing
from tests.engine.source_database import execute, query
from tests.engine.store.places import in_sqlite

KEY = "outreach/outreach_daily_30d"
WHOLE = {"day": ["2026-11-23"] * 12, "channel": [f"c{n}" for n in range(12)], "sent": [1] * 12}
SMALL = {"day": ["2026-11-23"] * 2, "channel": ["c0", "other (11)"], "sent": [1, 11]}
OTHER_VALUE = {"day": ["2026-11-24"], "channel": ["by hand"], "sent": [7]}


@pytest.fixture
def db(either_store: StorePlace) -> StorePlace:
    return either_store


def computed(
    key: str = KEY, *names: str, rows_found: int | None = None, small: Any = SMALL
) -> ComputedDataset:
    whole = payload.encode(WHOLE)
    part = None if small is None else payload.encode(small)
    return ComputedDataset(
        key.partition("/")[2], key, whole, 15, 1.0,
        part,
        rows_found,
        (CategoryNames("channel", names),) if names else (),
    )  # fmt: skip


def store(db: StorePlace, *datasets: ComputedDataset) -> None:
    with writing(db) as connection:
        store_missing(connection, datasets, wall_clock(), wall_clock())


def entry_of(db: StorePlace) -> Any:
    return read_entries(db, [KEY], wall_clock())[KEY]


@in_sqlite
def test_charts_get_the_small_value_and_everything_else_the_whole(
    db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(db, computed())
    entry = entry_of(db)
    assert (entry.shown, entry.value) == (SMALL, WHOLE)
    monkeypatch.setenv("DASHBOARD_DB", str(db))
    assert get_from_cache(KEY) == WHOLE


@in_sqlite
@pytest.mark.parametrize(
    "sql",
    [
        "update dashboard_cache set cache_value = ?1",
        "delete from dashboard_cache where ?1 is not null",
        "insert or replace into dashboard_cache select cache_key, ?1, as_of, created_at, expires_at,"
        " raw_bytes, entries, compute_ms from dashboard_cache",
    ],
)
@pytest.mark.parametrize("triggers", [True, False])
def test_after_a_change_by_hand_no_page_shows_what_was_made_of_another_value(
    db: Path, sql: str, triggers: bool
) -> None:
    store(db, computed())
    if not triggers:
        for (name,) in query(db, "select name from sqlite_master where type = 'trigger'"):
            execute(db, f"drop trigger {name}")
    execute(db, sql, (payload.encode(OTHER_VALUE).blob,))
    entry = entry_of(db)
    assert entry.page_value is None
    assert entry.shown == (None if sql.startswith("delete") else OTHER_VALUE)


def test_a_value_that_is_set_has_no_small_one(db: StorePlace) -> None:
    store(db, computed())
    set_entry(db, KEY, WHOLE, 15, wall_clock())
    assert entry_of(db).shown == WHOLE
    assert query(db, "select * from dashboard_page_values") == []


def test_what_is_stored_again_without_a_small_value_has_none(db: StorePlace) -> None:
    store(db, computed())
    execute(db, "delete from dashboard_cache")
    store(db, computed(small=None))
    assert (entry_of(db).page_value, query(db, "select * from dashboard_page_values")) == (None, [])


def test_clearing_the_cache_leaves_no_small_value(db: StorePlace) -> None:
    store(db, computed())
    assert clear_entries(db) == 1
    assert query(db, "select * from dashboard_page_values") == []


def test_a_small_value_that_is_damaged_or_has_other_columns_is_passed_over(db: StorePlace) -> None:
    store(db, computed())
    execute(db, "update dashboard_page_values set page_value = ?", (b"\0",))
    assert entry_of(db).shown == WHOLE
    store_blob = payload.encode({"day": ["2026-11-23"]}).blob
    execute(db, "update dashboard_page_values set page_value = ?", (store_blob,))
    assert as_catalogued(entry_of(db)).shown == WHOLE
    assert entry_of(db).state is EntryState.FRESH


def test_without_the_table_pages_get_the_whole(db: StorePlace) -> None:
    store(db, computed())
    execute(db, "drop table dashboard_page_values")
    assert entry_of(db).shown == WHOLE


def test_a_cut_value_knows_how_many_rows_there_are(db: StorePlace) -> None:
    store(db, computed(rows_found=300_000, small=None))
    entry = entry_of(db)
    assert (entry.shown, entry.rows_found) == (WHOLE, 300_000)


def test_names_get_the_next_place_of_their_category_and_keep_it(db: StorePlace) -> None:
    store(db, computed("outreach/b", "fax", "phone"), computed("outreach/a", "pigeon"))
    execute(db, "delete from dashboard_cache")
    store(db, computed("outreach/c", "radio", "fax"))
    assert read_colours(db) == ColourPlaces(
        {("channel", "pigeon"): 0, ("channel", "fax"): 1, ("channel", "phone"): 2, ("channel", "radio"): 3}
    )


def test_a_process_sees_the_places_with_the_values_that_need_them(db: StorePlace) -> None:
    reader = SnapshotReader(db, (KEY,), 60)
    assert reader.read(wall_clock()).colours == ColourPlaces()
    store(db, computed(KEY, "fax"))
    found = reader.read(wall_clock())
    assert found.colours.place("channel", "fax") == 0
    known = reader.current(wall_clock())
    assert known is not None
    assert known.colours is found.colours
    reader.close()


def test_without_their_table_names_have_colours_all_the_same(db: StorePlace) -> None:
    execute(db, "drop table dashboard_colours")
    assert read_colours(db) == ColourPlaces()
