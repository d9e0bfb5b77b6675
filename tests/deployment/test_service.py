"""The systemd unit: systemd takes it, it is closed to the rest of the system, and its names are right."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest

from engine.cli.main import dashboard
from engine.model.setting_table.loading import load_settings
from engine.model.setting_table.rows import SETTINGS
from tests.docs.pages import ROOT, section

UNIT = ROOT / "deploy" / "dashboard.service"
MOST_EXPOSED = 2.0
"""Of ten points of ``systemd-analyze security``."""


def values(key: str) -> list[str]:
    """Return the values of a key of the unit, in order."""
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(encoding="utf-8"), re.M)


def environment() -> dict[str, str]:
    return dict(value.split("=", 1) for value in values("Environment"))


def analysed(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program is not None, "systemd-analyze is missing; run `sh tests/install.sh`"
    plain = os.environ | {"SYSTEMD_COLORS": "0", "SYSTEMD_EMOJI": "0"}
    return subprocess.run([program, *words], capture_output=True, text=True, check=False, env=plain)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there in place of the one that an installation has."""
    text = UNIT.read_text(encoding="utf-8")
    (command,) = values("ExecStart")
    installed = tmp_path / UNIT.name
    installed.write_text(text.replace(command.split()[0], sys.executable), encoding="utf-8")
    return installed


def test_systemd_takes_it_without_a_word(unit: Path) -> None:
    found = analysed("verify", unit)
    about_it = [line for line in found.stderr.splitlines() if UNIT.name in line or "Unknown" in line]
    assert (found.returncode, about_it) == (0, [])


def test_it_is_closed_to_the_rest_of_the_system(unit: Path) -> None:
    found = analysed("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED * 10:.0f}", unit)
    assert found.returncode == 0, found.stdout.splitlines()[-1]
    assert values("CapabilityBoundingSet") == [""]
    for key, value in (("NoNewPrivileges", "yes"), ("ProtectSystem", "strict"), ("PrivateTmp", "yes")):
        assert values(key) == [value]


def test_it_may_write_where_the_dashboard_writes_and_nowhere_else() -> None:
    settings = load_settings(environment(), ROOT / "no.env")
    (writable,) = values("ReadWritePaths")
    assert str(settings.db.parent) == writable
    assert settings.state_dir.is_relative_to(writable)
    assert values("RequiresMountsFor") == [writable]


def test_it_is_not_root_and_leaves_the_files_of_a_folder_as_a_setting_file_alone() -> None:
    assert values("User") != ["root"]
    assert values("User") == values("Group")
    # A working directory would be searched for a `.env`.
    assert values("WorkingDirectory") == []


def test_its_command_and_its_settings_exist() -> None:
    (command,) = values("ExecStart")
    program, word, *rest = command.split()
    assert PurePosixPath(program).name == "dashboard"
    assert word in dashboard.commands
    assert rest == []
    assert set(environment()) <= {row.name for row in SETTINGS}


def test_the_documentation_installs_what_it_starts() -> None:
    text = section("docs/deploying.md", "## As a service")
    (command,) = values("ExecStart")
    folder = PurePosixPath(command.split()[0]).parents[1]
    assert f"python3 -m venv {folder}\n" in text
    assert f"{folder}/bin/python -m engine.model.catalogue" in text
    assert f"cp deploy/{UNIT.name} /etc/systemd/system/" in text
    assert values("EnvironmentFile")[0].removeprefix("-") in text
