"""Commands on several sources: one by its name, all without one, and what cannot be done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.engine.programs import Command
from tests.engine.source_database import make_source
from tests.postgres import Cluster


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, str]:
    """Return the setting of two sources without rows."""
    for name in ("north", "south"):
        (tmp_path / name).mkdir()
        make_source(tmp_path / name / "sites.db")
    return {"DASHBOARD_SOURCES": ",".join(f"{n}={tmp_path / n / 'sites.db'}" for n in ("north", "south"))}


def test_a_command_for_one_source_takes_its_name_and_says_which_there_are(
    command: Command, sources: dict[str, str]
) -> None:
    refused = command("precompute", **sources)
    assert refused.returncode == 1
    assert refused.stderr == (
        "dashboard: --db: this command needs one of several sources; give --db north or --db south\n"
    )
    unknown = command("cache", "stats", "--db", "nort", **sources)
    assert unknown.stderr == "dashboard: nort: no such source; did you mean 'north'?\n"
    computed = command("precompute", "--db", "south", **sources)
    assert computed.returncode == 0, computed.stderr
    # The other has nothing yet, and all are gone over.
    found = command("attention", "--json", **sources)
    told = json.loads(found.stdout)["sources"]
    assert found.returncode == 2
    assert "nothing has been computed yet" in told["north"]["error"]
    assert told["south"]["critical"] == 0


def test_check_goes_over_all_and_fails_if_one_does(
    command: Command, sources: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "north" / "sites.db").unlink()
    found = command("check", **sources)
    assert found.returncode == 1
    assert "north:\n" in found.stdout
    assert "south:\n" in found.stdout
    assert "equal to the source in all 0 rows" in found.stdout
    assert "dashboard: north: " in found.stderr
    assert "no such file" in found.stderr


@pytest.mark.parametrize(
    ("sources_text", "said"),
    [("llm=/a/sites.db", "llm is an address of the dashboard's own"), ("A=/a/sites.db", "A is no name")],
)
def test_serve_refuses_a_name_in_one_line(command: Command, sources_text: str, said: str) -> None:
    refused = command("serve", DASHBOARD_SOURCES=sources_text)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_cannot_be_read_is_named_by_the_setting_and_the_source(
    command: Command, sources: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "north" / "sites.db").unlink()
    (tmp_path / "south" / "sites.db").write_bytes(b"no database" * 1000)
    for place in ("", f"sqlite://{tmp_path}/cache.db"):
        for name, said in (("north", "name the database with"), ("south", "name another file with")):
            for arguments in (["precompute"], ["check"], ["cron", "list"]):
                refused = command(*arguments, "--db", name, **sources, DASHBOARD_CACHE_URL=place)
                assert refused.stderr.endswith(f"; {said} DASHBOARD_SOURCES ({name})\n"), arguments
                assert refused.stderr.startswith(f"dashboard: {tmp_path / name / 'sites.db'}: ")


def test_a_server_is_named_by_the_setting_and_the_source(
    command: Command, tmp_path: Path, cluster: Cluster
) -> None:
    sources = f"south={cluster.address('nowhere')}"
    for cache in (f"sqlite://{tmp_path}/cache.db", cluster.create_database()):
        refused = command(
            "precompute",
            "--db",
            "south",
            DASHBOARD_SOURCES=sources,
            DASHBOARD_CACHE_URL=cache,
            DASHBOARD_STATE_DIR=str(tmp_path),
        )
        assert refused.returncode == 1
        setting = "DASHBOARD_SOURCES (south)" if "sqlite" in cache else "DASHBOARD_CACHE_URL"
        assert refused.stderr.endswith(f"correct {setting}\n"), refused.stderr
