"""Names of sources: none is an address of the dashboard's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from dash_app.http.doors import DOORS
from dash_app.pages import PAGES
from dash_app.sources.names import require_free_names, taken_names
from engine.model.errors import SettingError
from tests.dash_app.sources.given import settings_of_several


@pytest.mark.parametrize(
    "name",
    ["overview", "llm", "api", "assets", "login", "live", "state", "metrics", "healthz", "rows", "cron"],
)
def test_a_name_that_is_an_address_is_refused(name: str) -> None:
    with pytest.raises(SettingError, match=f"DASHBOARD_SOURCES: {name} is an address"):
        require_free_names(settings_of_several({name: Path("/a/sites.db")}))


def test_every_door_and_page_is_taken_and_nothing_else() -> None:
    taken = taken_names()
    firsts = {door.pattern.split("/")[1] for door in DOORS} - {""}
    assert {first for first in firsts if "{" not in first} <= taken
    assert {page.name for page in PAGES} <= taken
    require_free_names(settings_of_several({"north": Path("/a/sites.db"), "llm-2": Path("/b/sites.db")}))


def test_a_name_that_begins_the_base_path_is_refused() -> None:
    settings = settings_of_several({"north": Path("/a/sites.db")}, DASHBOARD_BASE_PATH="/north")
    with pytest.raises(SettingError, match="north is an address"):
        require_free_names(settings)
