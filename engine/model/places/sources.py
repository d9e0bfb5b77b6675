"""Several sources in one process: their names and places, as ``DASHBOARD_SOURCES`` gives them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.model.errors import SettingError, nearest
from engine.model.places.postgres_address import PostgresAddress, is_postgres_address, parse_postgres_address
from engine.model.setting_table.kinds import path

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
        return NamedSource(name, parse_postgres_address(f"{setting} ({name})", place))
    return NamedSource(name, path(f"{setting} ({name})", place.strip()).resolve())


def source_called(sources: tuple[NamedSource, ...], name: str) -> NamedSource:
    """Return the source of a name. Raises SettingError."""
    found = next((one for one in sources if one.name == name), None)
    if found is None:
        raise SettingError(name, "no such source", nearest(name, [one.name for one in sources]))
    return found


def of_source(cache: Path | PostgresAddress, name: str) -> Path | PostgresAddress:
    """Return the cache of one source: a file, or a database of the same server, with the source's name.

    A database, because tables, notifications and locks of one are never those of another.

    >>> str(of_source(Path("/var/cache.db"), "north"))
    '/var/cache-north.db'
    >>> cache = parse_postgres_address("DASHBOARD_CACHE_URL", "postgresql://ann:secret@db/dashboard")
    >>> str(of_source(cache, "north"))
    'postgresql://ann@db/dashboard_north'
    >>> cache = parse_postgres_address("DASHBOARD_CACHE_URL", "postgresql:///dashboard?host=/run/db")
    >>> of_source(cache, "north").url.text
    'postgresql:///dashboard_north?host=/run/db'
    """
    if isinstance(cache, Path):
        return cache.with_name(f"{cache.stem}-{name}{cache.suffix}")
    parts = urlsplit(cache.url.text)
    database = parts.path.strip("/")
    if not database:
        raise SettingError("DASHBOARD_CACHE_URL", f"{cache} names no database", "write its name as the path")
    query = f"?{parts.query}" if parts.query else ""
    # By hand, because ``geturl`` leaves out the slashes of an address without a host.
    url = f"{parts.scheme}://{parts.netloc}/{database}_{name}{query}"
    return parse_postgres_address("DASHBOARD_CACHE_URL", url)
