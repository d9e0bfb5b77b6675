"""The settings of several sources: names, places, caches and working files of their own."""

from __future__ import annotations

import pytest

from engine.model.errors import SettingError
from engine.model.setting_table.loading import load_settings
from tests.engine.source_database import NO_ENV_FILE

TWO = "north=/a/sites.db,south=/b/sites.db"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("/a/sites.db", "a part without `=` is no name of a source"),
        ("North=/a/sites.db", "North is no name of a source"),
        ("a_b=/a/sites.db", "a_b is no name of a source"),
        ("-a=/a/sites.db", "-a is no name of a source"),
        ("=/a/sites.db", "is no name of a source"),
        ("north=", "it is empty"),
        ("a=/x/sites.db,a=/y/sites.db", "two sources are called a"),
        ("a=/x/sites.db,b=/x/../x/sites.db", "a and b are one source"),
        ("a=postgresql://u:hush@h:nope/db", "it is no address of PostgreSQL"),
    ],
)
def test_what_is_no_list_of_sources_is_refused_in_one_line(text: str, cause: str) -> None:
    with pytest.raises(SettingError) as refusal:
        load_settings({"DASHBOARD_SOURCES": text}, NO_ENV_FILE)
    assert cause in str(refusal.value)
    assert "hush" not in str(refusal.value)


def test_both_settings_are_one_too_many() -> None:
    environ = {"DASHBOARD_SOURCES": TWO, "DASHBOARD_DB": "/c/sites.db"}
    with pytest.raises(SettingError, match="DASHBOARD_DB is set too; drop DASHBOARD_DB"):
        load_settings(environ, NO_ENV_FILE)


def test_each_source_has_addresses_cache_and_working_files_of_its_own() -> None:
    environ = {
        "DASHBOARD_SOURCES": TWO,
        "DASHBOARD_BASE_PATH": "/base",
        "DASHBOARD_CACHE_URL": "sqlite:///var/cache.db",
        "DASHBOARD_STATE_DIR": "/state",
    }
    settings = load_settings(environ, NO_ENV_FILE)
    north, south = (settings.for_source(name) for name in ("north", "south"))
    assert (str(north.db), str(south.db)) == ("/a/sites.db", "/b/sites.db")
    assert (north.base_path, north.shared_path, settings.shared_path) == ("/base/north", "/base", "/base")
    assert str(north.store) == "/var/cache-north.db"
    assert (str(north.state_dir), str(settings.state_dir)) == ("/state/north", "/state")
    for place in ("replica_path", "lock_path", "socket_path", "store"):
        assert getattr(north, place) != getattr(south, place)


def test_without_other_settings_a_source_is_where_it_would_be_alone() -> None:
    north = load_settings({"DASHBOARD_SOURCES": TWO}, NO_ENV_FILE).for_source("north")
    alone = load_settings({"DASHBOARD_DB": "/a/sites.db"}, NO_ENV_FILE)
    assert (north.store, north.state_dir, north.replica_path) == (
        alone.store,
        alone.state_dir,
        alone.replica_path,
    )
    assert (alone.sources, alone.source_name, alone.shared_path) == ((), "", "")


def test_a_name_that_there_is_not_is_answered_by_those_that_there_are() -> None:
    with pytest.raises(SettingError, match="nort: no such source; did you mean 'north'"):
        load_settings({"DASHBOARD_SOURCES": TWO}, NO_ENV_FILE).for_source("nort")
