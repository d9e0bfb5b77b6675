"""Several sources in one process: their names and places, as ``DASHBOARD_SOURCES`` gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.model.errors import SettingError, nearest
from engine.model.postgres_address import PostgresAddress, is_postgres_address, parse_postgres_address
from engine.model.setting_kinds import path

SETTING = "DASHBOARD_SOURCES"
MOST_NAME_LENGTH = 40

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
# A path may hold a comma, and an address of PostgreSQL an equals sign.
_NEXT = re.compile(r",(?=\s*[^,=/:?@]*=)")


@dataclass(frozen=True)
class NamedSource:
    """One of several sources: its name, which stands in addresses, and its file or address."""

    name: str
    place: Path | PostgresAddress


def named_sources(setting: str, text: str) -> tuple[NamedSource, ...]:
    """Return the sources of a text such as ``north=/a/sites.db,south=/b/sites.db``; none of the empty text.

    Raises SettingError, which repeats no place, because an address may hold a password.

    >>> [(one.name, str(one.place)) for one in named_sources(SETTING, "north=/a/sites.db, south=/b/x,y.db")]
    [('north', '/a/sites.db'), ('south', '/b/x,y.db')]
    """
    found = tuple(_named(setting, part) for part in _NEXT.split(text) if part.strip())
    for place, one in enumerate(found):
        if any(one.name == other.name for other in found[:place]):
            raise SettingError(setting, f"two sources are called {one.name}", "give each a name of its own")
        if same := next((other for other in found[:place] if other.place == one.place), None):
            raise SettingError(setting, f"{same.name} and {one.name} are one source", "name each once")
    return found


def _named(setting: str, part: str) -> NamedSource:
    name, equals, place = part.partition("=")
    name = name.strip()
    if not equals or len(name) > MOST_NAME_LENGTH or _NAME.fullmatch(name) is None:
        shown = f"{name:.40}" if equals else "a part without `=`"
        raise SettingError(
            setting, f"{shown} is no name of a source", "write name=path, the name of a-z, 0-9 and -"
        )
    if is_postgres_address(place):
        return NamedSource(name, parse_postgres_address(setting, place))
    return NamedSource(name, path(setting, place.strip()).resolve())


def source_called(sources: tuple[NamedSource, ...], name: str) -> NamedSource:
    """Return the source of a name. Raises SettingError."""
    found = next((one for one in sources if one.name == name), None)
    if found is None:
        raise SettingError(name, "no such source", nearest(name, [one.name for one in sources]))
    return found


def of_source(file: Path, name: str) -> Path:
    """Return the file of one source that stands for a file of all.

    >>> str(of_source(Path("/var/cache.db"), "north"))
    '/var/cache-north.db'
    """
    return file.with_name(f"{file.stem}-{name}{file.suffix}")
