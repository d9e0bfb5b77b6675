"""The settings: one table of name, default, unit and help, read from the environment.

No other module reads the dashboard's environment variables. A variable overrides the same name in the
``.env`` file of the working directory. A ``Settings`` value is always valid. ``environment`` reads the
variables with pydantic-settings.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

from engine.model import setting_kinds as kinds
from engine.model.addresses import host_names, public_origin
from engine.model.errors import SettingError, nearest
from engine.model.lake import (
    DATA_REMEDY,
    NO_S3,
    URL_REMEDY,
    Lake,
    S3Access,
    lake_catalog,
    lake_data,
    s3_access,
)
from engine.model.local_socket import MOST_PATH_BYTES
from engine.model.login_kinds import (
    Network,
    header_name,
    networks,
    optional_secret,
    yes_or_no_or_digit,
)
from engine.model.postgres_address import PostgresAddress, SourceAddress
from engine.model.results import RunLimits
from engine.model.secret import Secret
from engine.model.sources import SETTING as SOURCES
from engine.model.sources import NamedSource, named_sources, of_source, source_called
from engine.model.text.log_text import FORMATS, TEXT

StorePlace = Path | PostgresAddress
"""Where a cache is: in a file of SQLite, or in PostgreSQL."""

ENV_FILE = Path(".env")
DATASET_SHARE = 0.75
"""The longest time of one dataset, as a share of the time that a run may go on without progress."""


@dataclass(frozen=True)
class Setting:
    """One row of the settings table: ``field`` is its attribute on ``Settings``.

    ``kind`` says what its text must be: a whole number, or what a function makes of the setting's
    name and its text. The function raises SettingError.
    """

    name: str
    field: str
    default: str
    unit: str
    help: str
    kind: kinds.WholeNumber | Callable[[str, str], object]


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DASHBOARD_DB", "source", "sites.db", "path, URL",
        "the source database: a file of SQLite, or `postgresql://user@host/database`, which needs"
        " `DASHBOARD_CACHE_URL`", kinds.source,
    ),
    Setting(
        "DASHBOARD_SOURCES", "sources", "", "name=path,…",
        "several sources in place of `DASHBOARD_DB`, each below its name:"
        " `north=/a/sites.db,south=/b/sites.db`",
        named_sources,
    ),
    Setting(
        "DASHBOARD_CACHE_URL", "cache", "", "URL",
        "where the cache is kept: `sqlite:///path/of/a/file` or `postgresql://user@host/database`, and the"
        " source is then only read; in the source if empty", kinds.cache_place,
    ),
    Setting(
        "DASHBOARD_JOB_LOG", "job_log", "no", "yes, no",
        "whether runs are logged in the source's `cron_job_logs` even if `DASHBOARD_CACHE_URL` is set;"
        " they always are if it is empty", kinds.yes_or_no,
    ),
    Setting(
        "DASHBOARD_CACHE_TTL", "cache_ttl_seconds", "1800", "s",
        "longest life of a decoded entry in a web process's memory", kinds.SECONDS,
    ),
    Setting(
        "DASHBOARD_REFRESH_INTERVAL", "refresh_interval_seconds", "300", "s",
        "how often an open page polls while it has no live connection", kinds.SECONDS,
    ),
    Setting(
        "DASHBOARD_PRECOMPUTE_INTERVAL", "precompute_interval_seconds", "600", "s",
        "how often the schedule computes every dataset", kinds.SECONDS,
    ),
    Setting(
        "DASHBOARD_RUN_TIMEOUT", "run_timeout_seconds", "120", "s",
        "how long a run may go on without progress before it is ended as failed", kinds.SECONDS,
    ),
    Setting(
        "DASHBOARD_QUERY_TIMEOUT", "query_timeout_seconds", "30", "s",
        "how long one dataset may take, three quarters of `DASHBOARD_RUN_TIMEOUT` at most", kinds.SECONDS,
    ),
    Setting(
        "DASHBOARD_TIMEZONE", "time_zone", "UTC", "IANA name", "the zone of days and hours", kinds.time_zone,
    ),
    Setting(
        "DASHBOARD_WARM_AT", "warm_at", "", "HH:MM,…",
        "local times of day of an additional run, comma-separated", kinds.times_of_day,
    ),
    Setting(
        "DASHBOARD_STATE_DIR", "state_dir_setting", "", "path",
        "folder of the replica, the run lock and working files; `.dashboard` beside the cache if empty, or"
        " beside the source if the cache is no file",
        kinds.optional_path,
    ),
    Setting(
        "DASHBOARD_REPLICA_URL", "replica_catalog", "", "URL",
        "where the catalog of a replica in DuckLake is: `ducklake:postgres:dbname=… host=…`, or"
        " `ducklake:postgresql://user@host/db`; the replica is a file if empty", lake_catalog,
    ),
    Setting(
        "DASHBOARD_REPLICA_DATA", "replica_data", "", "path, URL",
        "where the files of that replica are: a folder with its whole path, or `s3://bucket/prefix` with"
        " the credentials of `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`",
        lake_data,
    ),
    Setting(
        "DASHBOARD_MEMORY_LIMIT", "memory_limit_bytes", "1GiB", "MiB, GiB",
        "the most that DuckDB takes for the replica and the datasets", kinds.size,
    ),
    Setting(
        "DASHBOARD_HIDE_UNAVAILABLE", "hide_unavailable", "no", "yes, no",
        "whether cards and pages that cannot exist on this source are hidden, and summed up in one line",
        kinds.yes_or_no,
    ),
    Setting(
        "DASHBOARD_HOST", "host", "127.0.0.1", "address",
        "where the web app listens; `::` is every address, of IPv6 and of IPv4", kinds.host,
    ),
    Setting(
        "DASHBOARD_ALLOWED_HOSTS", "allowed_hosts", "", "host,…",
        "further names that the web app answers to, comma-separated", host_names,
    ),
    Setting(
        "DASHBOARD_PUBLIC_URL", "public_url", "", "URL",
        "the address that browsers show, `https://dashboard.example.org`; the address served if empty",
        public_origin,
    ),
    Setting("PORT", "port", "8050", "port", "where the web app listens", kinds.WholeNumber(1, 65535)),
    Setting(
        "DASHBOARD_BASE_PATH", "base_path", "", "path",
        "what the addresses of the web app begin with behind a proxy, such as `/dashboard`", kinds.base_path,
    ),
    Setting(
        "DASHBOARD_LOG_FORMAT", "log_format", TEXT, ", ".join(FORMATS),
        "the form of log lines on stderr", kinds.one_of(*FORMATS),
    ),
    Setting(
        "DASHBOARD_ACCESS_LOG", "access_log", "no", "yes, no",
        "whether each request is logged: method, path without its query, status, time and size",
        kinds.yes_or_no,
    ),
    Setting(
        "DASHBOARD_PASSWORD_FILE", "password_file", "", "path",
        "file with the operator's password or its hash, which others may not read", kinds.optional_path,
    ),
    Setting(
        "DASHBOARD_PASSWORD", "password", "", "text",
        "the operator's password of at least 12 characters, or its hash by `dashboard password`",
        optional_secret,
    ),
    Setting(
        "DASHBOARD_VIEWER_PASSWORD_FILE", "viewer_password_file", "", "path",
        "file with the password of viewers, who look and do not refresh", kinds.optional_path,
    ),
    Setting(
        "DASHBOARD_VIEWER_PASSWORD", "viewer_password", "", "text", "the password of viewers, or its hash",
        optional_secret,
    ),
    Setting(
        "DASHBOARD_VIEWER_CONTACTS", "viewer_contacts", "no", "yes, no",
        "whether viewers see texts that may name the people written to", yes_or_no_or_digit,
    ),
    Setting(
        "DASHBOARD_TRUSTED_PROXIES", "trusted_proxies", "", "addresses",
        "reverse proxies whose forwarded headers count: addresses or networks, comma-separated", networks,
    ),
    Setting(
        "DASHBOARD_AUTH_HEADER", "auth_header", "", "header",
        "header in which a trusted proxy names who is logged in, such as `X-Forwarded-User`", header_name,
    ),
    Setting(
        "DASHBOARD_AUTH_OPERATORS", "auth_operators", "", "names",
        "whom of those that the proxy names is an operator, comma-separated, the others being viewers;"
        " everybody if empty", kinds.names,
    ),
)  # fmt: skip


REPLACED = {
    "DASHBOARD_STALLED_AFTER": (
        "it is ignored; the dataset overview/activity_now compares the pipeline with earlier weeks instead"
    )
}
"""Settings of earlier versions, and what replaces each of them."""


@dataclass(frozen=True)
class Settings:
    """The settings in force. Paths are absolute and free of links, so that one file has one lock.

    ``source`` is the source. ``cache`` is a place of its own for the cache, None for the source.
    ``sources`` has several, each of which has settings by ``for_source``; ``source_name`` is then its name.
    Without a name ``source`` is the only source, or the first of several. ``s3`` is how S3
    is reached.
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
    def store_path(self) -> Path:
        """Return the file of a store that is one."""
        assert isinstance(self.store, Path)
        return self.store

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
        return Lake(self.replica_catalog, self.replica_data, self.s3)

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


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Return the settings of the environment and the ``.env`` file.

    ``environ`` None is the process's environment, ``env_file`` None the ``.env`` of the working directory. An
    empty variable counts as not set. Raises SettingError.
    """
    # It takes a while to import, and `--help` needs no setting.
    from engine.model.environment import read_environment

    values = read_environment(environ, env_file or ENV_FILE)
    for field in ("source", "cache", "state_dir_setting", "password_file", "viewer_password_file"):
        place = values[field]
        values[field] = place.resolve() if isinstance(place, Path) else place
    if (values["replica_catalog"] is None) != (values["replica_data"] is None):
        lacking = "DATA" if values["replica_data"] is None else "URL"
        remedy = DATA_REMEDY if lacking == "DATA" else URL_REMEDY
        raise SettingError(
            f"DASHBOARD_REPLICA_{lacking}", "it is empty, and the other of the two is not", remedy
        )
    if sources := values["sources"]:
        if "DASHBOARD_DB" in _given(environ, env_file or ENV_FILE):
            raise SettingError(
                SOURCES, "DASHBOARD_DB is set too", "drop DASHBOARD_DB, or name it as a source"
            )
        if values["replica_catalog"] is not None:
            raise SettingError(
                "DASHBOARD_REPLICA_URL", "several sources cannot share one DuckLake", "leave it empty"
            )
        values["source"] = sources[0].place
    return Settings(**values, s3=s3_access(os.environ if environ is None else environ))


def _given(environ: Mapping[str, str] | None, env_file: Path) -> set[str]:
    """Return the names of all variables that have a value."""
    from engine.model.environment import names_in

    variables = os.environ if environ is None else environ
    return names_in(env_file) | {name for name, value in variables.items() if value}


def unknown_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> list[str]:
    """Return one line for each ``DASHBOARD_*`` variable that is no setting, or no longer one."""
    from engine.model.environment import names_in

    known = {row.name for row in SETTINGS}
    given = names_in(env_file or ENV_FILE) | set(os.environ if environ is None else environ)
    strangers = sorted(name for name in given - known if name.startswith("DASHBOARD_"))
    return [
        f"{name}: {REPLACED.get(name) or f'no such setting; {nearest(name, known)}'}" for name in strangers
    ]


def settings_table() -> str:
    """Return the settings as the Markdown table of docs/operating.md."""
    rows = ["| name | default | unit | |", "|---|---|---|---|"]
    for row in SETTINGS:
        default = f"`{row.default}`" if row.default else "–"
        rows.append(f"| `{row.name}` | {default} | {row.unit} | {row.help} |")
    return "\n".join(rows)
