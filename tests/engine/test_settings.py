"""Settings are read from the environment and a .env file; a wrong one is an error of one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.model.errors import SettingError
from engine.model.setting_table.loading import load_settings, unknown_settings
from engine.model.setting_table.rows import SETTINGS
from tests.engine.source_database import store_path

NO_FILE = Path("/no/such/.env")


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = load_settings({}, NO_FILE)
    assert settings.db == Path("sites.db").absolute()
    assert settings.cache_ttl_seconds == 1800
    assert settings.refresh_interval_seconds == 300
    assert settings.precompute_interval_seconds == 600
    assert settings.time_zone == "UTC"
    assert settings.warm_at == ()
    assert (settings.host, settings.port) == ("127.0.0.1", 8050)
    assert settings.state_dir == Path(".dashboard").absolute()


@pytest.mark.parametrize("name", [row.name for row in SETTINGS])
def test_a_variable_that_is_set_to_nothing_counts_as_not_set(name: str) -> None:
    assert load_settings({name: ""}, NO_FILE) == load_settings({}, NO_FILE)


@pytest.mark.parametrize(
    ("text", "size_bytes"), [("1GiB", 1 << 30), ("512 mib", 512 << 20), ("1.5GB", 1_500_000_000)]
)
def test_a_memory_limit_is_a_size_with_its_unit(text: str, size_bytes: int) -> None:
    assert load_settings({"DASHBOARD_MEMORY_LIMIT": text}, NO_FILE).memory_limit_bytes == size_bytes


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("DASHBOARD_CACHE_TTL", "soon", "'soon' is not a whole number; give one from 1 to"),
        ("DASHBOARD_CACHE_TTL", "1.5", "is not a whole number"),
        ("DASHBOARD_CACHE_TTL", "0", "0 is out of range; give a whole number from 1 to"),
        ("DASHBOARD_REFRESH_INTERVAL", "-5", "-5 is out of range"),
        ("DASHBOARD_PRECOMPUTE_INTERVAL", "10 min", "is not a whole number"),
        ("DASHBOARD_PRECOMPUTE_INTERVAL", "99999999999", "is out of range"),
        ("DASHBOARD_TIMEZONE", "Mars/Olympus", "is not an IANA time zone; use a name such as 'UTC'"),
        ("DASHBOARD_TIMEZONE", "Australia", "is not an IANA time zone"),
        ("DASHBOARD_TIMEZONE", "../../etc/passwd", "is not an IANA time zone"),
        ("DASHBOARD_TIMEZONE", "x" * 300, "is not an IANA time zone"),
        ("DASHBOARD_WARM_AT", "25:00", "'25:00' is not a time of day; write it as HH:MM"),
        ("DASHBOARD_WARM_AT", "7.30", "is not a time of day"),
        ("DASHBOARD_WARM_AT", "07:30,9", "'9' is not a time of day"),
        ("DASHBOARD_WARM_AT", "²:30", "is not a time of day"),
        ("DASHBOARD_WARM_AT", "007:30", "is not a time of day"),
        ("DASHBOARD_MEMORY_LIMIT", "much", "'much' is not a size; write it as 512MiB or 2GiB"),
        ("DASHBOARD_MEMORY_LIMIT", "1024", "is not a size"),
        ("DASHBOARD_MEMORY_LIMIT", "100MiB", "'100MiB' is too small; give 256MiB or more"),
        ("PORT", "http", "is not a whole number; give one from 1 to 65535"),
        ("PORT", "0", "is out of range"),
        ("PORT", "65536", "is out of range"),
        ("DASHBOARD_HOST", "  ", "it is empty; name an address"),
        ("DASHBOARD_LOG_FORMAT", "xml", "'xml' is none of text, json; write text or json"),
        ("DASHBOARD_ACCESS_LOG", "on", "'on' is neither yes nor no"),
        ("DASHBOARD_BASE_PATH", "dashboard", "'dashboard' is not the path of an address; write it as /dashb"),
        ("DASHBOARD_BASE_PATH", "/a//b", "is not the path of an address"),
        ("DASHBOARD_BASE_PATH", "/a/../b", "is not the path of an address"),
        ("DASHBOARD_BASE_PATH", "//example.org", "is not the path of an address"),
        ("DASHBOARD_BASE_PATH", "/a?b", "is not the path of an address"),
        ("DASHBOARD_BASE_PATH", '/"><script>', "is not the path of an address"),
        ("DASHBOARD_ALLOWED_HOSTS", "a.example, b:80", "'b:80' is no host; write names or addresses alone"),
        ("DASHBOARD_ALLOWED_HOSTS", "*", "'*' is no host"),
        (
            "DASHBOARD_PUBLIC_URL",
            "dash.example",
            "'dash.example' is no address of a site; write it as https://",
        ),
        ("DASHBOARD_PUBLIC_URL", "https://dash.example/x", "is no address of a site"),
        ("DASHBOARD_DB", "  ", "it is empty; name a path"),
        ("DASHBOARD_DB", "~no-such-user-here/sites.db", "names no user's home; write the path in full"),
    ],
)
def test_a_bad_value_is_refused_in_one_line_that_names_setting_cause_and_remedy(
    name: str, text: str, cause: str
) -> None:
    with pytest.raises(SettingError) as failure:
        load_settings({name: text}, NO_FILE)
    line = str(failure.value)
    assert line.startswith(f"{name}: ")
    assert cause in line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("text", "path"),
    [("/", ""), ("/dashboard", "/dashboard"), ("/dashboard/", "/dashboard"), (" /a/b.c ", "/a/b.c")],
)
def test_a_base_path_ends_without_a_slash(text: str, path: str) -> None:
    assert load_settings({"DASHBOARD_BASE_PATH": text}, NO_FILE).base_path == path


@pytest.mark.parametrize(
    ("text", "host"),
    [("::", "::"), ("[::]", "::"), ("0::0", "::"), ("localhost", "localhost"), ("0.0.0.0", "0.0.0.0")],
)
def test_a_host_has_one_spelling(text: str, host: str) -> None:
    assert load_settings({"DASHBOARD_HOST": text}, NO_FILE).host == host


def test_warm_up_times_are_separated_by_commas_and_may_stand_apart() -> None:
    settings = load_settings({"DASHBOARD_WARM_AT": " 7:30, 12:00 ,23:59,"}, NO_FILE)
    assert settings.warm_at == ("7:30", "12:00", "23:59")


def test_a_value_is_read_from_the_env_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("DASHBOARD_TIMEZONE=Australia/Adelaide\nPORT=9000\n")
    settings = load_settings({}, env_file)
    assert (settings.time_zone, settings.port) == ("Australia/Adelaide", 9000)


def test_the_env_file_of_the_working_directory_is_the_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=9001\n")
    assert load_settings({}).port == 9001


def test_the_environment_wins_over_the_env_file(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=9000\n")
    assert load_settings({"PORT": "9100"}, env_file).port == 9100
    assert load_settings({"PORT": ""}, env_file).port == 9000


def test_an_env_file_that_is_no_text_is_refused_in_one_line_that_names_it(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"PORT=\xff\xfe\n")
    with pytest.raises(SettingError, match=r"\.env: it is not UTF-8 text; save it as UTF-8"):
        load_settings({}, env_file)


def test_an_unknown_name_gets_a_warning_with_the_nearest_name(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("DASHBOARD_TIMEZON=UTC\n")
    assert unknown_settings({"DASHBOARD_DBB": "x", "HOME": "/", "DASHBOARD_DB": "y"}, env_file) == [
        "DASHBOARD_DBB: no such setting; did you mean 'DASHBOARD_DB'?",
        "DASHBOARD_TIMEZON: no such setting; did you mean 'DASHBOARD_TIMEZONE'?",
    ]


def test_the_state_folder_stands_beside_the_source_unless_it_is_named() -> None:
    beside = load_settings({"DASHBOARD_DB": "/data/a.db"}, NO_FILE)
    named = load_settings({"DASHBOARD_DB": "/data/a.db", "DASHBOARD_STATE_DIR": "/state"}, NO_FILE)
    assert beside.lock_path.parent == Path("/data/.dashboard")
    assert named.lock_path.parent == Path("/state")
    assert beside.with_db(Path("/other/b.db")).lock_path.parent == Path("/other/.dashboard")


def test_two_sources_in_one_folder_have_locks_of_their_own() -> None:
    settings = load_settings({"DASHBOARD_DB": "/data/a.db"}, NO_FILE)
    assert settings.lock_path != settings.with_db(Path("/data/b.db")).lock_path


def test_a_setting_that_was_replaced_is_ignored_and_said_to_be() -> None:
    load_settings({"DASHBOARD_STALLED_AFTER": "soon"}, NO_FILE)
    assert unknown_settings({"DASHBOARD_STALLED_AFTER": "60"}, NO_FILE) == [
        "DASHBOARD_STALLED_AFTER: it is ignored; the dataset overview/activity_now compares the pipeline"
        " with earlier weeks instead"
    ]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", None),
        ("sqlite:///var/lib/cache.db", "/var/lib/cache.db"),
        ("sqlite:////var/lib/cache.db", "/var/lib/cache.db"),
        ("sqlite:///with%20blank/%C3%A4.db", "/with blank/ä.db"),
    ],
)
def test_the_address_of_a_cache_names_an_absolute_path(text: str, path: str | None) -> None:
    settings = load_settings({"DASHBOARD_DB": "/a/sites.db", "DASHBOARD_CACHE_URL": text}, NO_FILE)
    assert settings.cache == (path and Path(path))
    assert store_path(settings) == Path(path or "/a/sites.db")
    assert settings.is_apart == (path is not None)
    assert settings.state_dir == store_path(settings).parent / ".dashboard"
    assert settings.lock_path.name == f"{store_path(settings).name}.run.lock"


def test_a_cache_at_the_source_itself_is_not_apart() -> None:
    settings = load_settings(
        {"DASHBOARD_DB": "/a/sites.db", "DASHBOARD_CACHE_URL": "sqlite:///a/sites.db"}, NO_FILE
    )
    assert not settings.is_apart
    assert settings.logs_jobs


@pytest.mark.parametrize(
    "text",
    ["mysql://user:secret@host/db",
     "cache.db", "sqlite://", "sqlite:///", "sqlite:///folder/", "sqlite://user:secret@host/a.db",
     "sqlite:///a.db?mode=secret", "http://[secret"],
)  # fmt: skip
def test_another_address_of_a_cache_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(SettingError, match=r"DASHBOARD_CACHE_URL: .*sqlite:///path") as refused:
        load_settings({"DASHBOARD_CACHE_URL": text}, NO_FILE)
    assert "secret" not in str(refused.value)


def test_a_source_in_postgresql_needs_a_place_for_the_cache_and_for_working_files() -> None:
    source = {"DASHBOARD_DB": "postgresql://ann:s3cret@db/sites"}
    cache = {"DASHBOARD_CACHE_URL": "postgresql://db/dashboard"}
    alone = load_settings(source)
    with pytest.raises(SettingError, match=r"DASHBOARD_CACHE_URL: it is empty, and .*ann@db/sites"):
        _ = alone.store
    both = load_settings(source | cache)
    with pytest.raises(SettingError, match="DASHBOARD_STATE_DIR: it is empty, and source and cache are in"):
        _ = both.replica_path
    assert load_settings(source | cache | {"DASHBOARD_STATE_DIR": "/tmp"}).state_dir == Path("/tmp")
    assert both.with_db(Path("/a/sites.db")).state_dir == Path("/a/.dashboard")
    assert "s3cret" not in repr(alone)
