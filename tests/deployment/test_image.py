"""The Dockerfile, the files that it copies and what the documentation says of it hold together."""

from __future__ import annotations

import json
import re
import tomllib
from fnmatch import fnmatch
from pathlib import PurePosixPath

import pytest

from dash_app.http.doors import DOORS, Access
from engine.cli.main import dashboard
from engine.model.setting_table.loading import load_settings
from engine.model.setting_table.rows import SETTINGS
from tests.deployment.dockerfile import ROOT, stages
from tests.docs.pages import code_blocks, section, text_of

BUILD, IMAGE = stages()
PROJECT = tomllib.loads(text_of("pyproject.toml"))
RULES = [line for line in text_of(".dockerignore").splitlines() if line and not line.startswith("#")]


def is_sent(path: str) -> bool:
    """Return whether a file of the checkout reaches the build: of the rules that match, the last counts."""
    sent = True
    for rule in RULES:
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = PurePosixPath(path).parts
        names = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        if rule.startswith("**/"):
            names = list(parts)
        if any(fnmatch(name, pattern) for name in names):
            sent = rule.startswith("!")
    return sent


def copied() -> list[str]:
    """Return what the build stage copies from the checkout."""
    return [source for text in BUILD.all("COPY") for source in text.split()[:-1]]


def test_both_stages_have_the_same_python_and_it_is_one_that_the_product_takes() -> None:
    assert BUILD.base == IMAGE.base
    version = re.match(r"python:3\.(\d+)-slim-", IMAGE.base)
    low, high = re.findall(r"3\.(\d+)", PROJECT["project"]["requires-python"])
    assert version is not None
    assert int(low) <= int(version[1]) < int(high)


def test_what_the_wheel_is_made_of_is_copied() -> None:
    wheel = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {
        "requirements.txt", "pyproject.toml", PROJECT["project"]["readme"],
        *PROJECT["project"]["license-files"], *wheel["packages"], *wheel["force-include"],
    }  # fmt: skip
    assert set(copied()) == needed


@pytest.mark.parametrize("source", copied())
def test_what_is_copied_is_there_and_sent_to_the_build(source: str) -> None:
    path = ROOT / source
    assert path.exists()
    assert is_sent(source if path.is_file() else f"{source}/x.py")


@pytest.mark.parametrize(
    "path",
    [
        ".env", ".git/config", "sites.db", "sql/sites.db", "engine/sites.db-wal", ".venv/bin/python",
        "dash_app/.env", "dash_app/assets/x.js", "dash_app/frontend/node_modules/x/y.js",
        "engine/__pycache__/x.pyc", "tests/x.py", ".dashboard/sites.db.replica.duckdb",
    ],
)  # fmt: skip
def test_nothing_private_and_nothing_made_is_sent_to_the_build(path: str) -> None:
    assert not is_sent(path)


def test_requirements_are_installed_by_their_hashes_and_the_product_adds_none() -> None:
    first, second = (text for text in BUILD.all("RUN") if "pip install" in text)
    assert "--require-hashes -r /src/requirements.txt" in first
    assert "--no-deps /src" in second


def test_the_image_has_a_user_of_its_own_who_is_not_root() -> None:
    (user,) = IMAGE.all("USER")
    assert int(user) > 1000
    assert f"useradd --uid {user} " in IMAGE.all("RUN")[0]
    # Whoever may build may write; the image's user comes after all that.
    names = [one.name for one in IMAGE.instructions]
    assert names.index("USER") > max(index for index, name in enumerate(names) if name in ("RUN", "COPY"))


def test_what_the_image_sets_are_settings_and_the_port_is_the_one_that_it_names() -> None:
    environment = {name: value for name, value in IMAGE.environment.items() if name != "PATH"}
    assert set(environment) <= {row.name for row in SETTINGS}
    settings = load_settings(environment, ROOT / "no.env")
    assert (settings.host, str(settings.port)) == ("::", IMAGE.all("EXPOSE")[0])
    assert settings.port == load_settings({}, ROOT / "no.env").port


def test_it_runs_a_command_of_the_product() -> None:
    (program,), (word,) = (json.loads(IMAGE.all(name)[0]) for name in ("ENTRYPOINT", "CMD"))
    assert program in PROJECT["project"]["scripts"]
    assert word in dashboard.commands


def test_its_health_is_asked_at_a_door_that_is_open_for_every_host() -> None:
    found = re.search(r"http://127\.0\.0\.1:\$PORT(/\w+)'", IMAGE.all("HEALTHCHECK")[0])
    assert found is not None
    (door,) = [door for door in DOORS if door.pattern == found[1]]
    assert (door.access, door.any_host) == (Access.OPEN, True)


def test_the_documentation_runs_it_as_it_is_made() -> None:
    (block,) = code_blocks(section("docs/deploying.md", "## As a container"), "sh")
    db = PurePosixPath(IMAGE.environment["DASHBOARD_DB"])
    # The folder, not the file: SQLite's log lies beside it.
    assert re.search(rf"--volume /\S+:{db.parent} ", block)
    assert f"--publish 127.0.0.1:{IMAGE.all('EXPOSE')[0]}:{IMAGE.all('EXPOSE')[0]}" in block
    assert str(db.name) in block
    for name in re.findall(r"--env (\w+)=", block):
        assert name in {row.name for row in SETTINGS}
