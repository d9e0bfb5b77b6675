"""What the texts of settings must be: each kind returns the value of a setting's name and its text."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from engine.model.errors import SettingError
from engine.model.places.postgres_address import (
    PostgresAddress,
    SourceAddress,
    is_postgres_address,
    parse_postgres_address,
)

MAX_SECONDS = 366 * 24 * 3600
MIN_MEMORY_BYTES = 256 * 10**6
_BYTES = {"mb": 10**6, "mib": 1 << 20, "gb": 10**9, "gib": 1 << 30}


@dataclass(frozen=True)
class WholeNumber:
    """What the text of a setting must be: a whole number in a range."""

    low: int
    high: int


SECONDS = WholeNumber(1, MAX_SECONDS)


def time_zone(name: str, text: str) -> str:
    """Return the name of a time zone. Raises SettingError."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise SettingError(
            name, f"{text!r} is not an IANA time zone", "use a name such as 'UTC' or 'Australia/Adelaide'"
        ) from None
    return text


def names(name: str, text: str) -> tuple[str, ...]:
    """Return names, comma-separated; empty ones are left out."""
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def times_of_day(name: str, text: str) -> tuple[str, ...]:
    """Return times of day, comma-separated. Raises SettingError."""
    times = names(name, text)
    for time in times:
        if not re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", time):
            raise SettingError(name, f"{time!r} is not a time of day", "write it as HH:MM, comma-separated")
    return times


def size(name: str, text: str) -> int:
    """Return a size in bytes. Raises SettingError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(MB|MiB|GB|GiB)", text.strip(), re.IGNORECASE)
    if match is None:
        raise SettingError(name, f"{text!r} is not a size", "write it as 512MiB or 2GiB")
    size_bytes = int(float(match[1]) * _BYTES[match[2].lower()])
    if size_bytes < MIN_MEMORY_BYTES:
        raise SettingError(name, f"{text!r} is too small", "give 256MiB or more")
    return size_bytes


def yes_or_no(name: str, text: str) -> bool:
    """Return whether a text says yes. Raises SettingError."""
    if text.strip().lower() not in ("yes", "no"):
        raise SettingError(name, f"{text!r} is neither yes nor no", "write yes or no")
    return text.strip().lower() == "yes"


def one_of(*words: str) -> Callable[[str, str], str]:
    """Return the kind of a text that is one of some words."""

    def chosen(name: str, text: str) -> str:
        if text.strip().lower() not in words:
            raise SettingError(name, f"{text!r} is none of {', '.join(words)}", f"write {' or '.join(words)}")
        return text.strip().lower()

    return chosen


def base_path(name: str, text: str) -> str:
    """Return the path below which the app lives, nothing for its root. Raises SettingError."""
    path = text.strip().rstrip("/")
    if path and not re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+", path):
        raise SettingError(name, f"{text!r} is not the path of an address", "write it as /dashboard")
    return path


def host(name: str, text: str) -> str:
    """Return an address to listen on, in one spelling. Raises SettingError."""
    if not text.strip():
        raise SettingError(name, "it is empty", "name an address such as 127.0.0.1 or 0.0.0.0")
    address = text.strip()
    # One spelling for each address: `[::]` and `0::0` are `::`.
    with suppress(ValueError):
        return str(ip_address(address.removeprefix("[").removesuffix("]")))
    return address


def path(name: str, text: str) -> Path:
    """Return a path; `~` is the home of its user. Raises SettingError."""
    if not text.strip():
        raise SettingError(name, "it is empty", "name a path")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise SettingError(name, f"{text!r} names no user's home", "write the path in full") from None


def source(name: str, text: str) -> SourceAddress:
    """Return where the source is: a file, or a database of PostgreSQL. Raises SettingError."""
    if is_postgres_address(text):
        return parse_postgres_address(name, text)
    return path(name, text)


def optional_path(name: str, text: str) -> Path | None:
    """Return a path, None for the empty text. Raises SettingError."""
    return path(name, text) if text.strip() else None


def cache_place(name: str, text: str) -> Path | PostgresAddress | None:
    """Return the place of a cache apart from the source, None for the empty text. Raises SettingError.

    The error does not repeat the text, because an address may hold a password.
    """
    if not text.strip():
        return None
    if is_postgres_address(text):
        return parse_postgres_address(name, text)
    remedy = "leave it empty, or write sqlite:///path/of/a/file or postgresql://user@host/database"
    try:
        address = urlsplit(text.strip())
    except ValueError:
        raise SettingError(name, "it is no address", remedy) from None
    path = unquote(address.path)
    is_file = address.scheme == "sqlite" and not (address.netloc or address.query or address.fragment)
    if not is_file or path.strip("/") == "" or path.endswith("/"):
        raise SettingError(name, "it is no address of a cache", remedy)
    return Path(f"/{path.lstrip('/')}")
