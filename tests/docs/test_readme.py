"""What the README says is so."""

from __future__ import annotations

import re
from pathlib import Path

from engine.cli.main import dashboard
from engine.model.settings import SETTINGS, settings_table
from engine.model.staging import READERS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_has_the_table_of_settings() -> None:
    found = re.search(r"<!-- settings: begin -->\n(.*)\n<!-- settings: end -->", README, re.S)
    assert found is not None
    assert found[1] == settings_table()


def test_the_example_env_file_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^#(\w+)=(.*)$", example, re.M)
    assert named == [(row.name, row.default) for row in SETTINGS]


def test_the_readme_names_every_command() -> None:
    for name in dashboard.commands:
        assert f"`dashboard {name}" in README, name


def test_the_readme_names_every_reader() -> None:
    for reader in READERS:
        assert f"`{reader}`" in README, reader


def test_every_picture_of_the_readme_is_there() -> None:
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture
