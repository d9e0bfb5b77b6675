"""Loads the settings from the environment, and what is not set there from the ``.env`` file.

No other module reads the dashboard's environment variables.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from engine.model.errors import SettingError, nearest
from engine.model.places.lake import DATA_REMEDY, URL_REMEDY, s3_access
from engine.model.places.sources import SETTING as SOURCES
from engine.model.setting_table.rows import REPLACED, SETTINGS
from engine.model.settings import Settings

ENV_FILE = Path(".env")


def load_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Return the settings of the environment and the ``.env`` file.

    ``environ`` None is the process's environment, ``env_file`` None the ``.env`` of the working directory. An
    empty variable counts as not set. Raises SettingError.
    """
    # It takes a while to import, and `--help` needs no setting.
    from engine.model.setting_table.environment import read_environment

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
        values["source"] = sources[0].place
    return Settings(**values, s3=s3_access(os.environ if environ is None else environ))


def _given(environ: Mapping[str, str] | None, env_file: Path) -> set[str]:
    """Return the names of all variables that have a value."""
    from engine.model.setting_table.environment import names_in

    variables = os.environ if environ is None else environ
    return names_in(env_file) | {name for name, value in variables.items() if value}


def unknown_settings(environ: Mapping[str, str] | None = None, env_file: Path | None = None) -> list[str]:
    """Return one line for each ``DASHBOARD_*`` variable that is no setting, or no longer one."""
    from engine.model.setting_table.environment import names_in

    known = {row.name for row in SETTINGS}
    given = names_in(env_file or ENV_FILE) | set(os.environ if environ is None else environ)
    strangers = sorted(name for name in given - known if name.startswith("DASHBOARD_"))
    return [
        f"{name}: {REPLACED.get(name) or f'no such setting; {nearest(name, known)}'}" for name in strangers
    ]
