"""The settings in force: what is set, and what follows from it, such as where each file is.

``setting_table.loading`` makes them. A ``Settings`` value is always valid.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from engine.model.errors import SettingError
from engine.model.local_socket import MOST_PATH_BYTES
from engine.model.places.lake import NO_S3, Lake, S3Access
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.places.secret import Secret
from engine.model.places.sources import SETTING as SOURCES
from engine.model.places.sources import NamedSource, of_source, source_called
from engine.model.setting_table.login_kinds import Network
from engine.model.source_file.failures import NAMED_BY
from engine.model.values.orders import RunLimits

StorePlace = Path | PostgresAddress
"""Where a cache is: in a file of SQLite, or in PostgreSQL."""

DATASET_SHARE = 0.75
"""The longest time of one dataset, as a share of the time that a run may go on without progress."""


@dataclass(frozen=True)
class Settings:
    """The settings in force. Paths are absolute and free of links, so that one file has one lock.

    ``source`` is the source. ``cache`` is a place of its own for the cache, None for the source.
    ``sources`` has several, each of which has settings by ``for_source``; ``source_name`` is then its name.
    Without a name ``source`` is the only source, or the first of several. ``s3`` is how S3 is
    reached.
    """

    source: SourceAddress
    sources: tuple[NamedSource, ...]
    cache: StorePlace | None
    job_log: bool
    cache_ttl_seconds: int
    refresh_interval_seconds: int
    precompute_interval_seconds: int
    run_timeout_seconds: int
    query_timeout_seconds: int
    time_zone: str
    warm_at: tuple[str, ...]
    state_dir_setting: Path | None
    replica_catalog: PostgresAddress | None
    replica_data: str | None
    memory_limit_bytes: int
    hide_unavailable: bool
    host: str
    allowed_hosts: tuple[str, ...]
    public_url: str | None
    port: int
    base_path: str
    log_format: str
    access_log: bool
    password_file: Path | None
    password: Secret | None
    viewer_password_file: Path | None
    viewer_password: Secret | None
    viewer_contacts: bool
    trusted_proxies: tuple[Network, ...]
    auth_header: str
    auth_operators: tuple[str, ...]
    s3: S3Access = NO_S3
    source_name: str = ""

    @property
    def shared_path(self) -> str:
        """Return what the addresses of all sources begin with; the base path if there is one source."""
        return self.base_path.removesuffix(f"/{self.source_name}") if self.source_name else self.base_path

    def for_source(self, name: str) -> Settings:
        """Return the settings of one of several sources. Raises SettingError.

        Its addresses begin with its name. Cache and working files are its own.
        """
        place = source_called(self.sources, name).place
        return replace(
            self,
            source=place,
            source_name=name,
            base_path=f"{self.shared_path}/{name}",
            cache=None if self.cache is None else of_source(self.cache, name),
            state_dir_setting=self.state_dir_setting and self.state_dir_setting / name,
        )

    @property
    def named_by(self) -> str:
        """Return what names the source's file, as errors say it."""
        return f"{SOURCES} ({self.source_name})" if self.source_name else NAMED_BY

    @property
    def source_file(self) -> Path | None:
        """Return the source's file; None if it is in PostgreSQL."""
        return self.source if isinstance(self.source, Path) else None

    @property
    def db(self) -> Path:
        """Return the source's file, for what exists for files alone."""
        assert isinstance(self.source, Path), "the source is no file"
        return self.source

    @property
    def is_apart(self) -> bool:
        """Return whether the cache has a place of its own, so that the source is only read."""
        return self.cache not in (None, self.source)

    @property
    def store(self) -> StorePlace:
        """Return where the cache is, and all else that the dashboard stores: in the source, or elsewhere.

        Raises SettingError if there is no such place, because the source is in PostgreSQL.
        """
        store = self.cache or self.source_file
        if store is None:
            raise SettingError(
                "DASHBOARD_CACHE_URL", f"it is empty, and the source {self.source} is only read",
                "write sqlite:///path/of/a/file or postgresql://user@host/database",
            )  # fmt: skip
        return store

    @property
    def store_file(self) -> Path | None:
        """Return the file of the store; None if it is in PostgreSQL."""
        return self.store if isinstance(self.store, Path) else None

    @property
    def databases(self) -> tuple[Path, ...]:
        """Return the source and the place of the cache, as far as they are files."""
        return tuple(dict.fromkeys(place for place in (self.source, self.store) if isinstance(place, Path)))

    @property
    def logs_jobs(self) -> bool:
        """Return whether scheduled runs are logged in the source's own tables."""
        return self.job_log or not self.is_apart

    @property
    def state_dir(self) -> Path:
        """Return the folder of the lock and the working files; it may not exist yet.

        Raises SettingError if it has no name, and neither cache nor source is a file.
        """
        if self.state_dir_setting is not None:
            return self.state_dir_setting
        file = self.store_file or self.source_file
        if file is None:
            raise SettingError(
                "DASHBOARD_STATE_DIR", "it is empty, and source and cache are in PostgreSQL",
                "name a folder for the replica",
            )  # fmt: skip
        return file.parent / ".dashboard"

    def working_file(self, suffix: str) -> Path:
        """Return the path of a working file, which has the name of the cache's file and a suffix.

        One that all of several sources share has the name ``sources``.
        """
        is_shared = bool(self.sources) and not self.source_name
        return self.state_dir / f"{'sources' if is_shared else _name_of(self.store)}{suffix}"

    @property
    def is_open_to_others(self) -> bool:
        """Return whether other machines reach the web app, and nobody has to log in."""
        with suppress(ValueError):
            return not self.has_login and not ip_address(self.host).is_loopback
        return not self.has_login and self.host != "localhost"

    @property
    def has_password(self) -> bool:
        """Return whether there is a password to log in with."""
        passwords = (self.password_file, self.password, self.viewer_password_file, self.viewer_password)
        return any(password is not None for password in passwords)

    @property
    def has_login(self) -> bool:
        """Return whether the web app asks for a login: a password, or what a proxy says."""
        return self.has_password or bool(self.auth_header)

    @property
    def run_limits(self) -> RunLimits:
        """Return the time limits; that of a dataset is shorter, so a slow dataset never ends a run."""
        dataset_seconds = min(self.query_timeout_seconds, DATASET_SHARE * self.run_timeout_seconds)
        return RunLimits(float(self.run_timeout_seconds), dataset_seconds)

    @property
    def lock_path(self) -> Path:
        """Return the file whose lock a run holds."""
        return self.working_file(".run.lock")

    @property
    def replica_path(self) -> Path:
        """Return the replica's file, a working copy that the next run builds again if it is missing."""
        path = self.working_file(".replica.duckdb")
        # DuckDB reads what follows a question mark as options, and then cannot create its log.
        return path if "?" not in str(path) else _elsewhere(path, ".replica.duckdb")

    @property
    def lake(self) -> Lake | None:
        """Return where the replica is if it is in DuckLake; None if it is a file."""
        if self.replica_catalog is None or self.replica_data is None:
            return None
        lake = Lake(self.replica_catalog, self.replica_data, self.s3)
        return lake.of_source(self.source_name) if self.source_name else lake

    @property
    def socket_path(self) -> Path:
        """Return the socket on which the process that holds the replica answers questions."""
        path = self.working_file(".questions")
        # The path of a socket has a limit of its own.
        return path if len(os.fsencode(path)) <= MOST_PATH_BYTES else _elsewhere(path, ".questions")

    def with_db(self, db: SourceAddress | None) -> Settings:
        """Return these settings for another source, which has no name; None changes nothing."""
        if db is None:
            return self
        place = db.expanduser().resolve() if isinstance(db, Path) else db
        return replace(self, source=place, sources=())


def _name_of(place: StorePlace) -> str:
    """Return the name of a store, which no other store has that may use the same folder."""
    if isinstance(place, Path):
        return place.name
    digest = hashlib.sha256(place.redacted.encode()).hexdigest()[:8]
    return f"{re.sub(r'[^A-Za-z0-9_-]', '_', place.name)}-{digest}"


def _elsewhere(path: Path, suffix: str) -> Path:
    """Return the place of a working file whose own path cannot be used."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    return Path.home() / ".cache" / "sites-dashboard" / f"{digest}{suffix}"
