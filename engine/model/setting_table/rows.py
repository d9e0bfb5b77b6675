"""The table of settings: one row for each, with its name, default, unit and help, and how its text is read.

The table of docs/operating.md and ``.env.example`` are made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.model.places.addresses import host_names, public_origin
from engine.model.places.lake import lake_catalog, lake_data
from engine.model.places.sources import named_sources
from engine.model.setting_table import kinds
from engine.model.setting_table.login_kinds import header_name, networks, optional_secret, yes_or_no_or_digit
from engine.model.text.log_text import FORMATS, TEXT


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
