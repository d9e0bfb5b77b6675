"""Which names sources may have: none that begins an address of the dashboard's own."""

from __future__ import annotations

from dash_app.http.doors import DOORS
from dash_app.pages import PAGES
from dash_app.things.table import THINGS
from engine.model.errors import SettingError
from engine.model.places.sources import SETTING
from engine.model.settings import Settings


def taken_names() -> frozenset[str]:
    """Return the names that no source may have: first parts of paths, those below ``/api``, and pages."""
    paths = [door.pattern.split("/")[1:] for door in DOORS]
    parts = [path[0] for path in paths] + [path[1] for path in paths if path[0] == "api"]
    pages = [page.name for page in PAGES] + [thing.name for thing in THINGS]
    return frozenset(part for part in (*parts, *pages, "sources") if part and "{" not in part)


def require_free_names(settings: Settings) -> None:
    """Raise SettingError if a source has the name of a page, a route or the base path."""
    taken = taken_names() | set(settings.shared_path.split("/"))
    for source in settings.sources:
        if source.name in taken:
            raise SettingError(
                SETTING,
                f"{source.name} is an address of the dashboard's own",
                f"choose another name, such as {source.name}-1",
            )
